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
mod tests {
    use super::*;
    use shared::attempt::{ListingSource, RescanOrder, SnapshotOrder};
    use shared::window::{DeepOrder, WindowOrder};
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

    fn counters(slices: u64, cursor: Option<i64>) -> RunCounters {
        RunCounters {
            slices,
            cursor: cursor.map(Timestamp),
            ..RunCounters::default()
        }
    }

    /// A window from `cursor` to 10 and a deep pass from 0 to `deep`.
    fn with_deep(cursor: i64, deep: i64) -> WindowOrder {
        WindowOrder {
            cursor: Timestamp(cursor),
            until: Timestamp(10),
            step_ms: 1,
            overlap_ms: 0,
            deep: Some(DeepOrder {
                from: Timestamp(0),
                until: Timestamp(deep),
            }),
        }
    }

    #[test]
    fn what_time_cut_short_is_backlog() {
        let window = order(RunMode::Window(with_deep(0, 7)));
        let snapshot = order(RunMode::Snapshot(SnapshotOrder {
            last_taken_at: None,
            state: None,
            listings: ListingSource::Report,
        }));
        let rescan = order(RunMode::Rescan(RescanOrder {
            from: Timestamp(5),
            open_from: Timestamp(0),
            until: Timestamp(10),
        }));
        let deep = |deep| RunCounters {
            deep: Some(Timestamp(deep)),
            ..counters(2, Some(10))
        };
        let cases = [
            (&window, counters(0, None), true, "nothing"),
            (&window, counters(1, Some(9)), true, "a part of the window"),
            (&window, counters(1, Some(10)), true, "the window only"),
            (&window, deep(6), true, "a part of the deep pass"),
            (&window, deep(7), false, "both"),
            (
                &snapshot,
                counters(0, None),
                false,
                "a report that is not ready",
            ),
            (
                &rescan,
                counters(0, None),
                true,
                "a rescan that was not finished",
            ),
            (&rescan, counters(1, Some(10)), false, "a rescan"),
        ];
        for (order, counters, expected, why) in cases {
            assert_eq!(has_backlog(order, &counters), expected, "{why}");
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
            deep: None,
            ..with_deep(0, 0)
        }));
        let snapshot = order(RunMode::Snapshot(SnapshotOrder {
            last_taken_at: None,
            state: None,
            listings: ListingSource::Report,
        }));
        let rescan = order(RunMode::Rescan(RescanOrder {
            from: Timestamp(0),
            open_from: Timestamp(0),
            until: Timestamp(10),
        }));
        let deep = order(RunMode::Window(with_deep(0, 7)));
        let over = order(RunMode::Window(with_deep(10, 0)));
        let at = |cursor, deep| RunCounters {
            deep: Some(Timestamp(deep)),
            ..counters(2, cursor)
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
            (
                &rescan,
                counters(1, Some(10)),
                5,
                true,
                "a rescan committed",
            ),
            (
                &rescan,
                counters(0, None),
                999,
                false,
                "no rescan, time left",
            ),
            (
                &rescan,
                counters(0, None),
                1000,
                true,
                "no rescan, time over",
            ),
            (
                &deep,
                counters(1, Some(10)),
                999,
                false,
                "no deep pass, time left",
            ),
            (
                &deep,
                counters(1, Some(10)),
                1000,
                true,
                "no deep pass, time over",
            ),
            (
                &deep,
                at(Some(10), 6),
                999,
                false,
                "a part of it, time left",
            ),
            (&deep, at(Some(10), 7), 5, true, "all of it"),
            (
                &deep,
                at(Some(9), 7),
                5,
                false,
                "all of it but not the window",
            ),
            (
                &over,
                counters(0, None),
                5,
                true,
                "nothing was left of either",
            ),
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
        assert!(!said.all());
        let what = String::new();
        said.end(RunNo(1), Outcome::Failed(Failure::Unauthorized { what }));
        assert!(said.all());
        assert_eq!(said.unauthorized().collect::<Vec<_>>(), [RunNo(1)]);
        assert_eq!(said.into_ends()[0], Some(Outcome::Completed));
    }
}
