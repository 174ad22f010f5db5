//! Which workers had no success for too long, said once when it begins and once when it is over:
//! pure. Each step costs the logarithm of the number of workers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shared::id::AccountId;
use shared::time::Timestamp;
use shared::worker::Worker;

/// A worker of an account.
type Key = (AccountId, Worker);

/// When a worker last succeeded, or was added, and how long it may go without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Success {
    /// Which.
    pub worker: Worker,
    /// When.
    pub at: Timestamp,
    /// How long that is good for.
    pub good_for: Duration,
}

/// What there is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It is stale from now on: nothing succeeded since then.
    Stale {
        /// Whose.
        account: AccountId,
        /// Which.
        worker: Worker,
        /// Since when.
        since: Timestamp,
    },
    /// It was stale, and has succeeded.
    Fresh {
        /// Whose.
        account: AccountId,
        /// Which.
        worker: Worker,
    },
}

/// Whether nothing succeeded for too long.
pub fn is_stale(success: &Success, now: Timestamp) -> bool {
    now.since(success.at) > success.good_for
}

/// Every worker that should succeed.
#[derive(Debug, Default)]
pub struct Staleness {
    known: BTreeMap<Key, Success>,
    /// Those that are not stale, by when they will be.
    fresh: BTreeSet<(Timestamp, Key)>,
    stale: BTreeSet<Key>,
}

impl Staleness {
    /// What is true of the workers of an account from now on; those that are not named are not
    /// watched, and nothing is said of them. Returns those that are stale no more.
    pub fn set(&mut self, account: AccountId, all: &[Success], now: Timestamp) -> Vec<Said> {
        let mut said = Vec::new();
        for worker in Worker::ALL {
            let key = (account, worker);
            if let Some(before) = self.known.remove(&key) {
                self.fresh.remove(&(ends(&before), key));
            }
            let was_stale = self.stale.remove(&key);
            let Some(success) = all.iter().find(|one| one.worker == worker) else {
                continue;
            };
            self.known.insert(key, *success);
            if was_stale && is_stale(success, now) {
                self.stale.insert(key);
                continue;
            }
            if was_stale {
                said.push(Said::Fresh { account, worker });
            }
            self.fresh.insert((ends(success), key));
        }
        said
    }

    /// Those that have become stale.
    pub fn look(&mut self, now: Timestamp) -> Vec<Said> {
        let mut said = Vec::new();
        while let Some((ends, key)) = self.fresh.first().copied() {
            if ends >= now {
                break;
            }
            self.fresh.pop_first();
            self.stale.insert(key);
            if let Some(success) = self.known.get(&key) {
                said.push(Said::Stale {
                    account: key.0,
                    worker: key.1,
                    since: success.at,
                });
            }
        }
        said
    }
}

fn ends(success: &Success) -> Timestamp {
    success.at.plus(success.good_for)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: AccountId = AccountId(1);

    fn success(at: i64) -> Vec<Success> {
        vec![Success {
            worker: Worker::Orders,
            at: Timestamp(at),
            good_for: Duration::from_millis(100),
        }]
    }

    #[test]
    fn it_is_said_once_per_change() {
        let stale = |since| {
            vec![Said::Stale {
                account: ONE,
                worker: Worker::Orders,
                since: Timestamp(since),
            }]
        };
        let fresh = vec![Said::Fresh {
            account: ONE,
            worker: Worker::Orders,
        }];
        let mut all = Staleness::default();
        assert_eq!(all.set(ONE, &success(0), Timestamp(0)), []);
        assert_eq!(all.look(Timestamp(100)), [], "just good enough");
        assert_eq!(all.look(Timestamp(101)), stale(0));
        assert_eq!(all.look(Timestamp(500)), [], "said already");
        let failed = all.set(ONE, &success(0), Timestamp(600));
        assert_eq!(failed, [], "it ran and failed");
        assert_eq!(all.look(Timestamp(700)), []);
        let late = all.set(ONE, &success(550), Timestamp(800));
        assert_eq!(late, [], "a success of long ago");
        assert_eq!(all.set(ONE, &success(900), Timestamp(900)), fresh);
        assert_eq!(all.look(Timestamp(1_000)), []);
        assert_eq!(all.look(Timestamp(1_001)), stale(900));
        assert_eq!(all.set(ONE, &[], Timestamp(1_002)), [], "disabled");
        assert_eq!(all.set(ONE, &success(900), Timestamp(1_003)), []);
        assert_eq!(all.look(Timestamp(1_004)), stale(900), "enabled again");
    }

    #[test]
    fn many_accounts_are_told_in_the_order_of_time() {
        let mut all = Staleness::default();
        for account in 0..5 {
            all.set(AccountId(account), &success(5 - account), Timestamp(0));
        }
        let told: Vec<i64> = all
            .look(Timestamp(104))
            .iter()
            .map(|said| match said {
                Said::Stale { account, .. } | Said::Fresh { account, .. } => account.0,
            })
            .collect();
        assert_eq!(told, [4, 3, 2]);
    }
}
