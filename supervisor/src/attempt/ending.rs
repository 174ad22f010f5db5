//! Ends a child: by whose wish, after which limit, by which means.
//!
//! *Invariant:* the reason of a kill is stored before the first signal.

use std::time::{Duration, Instant};

use crate::os::Signal;
use shared::flight::Flight;
use shared::id::RunNo;
use shared::wire::message::ToChild;

use super::converse::{Conversation, LEASE};
use super::{Progress, Wish, Wishes};
use crate::child::redact;
use crate::child::terminate::{Graces, Ladder, Rung};
use crate::outcome::KillReason;
use crate::store::StoreError;

/// How long storing a kill's reason may take: the signal cannot wait for a database that is gone.
const NOTE_LIMIT: Duration = Duration::from_secs(2);

impl Conversation<'_> {
    pub(super) async fn violation(&mut self, what: String, run: Option<RunNo>) {
        // It may name a key that the child made up.
        let what = redact::without_tokens(&what);
        self.kill(KillReason::Violation { what, run }).await;
    }

    pub(super) async fn store_gone(&mut self, error: &StoreError) {
        self.kill(KillReason::Store {
            what: error.to_string(),
        })
        .await;
    }

    /// Begins to end the child, unless that has begun for a stronger reason.
    pub(super) async fn kill(&mut self, reason: KillReason) {
        if self.ladder.as_ref().is_some_and(|ladder| !ladder.listens()) {
            return;
        }
        let noting = self.context.store.note_kill(self.grant.attempt, &reason);
        match tokio::time::timeout(NOTE_LIMIT, noting).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(attempt.id = %self.attempt.id, %error, "the reason of a kill is not stored");
            }
            Err(_) => {
                tracing::warn!(attempt.id = %self.attempt.id, "the reason of a kill is not stored in time");
            }
        }
        let ladder = Ladder::new(reason, Instant::now());
        let rung = ladder.rung();
        self.ladder = Some(ladder);
        self.step(rung).await;
    }

    async fn step(&mut self, rung: Rung) {
        match rung {
            Rung::Stop => {
                let grace_ms = self.timeouts.stop_grace.millis();
                if let Err(error) = self.sender.send(&ToChild::Stop { grace_ms }).await {
                    tracing::debug!(attempt.id = %self.attempt.id, %error, "Stop was not heard");
                }
            }
            Rung::Term => self.process.signal(Signal::SIGTERM),
            Rung::Kill => self.process.signal(Signal::SIGKILL),
        }
    }

    pub(super) async fn heed(&mut self, wishes: &Wishes) {
        let wish = *wishes.borrow();
        let reason = match wish {
            Wish::GoOn => return,
            Wish::Drain => KillReason::Drained,
            Wish::Cancel => KillReason::Cancelled,
        };
        if self.ladder.is_none() {
            self.kill(reason).await;
        }
    }

    /// Looks at limits that time sets.
    pub(super) async fn look(&mut self, wishes: &Wishes) {
        self.process.sample();
        if let Some(ladder) = &mut self.ladder {
            let graces = Graces {
                stop: self.timeouts.stop_grace.duration(),
                term: self.timeouts.term_grace.duration(),
            };
            if let Some(rung) = ladder.climb(graces, Instant::now()) {
                self.step(rung).await;
            }
            return;
        }
        self.heed(wishes).await;
        if let Some(reason) = self.overdue() {
            self.kill(reason).await;
        } else if self.renewed.elapsed() >= LEASE / 3 {
            self.renew().await;
        }
    }

    fn overdue(&mut self) -> Option<KillReason> {
        if self.ladder.is_some() {
            return None;
        }
        if !self.hello {
            let waited = self.spawned.elapsed();
            return (waited >= self.timeouts.ready.duration()).then(|| KillReason::NeverReady {
                waited_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
            });
        }
        if let Some(since) = self.quiet_since {
            let lingers = since.elapsed() >= self.timeouts.term_grace.duration();
            return lingers.then_some(KillReason::Lingering);
        }
        let flight = self.flight();
        if let Some(flight) = &flight
            && !self.progress.is_closed()
        {
            self.progress.send_replace(Progress::of(flight));
        }
        self.watchdog.check(flight.as_ref(), Instant::now())
    }

    fn flight(&self) -> Option<Flight> {
        self.directory.flight.read().ok()
    }

    async fn renew(&mut self) {
        let renewal = self
            .context
            .store
            .renew_lease(self.grant.account, self.grant.fence, LEASE)
            .await;
        match renewal {
            Ok(()) => self.renewed = Instant::now(),
            Err(error) if error.is_temporary() => {
                tracing::warn!(attempt.id = %self.attempt.id, %error, "the lease is not renewed yet");
            }
            Err(error) => self.store_gone(&error).await,
        }
    }
}
