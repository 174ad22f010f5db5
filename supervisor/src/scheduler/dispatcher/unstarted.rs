//! An attempt that the store would not take: which account waits for that, and for how long.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::id::AccountId;

use super::Dispatcher;
use crate::policy;
use crate::scheduler::{Mode, rescue};
use crate::store::StoreError;

/// How long an account waits that the store refuses, at least and at most.
const WAIT: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(5));

/// How often in a row each account was refused.
pub(super) type Refused = BTreeMap<AccountId, u32>;

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
        let context = &self.context;
        let (host, policy) = (context.host.as_str(), &context.config.policy);
        let rescued =
            rescue::rescue_account(&context.store, context.clock, (host, policy), account);
        if let Err(error) = rescued.await {
            tracing::error!(account.id = %account, account.name = name, %error, "what the attempt left open is not ended; the next start will do that");
        }
        let until = self.context.clock.now().plus(wait);
        self.schedule.put_off(account, until);
    }

    /// How long an account waits that was refused once more.
    fn refused(&mut self, account: AccountId) -> Duration {
        let count = self.refused.entry(account).or_default();
        *count = count.saturating_add(1);
        policy::token_backoff(WAIT, *count, &mut self.rng)
    }
}
