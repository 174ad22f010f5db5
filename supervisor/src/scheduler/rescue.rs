//! Ends what a dead supervisor left open, after making sure that its processes are gone.

use std::time::Duration;

use crate::os::Signal;
use shared::id::AccountId;

use crate::clock::Clock;
use crate::os;
use crate::outcome::PolicyState;
use crate::policy::{self, PolicyConfig};
use crate::store::{Grant, OpenAttempt, Store, StoreError};

/// How long a killed process may take to be gone.
const GONE_LIMIT: Duration = Duration::from_secs(10);

/// Ends every open attempt of this host; returns how many it ended.
///
/// What cannot be ended for good is said, and stays open: that is no
/// reason for all other accounts to wait. Errors: the store cannot be used now.
pub async fn rescue(
    store: &Store,
    clock: Clock,
    host: &str,
    config: &PolicyConfig,
) -> Result<usize, StoreError> {
    end_all(store, clock, (host, config), None).await
}

/// Ends the open attempts of one account on this host, in the same way.
pub async fn rescue_account(
    store: &Store,
    clock: Clock,
    host: (&str, &PolicyConfig),
    account: AccountId,
) -> Result<(), StoreError> {
    end_all(store, clock, host, Some(account)).await.map(drop)
}

async fn end_all(
    store: &Store,
    clock: Clock,
    (host, config): (&str, &PolicyConfig),
    only: Option<AccountId>,
) -> Result<usize, StoreError> {
    let mut rng = fastrand::Rng::new();
    let mut ended = 0;
    for attempt in store.open_attempts(host).await? {
        let Grant { account, .. } = attempt.grant;
        if only.is_some_and(|only| only != account) {
            continue;
        }
        make_sure_it_is_gone(&attempt).await;
        let now = clock.now();
        let mut decide = |state: &PolicyState| policy::rescued(state, now, config, &mut rng);
        let id = attempt.grant.attempt;
        match store.rescue_attempt(id, now, &mut decide).await {
            Ok(()) => {
                ended += 1;
                tracing::warn!(
                    attempt.id = %id, account.id = %account,
                    "an attempt without an end is ended as interrupted; its runs are tried again"
                );
            }
            Err(error) if error.is_temporary() => return Err(error),
            Err(error) => tracing::error!(
                attempt.id = %id, account.id = %account, %error,
                "an attempt without an end cannot be ended, and stays open"
            ),
        }
    }
    Ok(ended)
}

/// Kills the process of an attempt, and waits until it is gone. One that does not go although it was
/// killed hangs in the kernel: it will not run a step of its own any more, so its attempt is over.
async fn make_sure_it_is_gone(attempt: &OpenAttempt) {
    // Without the start time the number may be anybody's by now. Such a child was never told to
    // start: it ended when our end of its pipe did.
    let (Some(pid), Some(started)) = (attempt.pid, attempt.pid_started) else {
        return;
    };
    let until = tokio::time::Instant::now() + GONE_LIMIT;
    while os::still_runs(pid, started) {
        if let Err(errno) = os::kill_group(pid, Signal::SIGKILL) {
            tracing::warn!(child.pid = pid, %errno, "killing a process of an earlier life failed");
        }
        if tokio::time::Instant::now() >= until {
            tracing::error!(
                child.pid = pid, attempt.id = %attempt.grant.attempt,
                "a process of an earlier life does not end although it was killed; it may hang in the kernel: find out why"
            );
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
