//! An attempt that the store would not take: which account waits for that, and for how long.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::id::AccountId;
use shared::time::Timestamp;

use super::Dispatcher;
use crate::policy;
use crate::scheduler::Mode;
use crate::scheduler::due::Due;
use crate::store::StoreError;

/// How long an account waits that the store refuses, at least and at most.
const WAIT: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(5));

/// Accounts that were refused: how often in a row, and until when they wait.
#[derive(Debug, Default)]
pub(super) struct Refused(BTreeMap<AccountId, (u32, Timestamp)>);

impl Refused {
    /// Something of the account was stored.
    pub(super) fn remove(&mut self, account: AccountId) {
        self.0.remove(&account);
    }

    /// A person asked for something: nobody waits any longer.
    pub(super) fn try_again(&mut self) -> bool {
        let now = Timestamp(i64::MIN);
        for (_, until) in self.0.values_mut() {
            *until = now;
        }
        !self.0.is_empty()
    }

    /// Nothing of the account is due before its wait is over.
    pub(super) fn hold(&self, account: AccountId, due: &mut [Due]) {
        if let Some((_, until)) = self.0.get(&account) {
            for entry in due {
                entry.due_at = entry.due_at.max(*until);
            }
        }
    }
}

impl Dispatcher {
    /// The attempt of an account could not be begun, or its end is not stored. A store that cannot be
    /// written now is the trouble of all; what it refuses for good is this account's own, and only
    /// this account waits.
    pub(super) async fn unstored(
        &mut self,
        (account, name): (AccountId, &str),
        error: &StoreError,
        mode: Mode,
    ) {
        let wait = match mode {
            Mode::Service if error.is_temporary() => {
                self.trouble.begin(error);
                self.trouble.unended(account);
                return;
            }
            Mode::Service => self.refused(account),
            // A pass does not try it again.
            Mode::Once { .. } => Duration::ZERO,
        };
        tracing::error!(
            account.id = %account, account.name = name, %error, wait_s = wait.as_secs(),
            "the database does not take this account's attempt; the others go on"
        );
        self.trouble.make_up_for(&self.context, account).await;
        // Its news are heard with that wait.
        self.survey.look_anew();
    }

    /// How long an account waits that was refused once more.
    fn refused(&mut self, account: AccountId) -> Duration {
        let now = self.context.clock.now();
        let (count, until) = self.refused.0.entry(account).or_insert((0, now));
        *count = count.saturating_add(1);
        let wait = policy::token_backoff(WAIT, *count, &mut self.rng);
        *until = now.plus(wait);
        wait
    }
}
