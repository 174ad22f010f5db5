//! The decision table of [`super`], as code.

use std::time::Duration;

use fastrand::Rng;
use shared::attempt::SkipItem;
use shared::failure::Failure;
use shared::time::Timestamp;
use shared::worker::Mode;

use super::{Facts, LONGEST_SNOOZE, PolicyConfig, SOLITARY_CLEAN_RUNS};
use super::{backoff, memory, poison, step, tally};
use crate::outcome::{Cause, Decision, DecisionKind, ItemAt, Outcome, PolicyState};

/// What is done about the outcome of one run, and what is remembered for the next one.
///
/// The due time is never before `facts.now`.
pub fn decide(
    state: &PolicyState,
    outcome: &Outcome,
    facts: &Facts<'_>,
    config: &PolicyConfig,
    rng: &mut Rng,
) -> (PolicyState, Decision) {
    let mut row = Row {
        state: state.clone(),
        facts,
        config,
        rng,
    };
    // It ran, so no quarantine holds any more; this outcome may begin a new one.
    row.state.quarantined_until = None;
    let window = config.tally_window.duration();
    tally::prune(&mut row.state.tally, facts.now, window);
    tally::prune(&mut row.state.errors, facts.now, window);
    let decision = match outcome {
        Outcome::Completed => row.completed(),
        Outcome::Snoozed { until } => {
            row.state.interruptions = 0;
            row.snooze(*until, "it asked to come back")
        }
        Outcome::Failed(failure) => row.failed(failure),
        Outcome::Died(Cause::Cancelled) | Outcome::Cancelled => row.cancelled(),
        Outcome::Died(Cause::Drained) | Outcome::Drained => {
            row.again("the supervisor was stopping")
        }
        Outcome::Died(cause) if !facts.hello => row.back_off(cause.name()),
        Outcome::Died(_) | Outcome::Interrupted if facts.ours => row.again(
            "most attempts of all accounts end alike now, which is not this account's doing",
        ),
        Outcome::Died(cause) => row.died(cause),
        Outcome::Interrupted if facts.suspect => {
            row.alone();
            let why = "one of several runs took the process with it; each runs alone to find it";
            row.at_once(DecisionKind::Solitary, why)
        }
        Outcome::Interrupted => row.again("interrupted by the end of another run or of us"),
    };
    (row.state, decision)
}

struct Row<'a> {
    state: PolicyState,
    facts: &'a Facts<'a>,
    config: &'a PolicyConfig,
    rng: &'a mut Rng,
}

