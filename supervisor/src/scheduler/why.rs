//! Why a worker does not run now: a pure function of what is stored, with a name for programs and
//! words for people.

use serde::Serialize;
use shared::id::AttemptId;
use shared::time::Timestamp;

/// Why a worker does not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum NotRunning {
    /// The account or the worker is disabled.
    Disabled,
    /// What is remembered of it cannot be read.
    Unreadable,
    /// The account has no token that can be used.
    NoToken {
        /// Why.
        state: String,
    },
    /// It kept failing.
    Quarantined {
        /// Until when.
        until: Timestamp,
    },
    /// Nothing is started: a person paused it.
    Halted,
    /// Nothing is started: most attempts die alike.
    Paused {
        /// When one is tried.
        until: Timestamp,
    },
    /// It failed or asked to come back, and waits.
    BackingOff {
        /// Until when.
        until: Timestamp,
    },
    /// It is due, and another attempt of its account runs.
    AnotherAttempt {
        /// Which.
        attempt: i64,
    },
    /// It is due, died lately, and as many that did run as may at once.
    OnTrial {
        /// Attempts on trial that run.
        running: usize,
    },
    /// It is due, and every slot is taken, or there is not enough memory left.
    NoSlot {
        /// Attempts that run.
        running: usize,
    },
    /// It is due and may start at any moment; if that stays so, no service runs.
    NextInLine,
    /// It is not due.
    NotDue {
        /// When it is.
        until: Timestamp,
    },
}

/// What there is to know of a worker that does not run.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Standing<'a> {
    /// The account and the worker are enabled.
    pub enabled: bool,
    /// Its state can be read.
    pub readable: bool,
    /// Why the account's token cannot be used.
    pub token_state: Option<&'a str>,
    /// Not before this time, because it kept failing.
    pub quarantined_until: Option<Timestamp>,
    /// A person paused starting.
    pub halted: bool,
    /// Starting is paused; when one is tried.
    pub paused_until: Option<Timestamp>,
    /// Its last run did not complete.
    pub troubled: bool,
    /// When it is due.
    pub due_at: Timestamp,
    /// The attempt of its account that runs.
    pub attempt: Option<AttemptId>,
    /// It died of itself lately.
    pub on_trial: bool,
    /// Attempts on trial that run.
    pub trials: usize,
    /// How many may.
    pub trials_at_once: usize,
    /// Attempts that run, of all accounts.
    pub running: usize,
    /// How many may.
    pub slots: usize,
}

impl NotRunning {
    /// The reason that matters most: the one that must go first for the worker to run.
    pub fn of(standing: &Standing<'_>, now: Timestamp) -> Self {
        let later = |until: Option<Timestamp>| until.filter(|until| *until > now);
        if !standing.enabled {
            return Self::Disabled;
        }
        if !standing.readable {
            return Self::Unreadable;
        }
        if let Some(state) = standing.token_state {
            let state = state.to_owned();
            return Self::NoToken { state };
        }
        if let Some(until) = later(standing.quarantined_until) {
            return Self::Quarantined { until };
        }
        if let Some(until) = later(Some(standing.due_at)) {
            return if standing.troubled {
                Self::BackingOff { until }
            } else {
                Self::NotDue { until }
            };
        }
        if standing.halted {
            return Self::Halted;
        }
        if let Some(until) = standing.paused_until {
            return Self::Paused { until };
        }
        if let Some(attempt) = standing.attempt {
            return Self::AnotherAttempt { attempt: attempt.0 };
        }
        if standing.running >= standing.slots {
            return Self::NoSlot {
                running: standing.running,
            };
        }
        if standing.on_trial && standing.trials >= standing.trials_at_once {
            return Self::OnTrial {
                running: standing.trials,
            };
        }
        Self::NextInLine
    }

    /// A few words, for a table; `None` for one that is just not due.
    pub fn words(&self) -> Option<String> {
        Some(match self {
            Self::Disabled => "disabled".to_owned(),
            Self::Unreadable => "stopped: unreadable".to_owned(),
            Self::NoToken { state } => format!("waits for a token ({state})"),
            Self::Quarantined { .. } => "quarantined".to_owned(),
            Self::Halted | Self::Paused { .. } => "paused".to_owned(),
            Self::BackingOff { .. } => "backing off".to_owned(),
            Self::AnotherAttempt { attempt } => format!("waits for attempt {attempt}"),
            Self::OnTrial { .. } => "on trial, waits for another one on trial".to_owned(),
            Self::NoSlot { running } => format!("waits for a slot, {running} taken"),
            Self::NextInLine => "next in line".to_owned(),
            Self::NotDue { .. } => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It could run.
    const DUE: Standing<'static> = Standing {
        enabled: true,
        readable: true,
        token_state: None,
        quarantined_until: None,
        halted: false,
        paused_until: None,
        troubled: false,
        due_at: Timestamp(50),
        attempt: None,
        on_trial: false,
        trials: 0,
        trials_at_once: 1,
        running: 0,
        slots: 5,
    };

    #[test]
    fn the_reason_that_must_go_first() {
        let due = DUE;
        let later = Timestamp(200);
        let with = |change: fn(&mut Standing<'static>)| {
            let mut standing = due;
            change(&mut standing);
            NotRunning::of(&standing, Timestamp(100))
        };
        let of = |due_at, quarantined_until: Option<i64>| {
            let standing = Standing {
                due_at: Timestamp(due_at),
                quarantined_until: quarantined_until.map(Timestamp),
                ..due
            };
            NotRunning::of(&standing, Timestamp(100))
        };
        let state = "needs_token".to_owned();
        let until = Timestamp(60);
        let cases = [
            (of(50, None), NotRunning::NextInLine),
            (of(50, Some(99)), NotRunning::NextInLine),
            (of(200, Some(200)), NotRunning::Quarantined { until: later }),
            (of(200, None), NotRunning::NotDue { until: later }),
            (
                with(|one| (one.due_at, one.troubled) = (Timestamp(200), true)),
                NotRunning::BackingOff { until: later },
            ),
            (
                with(|one| one.running = 5),
                NotRunning::NoSlot { running: 5 },
            ),
            (
                with(|one| (one.running, one.attempt) = (5, Some(AttemptId(7)))),
                NotRunning::AnotherAttempt { attempt: 7 },
            ),
            (
                with(|one| (one.paused_until, one.running) = (Some(Timestamp(60)), 5)),
                NotRunning::Paused { until },
            ),
            (
                with(|one| (one.halted, one.paused_until) = (true, Some(Timestamp(60)))),
                NotRunning::Halted,
            ),
            (
                with(|one| one.token_state = Some("needs_token")),
                NotRunning::NoToken { state },
            ),
            (with(|one| one.readable = false), NotRunning::Unreadable),
            (with(|one| one.enabled = false), NotRunning::Disabled),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn those_on_trial_wait_for_each_other() {
        let seven = AttemptId(7);
        let cases = [
            (1, 4, None, NotRunning::OnTrial { running: 1 }),
            (1, 5, None, NotRunning::NoSlot { running: 5 }),
            (0, 4, None, NotRunning::NextInLine),
            (1, 4, Some(seven), NotRunning::AnotherAttempt { attempt: 7 }),
        ];
        for (trials, running, attempt, expected) in cases {
            let standing = Standing {
                on_trial: true,
                trials,
                running,
                attempt,
                ..DUE
            };
            assert_eq!(NotRunning::of(&standing, Timestamp(100)), expected);
        }
    }
}
