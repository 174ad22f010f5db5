//! What the runs of an attempt said of their own end, and whether it can be believed.

use shared::attempt::{RunMode, RunOrder};
use shared::failure::{Failure, Place};
use shared::id::RunNo;
use shared::time::Timestamp;

use crate::outcome::Outcome;
use crate::store::RunCounters;

/// The ends of all runs of one attempt, by position.
#[derive(Debug)]
pub(super) struct Said {
    ends: Vec<Option<Outcome>>,
}

impl Said {
    /// Nothing was said yet.
    pub(super) fn new(runs: usize) -> Self {
        Self {
            ends: vec![None; runs],
        }
    }

    /// The first end counts: a refusal by the supervisor comes before the child's echo of it, and
    /// the echo only adds which request it was about.
    pub(super) fn end(&mut self, run: RunNo, outcome: Outcome) {
        let Some(end) = self.ends.get_mut(run.index()) else {
            return;
        };
        match (end.as_ref(), &outcome) {
            (None, _) => *end = Some(outcome),
            (Some(Outcome::Failed(said)), Outcome::Failed(echo)) if is_placed(said, echo) => {
                *end = Some(outcome);
            }
            (Some(_), _) => {}
        }
    }

    /// The runs whose token eBay refused for good.
    pub(super) fn unauthorized(&self) -> impl Iterator<Item = RunNo> {
        let refused = |end: &Option<Outcome>| {
            matches!(end, Some(Outcome::Failed(Failure::Unauthorized { .. })))
        };
        (0..)
            .map(RunNo)
            .zip(&self.ends)
            .filter(move |(_, end)| refused(end))
            .map(|(run, _)| run)
    }

    /// Whether every run has ended.
    pub(super) fn all(&self) -> bool {
        self.ends.iter().all(Option::is_some)
    }

    /// All ends, by position.
    pub(super) fn into_ends(self) -> Vec<Option<Outcome>> {
        self.ends
    }
}

/// Whether the echo is the same failure with a place, where there was none.
fn is_placed(said: &Failure, echo: &Failure) -> bool {
    said.name() == echo.name()
        && said.what() == echo.what()
        && said.place().is_some_and(|place| *place == Place::default())
}

/// What is wrong with a `RunDone`, if anything: success is not believed on the child's word alone.
///
/// A snapshot that is done has committed its checkpoint. A window with its deep pass, or a rescan,
/// that is done is covered, or the time after which no slice may begin has passed.
pub(super) fn done_fault(
    order: &RunOrder,
    counters: &RunCounters,
    now: Timestamp,
) -> Option<Failure> {
    let in_time = now < order.take_until;
    let fault = match (&order.mode, left(order, counters)) {
        (RunMode::Snapshot(_), Some(_)) => "RunDone of a snapshot without a checkpoint",
        (RunMode::Window(_), Some(Left::Window)) if in_time => {
            "RunDone before the window is covered, with time left"
        }
        (RunMode::Window(_), Some(Left::Deep)) if in_time => {
            "RunDone before the deep pass is covered, with time left"
        }
        (RunMode::Rescan(_), Some(_)) if in_time => {
            "RunDone of a rescan without a checkpoint, with time left"
        }
        (RunMode::Snapshot(_) | RunMode::Window(_) | RunMode::Rescan(_), _) => return None,
    };
    Some(Failure::Bug {
        what: fault.to_owned(),
    })
}

/// Whether a run that ended well has more to do: its time was over before its work.
pub(super) fn has_backlog(order: &RunOrder, counters: &RunCounters) -> bool {
    match &order.mode {
        RunMode::Window(_) | RunMode::Rescan(_) => left(order, counters).is_some(),
        RunMode::Snapshot(_) => false,
    }
}

/// What a run has not covered of what was ordered.
enum Left {
    /// The window, a snapshot or a rescan.
    Window,
    /// The deep pass after the window.
    Deep,
}

fn left(order: &RunOrder, counters: &RunCounters) -> Option<Left> {
    match &order.mode {
        RunMode::Window(window) => {
            let cursor = counters.cursor.unwrap_or(window.cursor);
            let deep = window
                .deep
                .is_some_and(|deep| counters.deep.unwrap_or(deep.from) < deep.until);
            if cursor < window.until {
                Some(Left::Window)
            } else {
                deep.then_some(Left::Deep)
            }
        }
        RunMode::Snapshot(_) | RunMode::Rescan(_) => (counters.slices == 0).then_some(Left::Window),
    }
}

#[cfg(test)]
mod tests;
