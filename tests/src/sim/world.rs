//! All simulated sellers, and the commands that change or ask about them as a whole.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    SimError,
    account::{Account, AccountSpec},
    change,
    clock::stamp,
    identity::Desk,
};

/// The simulated eBay's state.
#[derive(Debug)]
pub(crate) struct World {
    seed: u64,
    accounts: BTreeMap<String, Account>,
    cycle: u64,
    last_stamp: i64,
    next_task: u64,
    /// Who may have tokens.
    pub(crate) desk: Desk,
}

/// What one step of the world did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advanced {
    /// The largest time stamp given to any change so far, as eBay writes it.
    pub last_stamp: String,
    /// Number of steps so far.
    pub cycle: u64,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let next_task = 1_000_000_000 + seed % 1_000_000;
        Self {
            seed,
            accounts: BTreeMap::new(),
            cycle: 0,
            last_stamp: 0,
            next_task,
            desk: Desk::default(),
        }
    }

    /// Adds an account as it is at `now`; name and token must be new.
    pub(crate) fn add(&mut self, spec: AccountSpec, now: i64) -> Result<(), SimError> {
        let taken =
            |account: &Account| account.spec.name == spec.name || account.spec.token == spec.token;
        if self.accounts.values().any(taken) {
            return Err(SimError::AccountExists { name: spec.name });
        }
        let account = Account::new(spec, self.seed, now);
        self.accounts.insert(account.spec.name.clone(), account);
        Ok(())
    }

    /// Moves every account one step on, all changes stamped alike and later than any before.
    pub(crate) fn advance(&mut self, now: i64) -> Advanced {
        self.last_stamp = now.max(self.last_stamp + 1);
        self.cycle += 1;
        for account in self.accounts.values_mut() {
            change::advance(account, self.last_stamp);
        }
        Advanced {
            last_stamp: stamp(self.last_stamp),
            cycle: self.cycle,
        }
    }

    pub(crate) fn account(&self, name: &str) -> Result<&Account, SimError> {
        self.accounts.get(name).ok_or_else(|| SimError::NoAccount {
            name: name.to_owned(),
        })
    }

    pub(crate) fn account_mut(&mut self, name: &str) -> Result<&mut Account, SimError> {
        let missing = || SimError::NoAccount {
            name: name.to_owned(),
        };
        self.accounts.get_mut(name).ok_or_else(missing)
    }

    /// The account that the token belongs to.
    pub(crate) fn by_token(&mut self, token: &str) -> Option<&mut Account> {
        self.accounts
            .values_mut()
            .find(|account| account.spec.token == token || account.renewed.contains(token))
    }

    /// A report task's id, unique in this simulator.
    pub(crate) fn task_id(&mut self) -> String {
        self.next_task += 1;
        format!("task-10-{}", self.next_task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_only_grow_and_names_and_tokens_are_unique() {
        let mut world = World::new(1);
        world.add(AccountSpec::new("a", "t1"), 10).unwrap();
        assert!(world.add(AccountSpec::new("a", "t2"), 10).is_err());
        assert!(world.add(AccountSpec::new("b", "t1"), 10).is_err());
        let (first, second) = (world.advance(100), world.advance(100));
        assert!(first.last_stamp < second.last_stamp);
        assert_eq!((first.cycle, second.cycle), (1, 2));
        assert_ne!(world.task_id(), world.task_id());
    }
}
