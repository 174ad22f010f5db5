//! Each target table, described once: SQL for the databases and the child's records follow it.

use serde::{Deserialize, Serialize};

mod defs;

/// A table that records go to. Variants are appended only: their order is on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Table {
    /// `ebay_orders`.
    Orders,
    /// `ebay_order_line_items`.
    OrderLineItems,
    /// `ebay_active_inventory`.
    ActiveInventory,
    /// `ebay_transactions`.
    Transactions,
    /// `ebay_offers`.
    Offers,
    /// `ebay_messages`.
    Messages,
    /// `ebay_finances_transactions`.
    FinancesTransactions,
    /// `ebay_finances_fees`.
    FinancesFees,
    /// `ebay_payouts`.
    Payouts,
    /// `ebay_cases`.
    Cases,
    /// `ebay_inquiries`.
    Inquiries,
    /// `ebay_returns`.
    Returns,
    /// `ebay_purchases`.
    Purchases,
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
    /// Yes or no.
    Boolean,
    /// Text about the row that is not part of eBay's item: stored with it, but no change of the
    /// item if it differs, and not in its history.
    Mark,
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

impl Table {
    /// Every table, in the order of their numbers on the wire.
    pub const ALL: [Self; 13] = [
        Self::Orders,
        Self::OrderLineItems,
        Self::ActiveInventory,
        Self::Transactions,
        Self::Offers,
        Self::Messages,
        Self::FinancesTransactions,
        Self::FinancesFees,
        Self::Payouts,
        Self::Cases,
        Self::Inquiries,
        Self::Returns,
        Self::Purchases,
    ];

    /// Its description.
    pub const fn def(self) -> &'static TableDef {
        match self {
            Self::Orders => &defs::ORDERS,
            Self::OrderLineItems => &defs::ORDER_LINE_ITEMS,
            Self::ActiveInventory => &defs::ACTIVE_INVENTORY,
            Self::Transactions => &defs::TRANSACTIONS,
            Self::Offers => &defs::OFFERS,
            Self::Messages => &defs::MESSAGES,
            Self::FinancesTransactions => &defs::FINANCES_TRANSACTIONS,
            Self::FinancesFees => &defs::FINANCES_FEES,
            Self::Payouts => &defs::PAYOUTS,
            Self::Cases => &defs::CASES,
            Self::Inquiries => &defs::INQUIRIES,
            Self::Returns => &defs::RETURNS,
            Self::Purchases => &defs::PURCHASES,
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
