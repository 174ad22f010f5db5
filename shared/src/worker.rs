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
}

/// How a worker finds out what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// eBay filters by time: slice after slice.
    Window,
    /// Everything is read; what is not seen has ended.
    Snapshot,
}

impl Worker {
    /// Every worker, in the order of their numbers on the wire.
    pub const ALL: [Self; 2] = [Self::Orders, Self::ActiveInventory];

    /// The name in configuration, database and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::ActiveInventory => "active_inventory",
        }
    }

    /// How it finds out what changed.
    pub const fn mode(self) -> Mode {
        match self {
            Self::Orders => Mode::Window,
            Self::ActiveInventory => Mode::Snapshot,
        }
    }

    /// The tables that it may write.
    pub const fn tables(self) -> &'static [Table] {
        match self {
            Self::Orders => &[Table::Orders, Table::OrderLineItems],
            Self::ActiveInventory => &[Table::ActiveInventory],
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
