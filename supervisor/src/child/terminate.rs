//! How a child is ended: a pure ladder of ever stronger means, each with its grace period.

use std::time::{Duration, Instant};

use crate::outcome::KillReason;

/// One rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    /// Say `Stop` and keep listening.
    Stop,
    /// SIGTERM to the process group.
    Term,
    /// SIGKILL to the process group.
    Kill,
}

/// Where the ladder begins for a reason.
const fn first_rung(reason: &KillReason) -> Rung {
    match reason {
        // It may still finish what it has in hand.
        KillReason::Drained | KillReason::Cancelled | KillReason::Deadline { .. } => Rung::Stop,
        // It does not answer, or there is nobody to answer to.
        KillReason::Hung { .. }
        | KillReason::Lingering
        | KillReason::Unanswered { .. }
        | KillReason::Store { .. } => Rung::Term,
        // It lies, or must not go on for a moment longer.
        KillReason::Violation { .. }
        | KillReason::NeverReady { .. }
        | KillReason::WrongBuild { .. }
        | KillReason::Limits { .. } => Rung::Kill,
    }
}

/// How long each rung lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Graces {
    /// From `Stop` to SIGTERM.
    pub stop: Duration,
    /// From SIGTERM to SIGKILL, and between two of these.
    pub term: Duration,
}

/// Why a child is being ended, and how far that has come.
#[derive(Debug)]
pub struct Ladder {
    reason: KillReason,
    rung: Rung,
    since: Instant,
}

impl Ladder {
    /// Stands on the first rung for this reason.
    pub const fn new(reason: KillReason, at: Instant) -> Self {
        Self {
            rung: first_rung(&reason),
            reason,
            since: at,
        }
    }

    /// Why.
    pub const fn reason(&self) -> &KillReason {
        &self.reason
    }

    /// Where it stands.
    pub const fn rung(&self) -> Rung {
        self.rung
    }

    /// Whether what the child still says may be committed: only while it is politely asked.
    pub fn listens(&self) -> bool {
        self.rung == Rung::Stop
    }

    /// Goes one rung up if the grace period of this one is over; the caller takes the step.
    pub fn climb(&mut self, graces: Graces, at: Instant) -> Option<Rung> {
        let (next, grace) = match self.rung {
            Rung::Stop => (Rung::Term, graces.stop),
            Rung::Term | Rung::Kill => (Rung::Kill, graces.term),
        };
        if at.saturating_duration_since(self.since) < grace {
            return None;
        }
        self.rung = next;
        self.since = at;
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ladder_ends_in_kill() {
        let graces = Graces {
            stop: Duration::from_secs(5),
            term: Duration::from_secs(1),
        };
        let start = Instant::now();
        let cases = [
            (
                KillReason::Drained,
                vec![Rung::Stop, Rung::Term, Rung::Kill, Rung::Kill],
            ),
            (
                KillReason::Lingering,
                vec![Rung::Term, Rung::Kill, Rung::Kill],
            ),
            (
                KillReason::NeverReady { waited_ms: 1 },
                vec![Rung::Kill, Rung::Kill],
            ),
        ];
        for (reason, expected) in cases {
            let mut ladder = Ladder::new(reason, start);
            let mut at = start;
            let mut rungs = vec![ladder.rung()];
            while rungs.len() < expected.len() {
                let grace = if ladder.rung() == Rung::Stop {
                    graces.stop
                } else {
                    graces.term
                };
                assert_eq!(
                    ladder.climb(graces, at + grace.saturating_sub(Duration::from_millis(1))),
                    None
                );
                at += grace;
                rungs.extend(ladder.climb(graces, at));
            }
            assert_eq!(rungs, expected, "{:?}", ladder.reason());
        }
    }
}
