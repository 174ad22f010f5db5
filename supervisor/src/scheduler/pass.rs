//! What one pass of `run --once` has to do and what came of it: pure bookkeeping.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shared::id::AccountId;
use shared::time::Timestamp;
use shared::worker::Worker;

use super::due::Due;
use crate::attempt::End;
use crate::attempt::{Finished, RanRun};
use crate::outcome::{DecisionKind, Outcome};

/// How long the dispatcher works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Until it is stopped.
    Service,
    /// Until everything has run that was due at its start, and what fell due at once because of
    /// that.
    Once {
        /// Snoozes up to this long belong to the pass too.
        snoozes: Duration,
    },
}

/// One account's worker.
type Key = (AccountId, Worker);

/// How often one worker's snoozes are waited for in a pass: a report that eBay never finishes must
/// not keep a pass from ending.
const MAX_SNOOZES: u32 = 20;

/// A pass under way.
#[derive(Debug, Default)]
pub(super) struct Pass {
    snoozed: BTreeMap<Key, u32>,
    pending: BTreeSet<Key>,
    results: BTreeMap<Key, bool>,
    /// Workers that cannot run because what is stored of them cannot be read.
    unreadable: usize,
}

/// What a pass came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PassSummary {
    /// Workers whose last run in this pass completed or snoozed.
    pub well: usize,
    /// Workers whose last run in this pass did neither, or that could not be started.
    pub ill: usize,
}

impl PassSummary {
    /// Whether nothing was due.
    pub const fn is_empty(&self) -> bool {
        self.well == 0 && self.ill == 0
    }
}

impl Pass {
    /// Takes what is due now.
    pub(super) fn begin(due: &[Due], now: Timestamp) -> Self {
        Self {
            pending: due
                .iter()
                .filter(|entry| entry.ready_at() <= now)
                .map(|entry| (entry.account, entry.worker))
                .collect(),
            ..Self::default()
        }
    }

    /// Accounts that were due and may not run, for example for want of a token.
    pub(super) fn block(&mut self, due: &[Due], now: Timestamp) {
        for entry in due.iter().filter(|entry| entry.ready_at() <= now) {
            self.results.insert((entry.account, entry.worker), false);
        }
    }

    /// So many workers should run and cannot.
    pub(super) fn cannot_read(&mut self, workers: usize) {
        self.unreadable += workers;
    }

    /// What of an account belongs to this pass, by what may run of it now. What can no longer become
    /// due is not waited for, so that the pass ends; if it never ran, it was not well.
    pub(super) fn select(&mut self, account: AccountId, due: Vec<Due>, running: bool) -> Vec<Due> {
        let gone: Vec<Key> = self
            .of_account(account)
            .filter(|(_, worker)| !running && !due.iter().any(|entry| entry.worker == *worker))
            .collect();
        for key in gone {
            self.pending.remove(&key);
            self.results.entry(key).or_insert(false);
        }
        due.into_iter()
            .filter(|entry| self.has(account, entry.worker))
            .collect()
    }

    /// Whether an account's worker is still to run in this pass.
    pub(super) fn has(&self, account: AccountId, worker: Worker) -> bool {
        self.pending.contains(&(account, worker))
    }

    fn of_account(&self, account: AccountId) -> impl Iterator<Item = Key> {
        let keys = Worker::ALL.into_iter().map(move |worker| (account, worker));
        keys.filter(|key| self.pending.contains(key))
    }

    /// Nothing more will be started: what is left did not end well.
    pub(super) fn give_up(&mut self) {
        for key in std::mem::take(&mut self.pending) {
            self.results.insert(key, false);
        }
    }

    /// Takes note of an end.
    pub(super) fn finished(&mut self, finished: &Finished, now: Timestamp, snoozes: Duration) {
        match &finished.end {
            End::Ran(ran) => {
                for run in &ran.runs {
                    self.ran((finished.account, run.worker), run, now, snoozes);
                }
            }
            End::NoToken(_) | End::Store(_) => self.give_up_on(finished.account),
        }
    }

    /// Nothing more of an account will be started: what is left of it did not end well.
    pub(super) fn give_up_on(&mut self, account: AccountId) {
        let of_account: Vec<Key> = self.of_account(account).collect();
        for key in of_account {
            self.pending.remove(&key);
            self.results.insert(key, false);
        }
    }

