//! Ends what a dead supervisor left open, after making sure that its processes are gone.

use std::time::Duration;

use crate::os::Signal;
use shared::id::AccountId;

use crate::clock::Clock;
use crate::os;
use crate::outcome::PolicyState;
use crate::policy::{self, PolicyConfig};
use crate::store::{OpenAttempt, Store, StoreError};

/// How long a killed process may take to be gone.
const GONE_LIMIT: Duration = Duration::from_secs(10);

/// Why the start cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RescueError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A process of an earlier life survives SIGKILL.
    #[error(
        "process {pid} of attempt {attempt} does not end although it was killed; it may hang in the kernel: find out why, then start again"
    )]
    Survivor {
        /// Its process id.
        pid: u32,
        /// Its attempt.
        attempt: String,
    },
}

/// Ends every open attempt of this host; returns how many there were.
pub async fn rescue(
    store: &Store,
    clock: Clock,
    host: &str,
    config: &PolicyConfig,
) -> Result<usize, RescueError> {
    let open = store.open_attempts(host).await?;
    end_all(store, clock, &open, config).await?;
    Ok(open.len())
}

/// Ends the open attempts of one account on this host.
pub async fn rescue_account(
    store: &Store,
    clock: Clock,
    (host, config): (&str, &PolicyConfig),
    account: AccountId,
) -> Result<(), RescueError> {
    let mut open = store.open_attempts(host).await?;
    open.retain(|attempt| attempt.grant.account == account);
    end_all(store, clock, &open, config).await
}

async fn end_all(
    store: &Store,
    clock: Clock,
    open: &[OpenAttempt],
    config: &PolicyConfig,
) -> Result<(), RescueError> {
    let mut rng = fastrand::Rng::new();
    for attempt in open {
        make_sure_it_is_gone(attempt).await?;
        let now = clock.now();
        let mut decide = |state: &PolicyState| policy::rescued(state, now, config, &mut rng);
        store
            .rescue_attempt(attempt.grant.attempt, now, &mut decide)
            .await?;
        tracing::warn!(
            attempt.id = %attempt.grant.attempt, account.id = %attempt.grant.account,
            "an attempt without an end is ended as interrupted; its runs are tried again"
        );
    }
    Ok(())
}

async fn make_sure_it_is_gone(attempt: &OpenAttempt) -> Result<(), RescueError> {
    // Without the start time the number may be anybody's by now. Such a child was never told to
    // start: it ended when our end of its pipe did.
    let (Some(pid), Some(started)) = (attempt.pid, attempt.pid_started) else {
        return Ok(());
    };
    let until = tokio::time::Instant::now() + GONE_LIMIT;
    while os::still_runs(pid, started) {
        if let Err(errno) = os::kill_group(pid, Signal::SIGKILL) {
            tracing::warn!(child.pid = pid, %errno, "killing a process of an earlier life failed");
        }
        if tokio::time::Instant::now() >= until {
            return Err(RescueError::Survivor {
                pid,
                attempt: attempt.grant.attempt.to_string(),
            });
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}
