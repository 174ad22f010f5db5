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

    /// The ends that are known.
    pub(super) fn ends(&self) -> impl Iterator<Item = &Outcome> {
        self.ends.iter().flatten()
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
/// A snapshot that is done has committed its checkpoint. A window that is done is covered, or the
/// time after which no slice may begin has passed.
pub(super) fn done_fault(
    order: &RunOrder,
    counters: &RunCounters,
    now: Timestamp,
) -> Option<Failure> {
    let fault = match &order.mode {
        RunMode::Snapshot(_) if counters.slices == 0 => {
            "RunDone of a snapshot without a checkpoint"
        }
        RunMode::Window(window)
            if counters.cursor.unwrap_or(window.cursor) < window.until
                && now < order.take_until =>
        {
            "RunDone before the window is covered, with time left"
        }
        RunMode::Rescan(_) if counters.slices == 0 && now < order.take_until => {
            "RunDone of a rescan without a checkpoint, with time left"
        }
        RunMode::Snapshot(_) | RunMode::Window(_) | RunMode::Rescan(_) => return None,
    };
    Some(Failure::Bug {
        what: fault.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::attempt::{ListingSource, SnapshotOrder};
    use shared::window::WindowOrder;
    use shared::worker::Worker;

    fn order(mode: RunMode) -> RunOrder {
        RunOrder {
            run: RunNo(0),
            worker: Worker::Orders,
            mode,
            take_until: Timestamp(1000),
            deadline: Timestamp(2000),
        }
    }

    #[test]
    fn the_first_end_counts_and_an_echo_adds_the_place() {
        let failure = |what: &str, request: &str| {
            Outcome::Failed(Failure::BadData {
                what: what.to_owned(),
                place: Place {
                    request: request.to_owned(),
                    ..Place::default()
                },
            })
        };
        let refusal = failure("twice", "");
        let cases = [
            (failure("twice", "GET /report"), true, "an echo"),
            (failure("other", "GET /report"), false, "another failure"),
            (Outcome::Completed, false, "no failure"),
        ];
        for (later, counts, why) in cases {
            let mut said = Said::new(1);
            said.end(RunNo(0), refusal.clone());
            said.end(RunNo(0), later.clone());
            let expected = if counts { later } else { refusal.clone() };
            assert_eq!(said.into_ends(), [Some(expected)], "{why}");
        }
    }

    #[test]
    fn done_is_checked() {
        let window = order(RunMode::Window(WindowOrder {
            cursor: Timestamp(0),
            until: Timestamp(10),
            step_ms: 1,
            overlap_ms: 0,
            deep: None,
        }));
        let snapshot = order(RunMode::Snapshot(SnapshotOrder {
            last_taken_at: None,
            state: None,
            listings: ListingSource::Report,
        }));
        let counters = |slices, cursor: Option<i64>| RunCounters {
            slices,
            cursor: cursor.map(Timestamp),
            ..RunCounters::default()
        };
        let cases = [
            (&window, counters(1, Some(10)), 5, true, "covered"),
            (
                &window,
                counters(0, None),
                5,
                false,
                "nothing covered, time left",
            ),
            (
                &window,
                counters(1, Some(9)),
                999,
                false,
                "a part covered, time left",
            ),
            (
                &window,
                counters(1, Some(9)),
                1000,
                true,
                "a part covered, time over",
            ),
            (
                &snapshot,
                counters(1, Some(5)),
                5,
                true,
                "a snapshot committed",
            ),
            (&snapshot, counters(0, None), 5000, false, "no snapshot"),
        ];
        for (order, counters, now, good, why) in cases {
            assert_eq!(
                done_fault(order, &counters, Timestamp(now)).is_none(),
                good,
                "{why}"
            );
        }
    }

    #[test]
    fn the_first_end_counts() {
        let mut said = Said::new(2);
        said.end(RunNo(0), Outcome::Completed);
        said.end(RunNo(0), Outcome::Interrupted);
        assert_eq!(said.ends().collect::<Vec<_>>(), [&Outcome::Completed]);
        assert!(!said.all());
        said.end(RunNo(1), Outcome::Completed);
        assert!(said.all());
    }
}
