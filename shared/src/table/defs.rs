//! The descriptions of all tables. Money is an exact decimal with its currency beside it.

use super::{Column, Kind, TableDef};

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

/// Fulfillment `Order`.
pub(super) const ORDERS: TableDef = TableDef {
    name: "ebay_orders",
    entity: "order",
    key: &["order_id"],
    columns: &[
        column("created_at", Kind::Time),
        column("modified_at", Kind::Time),
        column("payment_status", Kind::Text),
        column("fulfillment_status", Kind::Text),
        column("cancel_state", Kind::Text),
        column("buyer_username", Kind::Text),
        column("total", Kind::Decimal),
        column("currency", Kind::Text),
        column("line_item_count", Kind::Integer),
        column("tracking_number", Kind::Text),
        column("ship_to_name", Kind::Text),
        column("ship_to_city", Kind::Text),
        column("ship_to_state", Kind::Text),
        column("ship_to_postal_code", Kind::Text),
        column("ship_to_country", Kind::Text),
    ],
    shape_version: 1,
};

/// Fulfillment `LineItem`.
pub(super) const ORDER_LINE_ITEMS: TableDef = TableDef {
    name: "ebay_order_line_items",
    entity: "order_line_item",
    key: &["order_id", "line_item_id"],
    columns: &[
        column("sku", Kind::Text),
        column("legacy_item_id", Kind::Text),
        column("title", Kind::Text),
        column("quantity", Kind::Integer),
        column("total", Kind::Decimal),
        column("currency", Kind::Text),
        column("fulfillment_status", Kind::Text),
    ],
    shape_version: 1,
};

/// A listing, or one variation of it. `source` says which API told of it: `report` or `trading`.
pub(super) const ACTIVE_INVENTORY: TableDef = TableDef {
    name: "ebay_active_inventory",
    entity: "listing",
    key: &["item_id", "sku", "variation_key"],
    columns: &[
        column("title", Kind::Text),
        column("quantity", Kind::Integer),
        column("price", Kind::Decimal),
        column("currency", Kind::Text),
        column("listing_type", Kind::Text),
        column("condition", Kind::Text),
        column("start_at", Kind::Time),
        column("end_at", Kind::Time),
        column("view_url", Kind::Text),
        column("source", Kind::Mark),
    ],
    shape_version: 1,
};

/// Finances `Transaction`: the amount as eBay sends it, never negative.
pub(super) const TRANSACTIONS: TableDef = TableDef {
    name: "ebay_transactions",
    entity: "transaction",
    key: &["transaction_id", "transaction_type", "booking_entry"],
    columns: &[
        column("order_id", Kind::Text),
        column("transacted_at", Kind::Time),
        column("status", Kind::Text),
        column("amount", Kind::Decimal),
        column("currency", Kind::Text),
    ],
    shape_version: 1,
};

/// Inventory `EbayOfferDetailsWithAll`.
pub(super) const OFFERS: TableDef = TableDef {
    name: "ebay_offers",
    entity: "offer",
    key: &["offer_id"],
    columns: &[
        column("sku", Kind::Text),
        column("marketplace", Kind::Text),
        column("listing_id", Kind::Text),
        column("status", Kind::Text),
        column("listing_status", Kind::Text),
        column("price", Kind::Decimal),
        column("currency", Kind::Text),
        column("available_quantity", Kind::Integer),
        column("sold_quantity", Kind::Integer),
        column("limit_per_buyer", Kind::Integer),
        column("fulfillment_policy_id", Kind::Text),
        column("payment_policy_id", Kind::Text),
        column("return_policy_id", Kind::Text),
        column("location_key", Kind::Text),
    ],
    shape_version: 1,
};

/// Trading `MyMessagesMessage`. `direction` is `outgoing` in the Sent folder, else `incoming`.
pub(super) const MESSAGES: TableDef = TableDef {
    name: "ebay_messages",
    entity: "message",
    key: &["message_id"],
    columns: &[
        column("external_id", Kind::Text),
        column("folder", Kind::Text),
        column("direction", Kind::Text),
        column("sender", Kind::Text),
        column("recipient", Kind::Text),
        column("subject", Kind::Text),
        column("body", Kind::Text),
        column("is_read", Kind::Boolean),
        column("is_flagged", Kind::Boolean),
        column("is_archived", Kind::Boolean),
        column("received_at", Kind::Time),
        column("expires_at", Kind::Time),
        column("item_id", Kind::Text),
    ],
    shape_version: 1,
};

