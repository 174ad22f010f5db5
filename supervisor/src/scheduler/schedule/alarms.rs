//! When each account is to be looked at again.

use std::collections::{BTreeMap, BTreeSet};

use shared::id::AccountId;
use shared::time::Timestamp;

/// At most one time for each account.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    order: BTreeSet<(Timestamp, AccountId)>,
    times: BTreeMap<AccountId, Timestamp>,
}

impl Alarms {
    /// The account's time from now on, or none.
    pub(super) fn set(&mut self, account: AccountId, at: Option<Timestamp>) {
        let before = match at {
            Some(at) => self.times.insert(account, at),
            None => self.times.remove(&account),
        };
        if let Some(before) = before {
            self.order.remove(&(before, account));
        }
        if let Some(at) = at {
            self.order.insert((at, account));
        }
    }

    /// The earliest time.
    pub(super) fn first(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Takes out the account with the earliest time if that has come.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<AccountId> {
        let first = self.order.first().copied().filter(|(at, _)| *at <= now)?;
        self.order.remove(&first);
        self.times.remove(&first.1);
        Some(first.1)
    }
}
