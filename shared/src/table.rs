//! Each target table, described once: SQL for the databases and the child's records follow it.

use serde::{Deserialize, Serialize};

/// A table that records go to. Variants are appended only: their order is on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Table {
    /// `ebay_orders`.
    Orders,
    /// `ebay_order_line_items`.
    OrderLineItems,
    /// `ebay_active_inventory`.
    ActiveInventory,
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// A whole number, 64 bits.
    Integer,
    /// Exact decimal text such as `-12.50`.
    Decimal,
    /// A moment, UTC milliseconds.
    Time,
}

/// A column besides the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in the database.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
}

/// What there is to know about a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableDef {
    /// Its name in the database.
    pub name: &'static str,
    /// What one row is, as `ebay_events` names it.
    pub entity: &'static str,
    /// Key columns after `account_id`, all text and never null.
    pub key: &'static [&'static str],
    /// The other columns, in the order of a record's values.
    pub columns: &'static [Column],
    /// Raised when the same item gives other columns or payload than before; a row stored under
    /// another version is rewritten without an `updated` event.
    pub shape_version: u32,
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

/// Fulfillment `Order`.
const ORDERS: TableDef = TableDef {
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
const ORDER_LINE_ITEMS: TableDef = TableDef {
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

/// A listing, or one variation of it.
const ACTIVE_INVENTORY: TableDef = TableDef {
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
    ],
    shape_version: 1,
};

impl Table {
    /// Every table, in the order of their numbers on the wire.
    pub const ALL: [Self; 3] = [Self::Orders, Self::OrderLineItems, Self::ActiveInventory];

    /// Its description.
    pub const fn def(self) -> &'static TableDef {
        match self {
            Self::Orders => &ORDERS,
            Self::OrderLineItems => &ORDER_LINE_ITEMS,
            Self::ActiveInventory => &ACTIVE_INVENTORY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn names_are_unique() {
        for table in Table::ALL {
            let def = table.def();
            let mut names: Vec<&str> = def.key.to_vec();
            names.extend(def.columns.iter().map(|column| column.name));
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{}", def.name);
        }
    }
}
