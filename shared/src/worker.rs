//! The kinds of sync.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::table::Table;

/// One kind of sync. Variants are appended only: their order is on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Worker {
    /// Orders and their line items, by time of modification.
    Orders,
    /// Everything that is listed now.
    ActiveInventory,
    /// Monetary transactions.
    Transactions,
    /// Offers of the Inventory API.
    Offers,
    /// Messages of all folders.
    Messages,
    /// Monetary transactions with their fees, and payouts.
    Finances,
    /// Cases that eBay decides.
    Cases,
    /// Inquiries about items that were not received.
    Inquiries,
    /// Returns.
    Returns,
    /// What the account itself has bought.
    Purchases,
}

/// How a worker finds out what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// eBay filters by time: slice after slice.
    Window,
    /// Everything is read; what is not seen has ended.
    Snapshot,
    /// eBay filters by creation time only: the recent past is read again and again.
    Rescan,
}

impl Worker {
    /// Every worker, in the order of their numbers on the wire.
    pub const ALL: [Self; 10] = [
        Self::Orders,
        Self::ActiveInventory,
        Self::Transactions,
        Self::Offers,
        Self::Messages,
        Self::Finances,
        Self::Cases,
        Self::Inquiries,
        Self::Returns,
        Self::Purchases,
    ];

    /// The name in configuration, database and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::ActiveInventory => "active_inventory",
            Self::Transactions => "transactions",
            Self::Offers => "offers",
            Self::Messages => "messages",
            Self::Finances => "finances",
            Self::Cases => "cases",
            Self::Inquiries => "inquiries",
            Self::Returns => "returns",
            Self::Purchases => "purchases",
        }
    }

    /// How it finds out what changed.
    pub const fn mode(self) -> Mode {
        match self {
            Self::Orders
            | Self::Transactions
            | Self::Messages
            | Self::Finances
            | Self::Purchases => Mode::Window,
            Self::ActiveInventory | Self::Offers => Mode::Snapshot,
            Self::Cases | Self::Inquiries | Self::Returns => Mode::Rescan,
        }
    }

    /// Whether its window filter is no modification time, so that older items must be read again
    /// once a day: the deep pass.
    pub const fn has_deep_pass(self) -> bool {
        matches!(self, Self::Transactions | Self::Messages | Self::Finances)
    }

    /// The tables that it may write.
    pub const fn tables(self) -> &'static [Table] {
        match self {
            Self::Orders => &[Table::Orders, Table::OrderLineItems],
            Self::ActiveInventory => &[Table::ActiveInventory],
            Self::Transactions => &[Table::Transactions],
            Self::Offers => &[Table::Offers],
            Self::Messages => &[Table::Messages],
            Self::Finances => &[
                Table::FinancesTransactions,
                Table::FinancesFees,
                Table::Payouts,
            ],
            Self::Cases => &[Table::Cases],
            Self::Inquiries => &[Table::Inquiries],
            Self::Returns => &[Table::Returns],
            Self::Purchases => &[Table::Purchases],
        }
    }

    /// The worker of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|worker| worker.name() == name)
    }
}

impl fmt::Display for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Worker;

    #[test]
    fn names_find_their_worker() {
        for worker in Worker::ALL {
            assert_eq!(Worker::from_name(worker.name()), Some(worker));
        }
        assert_eq!(Worker::from_name("order"), None);
    }
}
