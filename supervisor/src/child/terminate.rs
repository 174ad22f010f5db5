//! How a child is ended: a pure ladder of ever stronger means, each with its grace period.

use std::time::Duration;

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
pub const fn first_rung(reason: &KillReason) -> Rung {
    match reason {
        // It may still finish what it has in hand.
        KillReason::Drained | KillReason::Cancelled | KillReason::Deadline { .. } => Rung::Stop,
        // It does not answer, or there is nobody to answer to.
        KillReason::Hung { .. } | KillReason::Lingering | KillReason::Store { .. } => Rung::Term,
        // It lies, or must not go on for a moment longer.
        KillReason::Violation { .. }
        | KillReason::NeverReady { .. }
        | KillReason::WrongBuild { .. }
        | KillReason::Limits { .. } => Rung::Kill,
    }
}

/// The rung after one whose grace period has passed, and how long that one lasts.
pub const fn next_rung(rung: Rung, stop_grace: Duration, term_grace: Duration) -> (Rung, Duration) {
    match rung {
        Rung::Stop => (Rung::Term, stop_grace),
        Rung::Term | Rung::Kill => (Rung::Kill, term_grace),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ladder_ends_in_kill() {
        let second = Duration::from_secs(1);
        for reason in [
            KillReason::Drained,
            KillReason::Lingering,
            KillReason::NeverReady { waited_ms: 1 },
        ] {
            let mut rung = first_rung(&reason);
            for _ in 0..2 {
                rung = next_rung(rung, second, second).0;
            }
            assert_eq!(rung, Rung::Kill, "{reason:?}");
        }
    }
}
