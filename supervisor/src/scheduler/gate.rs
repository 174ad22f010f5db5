//! Holds the global breaker for the dispatcher: feeds it, says once what it does, and leaves its
//! state where `status` finds it.

use shared::build::BUILD;
use shared::id::AccountId;
use shared::time::Timestamp;
use tokio::sync::watch;

use crate::attempt::{Context, End, Finished, Ran};
use crate::outcome::{Cause, Outcome};
use crate::policy::{Breaker, Change, Leave, Pause, Seen};

/// The breaker and who must know of it.
#[derive(Debug)]
pub(super) struct Gate {
    breaker: Breaker,
    /// Whether deaths are our own doing now.
    ours: watch::Sender<bool>,
}

impl Gate {
    /// Closed.
    pub(super) fn new() -> Self {
        Self {
            breaker: Breaker::default(),
            ours: watch::Sender::new(false),
        }
    }

    /// What may start.
    pub(super) fn leave(&self, now: Timestamp) -> Leave {
        self.breaker.leave(now)
    }

    /// Tells an attempt, now and later, whether its death is our own doing.
    pub(super) fn ours(&self) -> watch::Receiver<bool> {
        self.ours.subscribe()
    }

    /// The account's attempt was started as the probe.
    pub(super) fn probing(&mut self, account: AccountId) {
        self.breaker.probing(account);
    }

    /// An attempt's own code broke.
    pub(super) fn broke(&mut self, account: AccountId) {
        self.breaker.no_end(account);
    }

    /// Takes note of the end of an attempt.
    pub(super) async fn ended(&mut self, finished: &Finished, context: &Context, now: Timestamp) {
        let seen = match &finished.end {
            End::Ran(ran) => seen(finished.account, ran),
            End::NoToken(_) | End::Store(_) => None,
        };
        let Some(seen) = seen else {
            self.breaker.no_end(finished.account);
            return;
        };
        let policy = &context.config.policy;
        let Some(change) = self.breaker.ended(seen, now, policy) else {
            return;
        };
        self.ours.send_replace(self.breaker.pause().is_some());
        say(&change);
        self.show(context, now).await;
    }

    /// Leaves its state where `status` finds it.
    pub(super) async fn show(&self, context: &Context, now: Timestamp) {
        let stored = context.store.set_pause(self.breaker.pause(), now).await;
        if let Err(error) = stored {
            tracing::warn!(%error, "whether starting is paused is not stored");
        }
    }
}

/// What can be learned from an attempt: nothing if we or someone else ended it.
fn seen(account: AccountId, ran: &Ran) -> Option<Seen> {
    if matches!(ran.verdict.cause, Cause::Drained | Cause::Cancelled) {
        return None;
    }
    let died = ran
        .runs
        .iter()
        .filter(|run| matches!(run.outcome, Outcome::Died(_)));
    let fingerprints = died.filter_map(|run| run.fingerprint.clone()).collect();
    Some(Seen {
        account,
        fingerprints,
    })
}

fn say(change: &Change) {
    match change {
        Change::Opened(Pause {
            fingerprint,
            accounts,
            until,
            ..
        }) => tracing::error!(
            fingerprint, accounts, build = BUILD, %until,
            "most attempts die alike on several accounts, so it is not the accounts: nothing is started but one attempt at a time to find out whether it is over; bulkhead crash list shows the reports, and if this build is new, go back to the one before"
        ),
        Change::Stays(Pause { until, .. }) => {
            tracing::info!(%until, "the attempt that should find out died alike: starting stays paused");
        }
        Change::Closed(Pause { fingerprint, .. }) => {
            tracing::info!(
                fingerprint,
                "an attempt did not die alike: starting goes on as usual"
            );
        }
    }
}
