//! Every table and every worker, by name.

use crate::sim::Pass;

/// One of eBay's tables, as the simulator's truth names its columns.
#[derive(Debug)]
pub struct Mirror {
    /// Its name.
    pub table: &'static str,
    /// The worker that fills it.
    pub worker: &'static str,
    /// What its rows are called in the history.
    pub entity: &'static str,
    /// Its key besides the account.
    pub key: &'static [&'static str],
}

/// Every table.
pub const MIRRORS: [Mirror; 13] = [
    Mirror {
        table: "ebay_orders",
        worker: "orders",
        entity: "order",
        key: &["order_id"],
    },
    Mirror {
        table: "ebay_order_line_items",
        worker: "orders",
        entity: "order_line_item",
        key: &["order_id", "line_item_id"],
    },
    Mirror {
        table: "ebay_active_inventory",
        worker: "active_inventory",
        entity: "listing",
        key: &["item_id", "sku", "variation_key"],
    },
    Mirror {
        table: "ebay_transactions",
        worker: "transactions",
        entity: "transaction",
        key: &["transaction_id", "transaction_type", "booking_entry"],
    },
    Mirror {
        table: "ebay_offers",
        worker: "offers",
        entity: "offer",
        key: &["offer_id"],
    },
    Mirror {
        table: "ebay_messages",
        worker: "messages",
        entity: "message",
        key: &["message_id"],
    },
    Mirror {
        table: "ebay_finances_transactions",
        worker: "finances",
        entity: "finances_transaction",
        key: &["transaction_id", "transaction_type", "booking_entry"],
    },
    Mirror {
        table: "ebay_finances_fees",
        worker: "finances",
        entity: "finances_fee",
        key: &[
            "transaction_id",
            "transaction_type",
            "booking_entry",
            "fee_position",
        ],
    },
    Mirror {
        table: "ebay_payouts",
        worker: "finances",
        entity: "payout",
        key: &["payout_id"],
    },
    Mirror {
        table: "ebay_cases",
        worker: "cases",
        entity: "case",
        key: &["case_id"],
    },
    Mirror {
        table: "ebay_inquiries",
        worker: "inquiries",
        entity: "inquiry",
        key: &["inquiry_id"],
    },
    Mirror {
        table: "ebay_returns",
        worker: "returns",
        entity: "return",
        key: &["return_id"],
    },
    Mirror {
        table: "ebay_purchases",
        worker: "purchases",
        entity: "purchase",
        key: &["order_line_item_id"],
    },
];

/// The workers, with the simulator's names for their passes.
pub const WORKERS: [(&str, Pass); 10] = [
    ("orders", Pass::Orders),
    ("active_inventory", Pass::ActiveInventory),
    ("transactions", Pass::Transactions),
    ("offers", Pass::Offers),
    ("messages", Pass::Messages),
    ("finances", Pass::Finances),
    ("cases", Pass::Cases),
    ("inquiries", Pass::Inquiries),
    ("returns", Pass::Returns),
    ("purchases", Pass::Purchases),
];

/// One in window mode and one in snapshot mode: what an account has unless a test says otherwise.
pub const PAIR: [(&str, Pass); 2] = [
    ("orders", Pass::Orders),
    ("active_inventory", Pass::ActiveInventory),
];