    fn ran(&mut self, key: Key, run: &RanRun, now: Timestamp, snoozes: Duration) {
        let well = matches!(run.outcome, Outcome::Completed | Outcome::Snoozed { .. });
        self.results.insert(key, well);
        let again = match run.decision.kind {
            // What was cancelled comes at its next turn.
            DecisionKind::Again => run.decision.due_at <= now,
            DecisionKind::Solitary
            | DecisionKind::BigSlot
            | DecisionKind::Narrow
            | DecisionKind::Skip => true,
            DecisionKind::Reset => run.backlog,
            DecisionKind::Snooze => {
                let times = self.snoozed.entry(key).or_default();
                *times += 1;
                *times <= MAX_SNOOZES && run.decision.due_at <= now.plus(snoozes)
            }
            DecisionKind::Backoff | DecisionKind::Quarantine | DecisionKind::AwaitToken => false,
        };
        if !again {
            self.pending.remove(&key);
        }
    }

    /// Whether nothing is left to do.
    pub(super) fn is_done(&self) -> bool {
        self.pending.is_empty()
    }

    /// What it came to.
    pub(super) fn summary(&self) -> PassSummary {
        let well = self.results.values().filter(|well| **well).count();
        PassSummary {
            well,
            ill: self.results.len() - well + self.unreadable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attempt::Ran;
    use crate::outcome::{Cause, Confidence, Decision, Verdict};
    use crate::store::RunCounters;
    use shared::id::AttemptId;

    const KEY: Key = (AccountId(1), Worker::Orders);
    const SECOND: Duration = Duration::from_secs(1);

    fn pass() -> Pass {
        let due = Due {
            account: KEY.0,
            worker: KEY.1,
            due_at: Timestamp(0),
            last_started_at: None,
            took: Duration::ZERO,
            solitary: false,
            on_trial: false,
            big_slot: false,
            quarantined_until: None,
        };
        Pass::begin(&[due], Timestamp(0))
    }

    fn finished(outcome: Outcome, kind: DecisionKind, due_at: i64, backlog: bool) -> Finished {
        let run = RanRun {
            worker: KEY.1,
            outcome,
            decision: Decision {
                kind,
                due_at: Timestamp(due_at),
                charged: false,
                why: String::new(),
            },
            counters: RunCounters::default(),
            backlog,
            report: None,
            fingerprint: None,
        };
        let verdict = Verdict {
            cause: Cause::Completed,
            confidence: Confidence::Proven,
            evidence: Vec::new(),
            culprit: None,
            culprit_confidence: Confidence::Unknown,
        };
        let ran = Ran {
            attempt: AttemptId(1),
            verdict,
            peak_resident: None,
            duration_ms: 0,
            runs: vec![run],
        };
        Finished {
            account: KEY.0,
            account_name: String::new(),
            end: End::Ran(Box::new(ran)),
        }
    }

    #[test]
    fn what_falls_due_at_once_belongs_to_the_pass() {
        let cases = [
            (
                Outcome::Completed,
                DecisionKind::Reset,
                false,
                true,
                1,
                "done",
            ),
            (
                Outcome::Completed,
                DecisionKind::Reset,
                true,
                false,
                1,
                "backlog",
            ),
            (
                Outcome::Interrupted,
                DecisionKind::Again,
                false,
                false,
                0,
                "again",
            ),
            (
                Outcome::Died(Cause::Hung),
                DecisionKind::Solitary,
                false,
                false,
                0,
                "solitary",
            ),
            (
                Outcome::Died(Cause::Hung),
                DecisionKind::Backoff,
                false,
                true,
                0,
                "backoff",
            ),
        ];
        for (outcome, kind, backlog, done, well, why) in cases {
            let mut pass = pass();
            pass.finished(&finished(outcome, kind, 0, backlog), Timestamp(0), SECOND);
            let summary = pass.summary();
            assert_eq!((pass.is_done(), summary.well), (done, well), "{why}");
            assert_eq!(summary.well + summary.ill, 1, "{why}");
        }
    }

    #[test]
    fn a_pass_ends_although_something_snoozes_for_ever() {
        let outcome = || Outcome::Snoozed {
            until: Timestamp(5),
        };
        let mut long = pass();
        let later = finished(outcome(), DecisionKind::Snooze, 1_001, false);
        long.finished(&later, Timestamp(0), SECOND);
        assert!(long.is_done(), "a long snooze is not waited for");
        let mut short = pass();
        for _ in 0..MAX_SNOOZES {
            let soon = finished(outcome(), DecisionKind::Snooze, 5, false);
            short.finished(&soon, Timestamp(0), SECOND);
            assert!(!short.is_done());
        }
        let once_more = finished(outcome(), DecisionKind::Snooze, 5, false);
        short.finished(&once_more, Timestamp(0), SECOND);
        assert!(short.is_done());
    }
}