/// Finances `Transaction`: the amount is negative for a DEBIT.
pub(super) const FINANCES_TRANSACTIONS: TableDef = TableDef {
    name: "ebay_finances_transactions",
    entity: "finances_transaction",
    key: &["transaction_id", "transaction_type", "booking_entry"],
    columns: &[
        column("order_id", Kind::Text),
        column("order_line_item_id", Kind::Text),
        column("transacted_at", Kind::Time),
        column("status", Kind::Text),
        column("amount", Kind::Decimal),
        column("currency", Kind::Text),
        column("payout_id", Kind::Text),
        column("sales_record_reference", Kind::Text),
        column("memo", Kind::Text),
    ],
    shape_version: 1,
};

/// One fee of a Finances `Transaction`. `fee_position` counts from 0 in the order of the answer.
pub(super) const FINANCES_FEES: TableDef = TableDef {
    name: "ebay_finances_fees",
    entity: "finances_fee",
    key: &[
        "transaction_id",
        "transaction_type",
        "booking_entry",
        "fee_position",
    ],
    columns: &[
        column("line_item_id", Kind::Text),
        column("fee_type", Kind::Text),
        column("amount", Kind::Decimal),
        column("currency", Kind::Text),
    ],
    shape_version: 1,
};

/// Finances `Payout`.
pub(super) const PAYOUTS: TableDef = TableDef {
    name: "ebay_payouts",
    entity: "payout",
    key: &["payout_id"],
    columns: &[
        column("paid_out_at", Kind::Time),
        column("status", Kind::Text),
        column("amount", Kind::Decimal),
        column("currency", Kind::Text),
        column("transaction_count", Kind::Integer),
    ],
    shape_version: 1,
};

/// What cases, inquiries and returns have in common. `summary_version` is that of the summary with
/// which the detail was read.
const POST_ORDER: &[Column] = &[
    column("order_id", Kind::Text),
    column("item_id", Kind::Text),
    column("transaction_id", Kind::Text),
    column("kind", Kind::Text),
    column("state", Kind::Text),
    column("status", Kind::Text),
    column("reason", Kind::Text),
    column("buyer", Kind::Text),
    column("seller", Kind::Text),
    column("amount", Kind::Decimal),
    column("currency", Kind::Text),
    column("opened_at", Kind::Time),
    column("modified_at", Kind::Time),
    column("respond_by", Kind::Time),
    column("closed_at", Kind::Time),
    column("summary_version", Kind::Mark),
];

/// Post-Order case.
pub(super) const CASES: TableDef = TableDef {
    name: "ebay_cases",
    entity: "case",
    key: &["case_id"],
    columns: POST_ORDER,
    shape_version: 1,
};

/// Post-Order inquiry.
pub(super) const INQUIRIES: TableDef = TableDef {
    name: "ebay_inquiries",
    entity: "inquiry",
    key: &["inquiry_id"],
    columns: POST_ORDER,
    shape_version: 1,
};

/// Post-Order return.
pub(super) const RETURNS: TableDef = TableDef {
    name: "ebay_returns",
    entity: "return",
    key: &["return_id"],
    columns: POST_ORDER,
    shape_version: 1,
};

/// One `Transaction` of a Trading `Order` in which the account is the buyer.
pub(super) const PURCHASES: TableDef = TableDef {
    name: "ebay_purchases",
    entity: "purchase",
    key: &["order_line_item_id"],
    columns: &[
        column("order_id", Kind::Text),
        column("item_id", Kind::Text),
        column("transaction_id", Kind::Text),
        column("title", Kind::Text),
        column("seller", Kind::Text),
        column("quantity", Kind::Integer),
        column("price", Kind::Decimal),
        column("total", Kind::Decimal),
        column("currency", Kind::Text),
        column("created_at", Kind::Time),
        column("paid_at", Kind::Time),
        column("shipped_at", Kind::Time),
        column("carrier", Kind::Text),
        column("tracking_number", Kind::Text),
        column("status", Kind::Text),
    ],
    shape_version: 1,
};