impl Row<'_> {
    fn completed(&mut self) -> Decision {
        let state = &mut self.state;
        state.tally.clear();
        state.errors.clear();
        state.item_at = None;
        state.interruptions = 0;
        state.failures = 0;
        state.clean_runs = state.clean_runs.saturating_add(1);
        if state.clean_runs >= SOLITARY_CLEAN_RUNS {
            state.solitary = false;
            state.on_trial = false;
        }
        memory::completed(state, self.facts.slot, self.facts.small);
        step::grow(state, self.facts.configured_step);
        if self.facts.backlog {
            self.at_once(
                DecisionKind::Reset,
                "completed what its time allowed; more is left",
            )
        } else {
            free(
                DecisionKind::Reset,
                self.next_turn(),
                "completed".to_owned(),
            )
        }
    }

    fn failed(&mut self, failure: &Failure) -> Decision {
        if is_over_content(failure)
            && let Some(decision) = self.poisoned(failure.name(), false)
        {
            return decision;
        }
        match failure {
            Failure::Transient { .. } | Failure::Forbidden { .. } => self.back_off(failure.name()),
            Failure::Throttled { until, .. } => {
                let now = self.facts.now;
                let by_us = now.plus(self.config.throttled_snooze.duration());
                // eBay's time may be past by our clock; trying at once would be throttled again.
                let soonest = now.plus(self.config.backoff_base.duration());
                let until = until.map_or(by_us, |time| time.max(soonest));
                self.snooze(until, "eBay throttles")
            }
            Failure::Unauthorized { .. } => {
                let due_at = self.facts.now.plus(self.facts.interval);
                let why = "eBay refused the access token; it waits for a new one".to_owned();
                free(DecisionKind::AwaitToken, due_at, why)
            }
            Failure::TooLarge { .. } | Failure::Incomplete { .. } if self.halved() => {
                let why = format!("{}: tried again with half the slice", failure.name());
                self.again(&why)
            }
            Failure::TooLarge { .. }
            | Failure::Incomplete { .. }
            | Failure::BadData { .. }
            | Failure::Bug { .. } => self.charge(failure.name(), false),
        }
    }

    fn died(&mut self, cause: &Cause) -> Decision {
        match cause {
            Cause::SpawnFailed { .. }
            | Cause::NeverReady
            | Cause::KilledExternally
            | Cause::KernelOom => self.back_off(cause.name()),
            Cause::MemoryLimit => {
                if let Some(decision) = self.poisoned(cause.name(), true) {
                    return decision;
                }
                self.halved();
                let facts = self.facts;
                if memory::died(&mut self.state, facts.slot, facts.big_is_larger) {
                    self.state.clean_runs = 0;
                    let why = "memory_limit: tried again alone with the larger limit";
                    return self.at_once(DecisionKind::BigSlot, why);
                }
                self.charge(cause.name(), true)
            }
            Cause::Deadline => {
                self.state.item_at = None;
                self.halved();
                self.charge(cause.name(), true)
            }
            Cause::Completed
            | Cause::Failed { .. }
            | Cause::StackOverflow
            | Cause::Panic
            | Cause::Abort
            | Cause::CpuLimit
            | Cause::Signal { .. }
            | Cause::Hung
            | Cause::ProtocolViolation { .. }
            | Cause::ExitedEarly
            | Cause::Cancelled
            | Cause::Drained
            | Cause::Unknown => {
                let poisoned = self.poisoned(cause.name(), true);
                poisoned.unwrap_or_else(|| self.charge(cause.name(), true))
            }
        }
    }

    fn charge(&mut self, name: &str, death: bool) -> Decision {
        let now = self.facts.now;
        let config = self.config;
        let (tally, limit) = if death {
            (&mut self.state.tally, config.quarantine_after)
        } else {
            (&mut self.state.errors, config.quarantine_after_errors)
        };
        let count = tally::charge(tally, now, limit);
        self.state.clean_runs = 0;
        if let Some(at) = &mut self.state.item_at {
            at.charged_at = Some(now);
        }
        if death {
            self.on_trial();
        }
        let (kind, due_at, what) = if count >= limit {
            let until = now.plus(config.quarantine_for.duration());
            self.state.quarantined_until = Some(until);
            (
                DecisionKind::Quarantine,
                until,
                "not run until released or a while has passed",
            )
        } else if death && count == 1 {
            (DecisionKind::Solitary, now, "runs in a child of its own")
        } else {
            let (base, cap) = (config.death_backoff_base, config.death_backoff_cap);
            let wait = backoff::wait(base.duration(), cap.duration(), count, self.rng);
            (DecisionKind::Backoff, now.plus(wait), "tried again later")
        };
        Decision {
            kind,
            due_at,
            charged: true,
            why: format!("{name}: charge {count} of {limit}; {what}"),
        }
    }

    /// What is done if it is not the first death or failure in a row at an item; remembers where
    /// this one was. `None` if it is the first, or costs what others do.
    fn poisoned(&mut self, name: &str, death: bool) -> Option<Decision> {
        let at = self.facts.at;
        let before = std::mem::replace(&mut self.state.item_at, at.cloned());
        let at = at?;
        let is_at = |other: &SkipItem| poison::is_same(&at.item, other);
        // That it is poison is known already.
        if self.facts.retried.iter().any(is_at) {
            return Some(self.letter(name, before.as_ref(), death));
        }
        let before = before?;
        // It should have been passed over, and was not: nothing is gained by ordering that again.
        if self.facts.skips.iter().any(is_at) {
            return None;
        }
        let again = is_at(&before.item);
        if again && !at.item.key.is_empty() {
            return self.skip(name, &before, death);
        }
        if !(again || death) || !self.halved() {
            return if again {
                self.skip(name, &before, death)
            } else {
                None
            };
        }
        // What the search costs is given back when it has found the item.
        if let Some(at) = &mut self.state.item_at {
            at.charged_at = before.charged_at;
        }
        self.state.clean_runs = 0;
        if death {
            self.on_trial();
        }
        let why = format!("{name} again: tried at once with half the slice, to find the item");
        Some(free(DecisionKind::Narrow, self.facts.now, why))
    }

    /// The item becomes a dead letter, if there may be another.
    fn skip(&mut self, name: &str, before: &ItemAt, death: bool) -> Option<Decision> {
        let most = usize::try_from(self.config.dead_letters_max).unwrap_or(usize::MAX);
        let full = self.facts.skips.len() >= most;
        (!full).then(|| self.letter(name, Some(before), death))
    }

    /// The item is a dead letter from now on. What it cost is given back: the letter is the debt.
    fn letter(&mut self, name: &str, before: Option<&ItemAt>, death: bool) -> Decision {
        let charged_at = before.and_then(|before| before.charged_at);
        for tally in [&mut self.state.tally, &mut self.state.errors] {
            tally.retain(|charge| Some(*charge) != charged_at);
        }
        self.state.item_at = None;
        self.state.clean_runs = 0;
        if death {
            self.on_trial();
        }
        let why = format!("{name} at the same item again: run at once without it");
        free(DecisionKind::Skip, self.facts.now, why)
    }

    fn back_off(&mut self, name: &str) -> Decision {
        self.state.failures = self.state.failures.saturating_add(1);
        let (base, cap) = (self.config.backoff_base, self.config.backoff_cap);
        let count = self.state.failures;
        let wait = backoff::wait(base.duration(), cap.duration(), count, self.rng);
        let why = format!("{name}: tried again later, failure {count} in a row");
        free(DecisionKind::Backoff, self.facts.now.plus(wait), why)
    }

    fn snooze(&mut self, until: Timestamp, why: &str) -> Decision {
        let now = self.facts.now;
        let due_at = until.clamp(now, now.plus(LONGEST_SNOOZE));
        free(
            DecisionKind::Snooze,
            due_at,
            format!("{why}: not before {due_at}"),
        )
    }

    fn cancelled(&mut self) -> Decision {
        let why = "someone asked for its end; due at its next turn".to_owned();
        free(DecisionKind::Again, self.next_turn(), why)
    }

    fn again(&mut self, why: &str) -> Decision {
        self.at_once(DecisionKind::Again, why)
    }

    fn at_once(&mut self, kind: DecisionKind, why: &str) -> Decision {
        free(kind, self.facts.now, why.to_owned())
    }

    fn alone(&mut self) {
        self.state.solitary = true;
        self.state.clean_runs = 0;
    }

    fn on_trial(&mut self) {
        self.alone();
        self.state.on_trial = true;
    }

    fn halved(&mut self) -> bool {
        let least = self.config.min_step.duration();
        self.facts.mode == Mode::Window
            && step::halve(&mut self.state, self.facts.configured_step, least)
    }

    // The first turn after now of those that follow `due_was` at the fixed rate: turns that were
    // missed do not pile up.
    fn next_turn(&self) -> Timestamp {
        let Facts {
            now,
            due_was,
            interval,
            ..
        } = *self.facts;
        let interval = interval.max(Duration::from_millis(1));
        let late = now.since(due_was).as_millis();
        let past = u64::try_from(late % interval.as_millis().max(1)).unwrap_or(0);
        now.minus(Duration::from_millis(past)).plus(interval)
    }
}

/// Whether it may be about what one item holds.
const fn is_over_content(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::BadData { .. } | Failure::TooLarge { .. } | Failure::Incomplete { .. }
    )
}

fn free(kind: DecisionKind, due_at: Timestamp, why: String) -> Decision {
    Decision {
        kind,
        due_at,
        charged: false,
        why,
    }
}

#[cfg(test)]
mod tests;
