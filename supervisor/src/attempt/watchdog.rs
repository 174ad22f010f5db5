//! Is a run silent for too long, or past its deadline? Pure: observations and times go in.
//!
//! Silence is judged per unfinished run by its progress counter in the flight recorder. Its clock
//! stops while the supervisor owes an answer, and while the child said that it waits.
//!
//! All runs share one thread: one inside its poll holds up the others. Theirs is twice the silence then,
//! or a run that waited when another got stuck would be called silent first, and nobody could be named.

use std::time::{Duration, Instant};

use shared::attempt::RunOrder;
use shared::flight::Flight;
use shared::id::RunNo;
use shared::time::Timestamp;

use crate::outcome::KillReason;

/// Watches the runs of one attempt.
#[derive(Debug)]
pub(super) struct Watchdog {
    silence: Duration,
    runs: Vec<Watched>,
}

#[derive(Debug)]
struct Watched {
    run: RunNo,
    progress: u64,
    moved: Instant,
    waiting_until: Option<Instant>,
    deadline: Instant,
    ended: bool,
}

impl Watchdog {
    /// Begins to watch; nothing is silent yet. From here on only the time that passes counts: a clock
    /// that is set anew ends nobody.
    pub(super) fn new(
        orders: &[RunOrder],
        silence: Duration,
        (at, now): (Instant, Timestamp),
    ) -> Self {
        let watch = |order: &RunOrder| Watched {
            run: order.run,
            progress: 0,
            moved: at,
            waiting_until: None,
            deadline: at + order.deadline.since(now),
            ended: false,
        };
        Self {
            silence,
            runs: orders.iter().map(watch).collect(),
        }
    }

    /// The supervisor took this long to answer: nobody was silent meanwhile.
    pub(super) fn owed(&mut self, span: Duration) {
        for run in &mut self.runs {
            run.moved += span;
        }
    }

    /// The run said that it does nothing for so long.
    pub(super) fn waiting(&mut self, run: RunNo, wait: Duration, at: Instant) {
        if let Some(watched) = self.runs.get_mut(run.index()) {
            watched.waiting_until = at.checked_add(wait);
        }
    }

    /// The run ended.
    pub(super) fn ended(&mut self, run: RunNo) {
        if let Some(watched) = self.runs.get_mut(run.index()) {
            watched.ended = true;
        }
    }

    /// Looks at the flight recorder, and says whether a run is to be ended and why.
    pub(super) fn check(&mut self, flight: Option<&Flight>, at: Instant) -> Option<KillReason> {
        if let Some(late) = self
            .runs
            .iter()
            .find(|run| !run.ended && at >= run.deadline)
        {
            return Some(KillReason::Deadline { run: late.run });
        }
        for run in &mut self.runs {
            let progress = flight
                .and_then(|flight| flight.runs.get(run.run.index()))
                .map(|stage| stage.progress);
            let moved = progress.is_some_and(|progress| progress != run.progress);
            let waits = run.waiting_until.is_some_and(|until| at < until);
            if moved || waits {
                run.progress = progress.unwrap_or(run.progress);
                run.moved = at;
            }
        }
        let unfinished = |run: &RunNo| self.runs.get(run.index()).is_some_and(|run| !run.ended);
        let polled = flight.and_then(|flight| flight.polled).filter(unfinished);
        let silent = |run: &&Watched| {
            let held_up = polled.is_some_and(|polled| polled != run.run);
            let limit = self.silence * if held_up { 2 } else { 1 };
            !run.ended && at.saturating_duration_since(run.moved) >= limit
        };
        let culprit = self
            .runs
            .iter()
            .filter(silent)
            .min_by_key(|run| (Some(run.run) != polled, run.moved))?;
        let silent_ms = at.saturating_duration_since(culprit.moved).as_millis();
        Some(KillReason::Hung {
            run: culprit.run,
            silent_ms: u64::try_from(silent_ms).unwrap_or(u64::MAX),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::attempt::{ListingSource, RunMode, SnapshotOrder};
    use shared::flight::{initial, read};
    use shared::worker::Worker;

    const SILENCE: Duration = Duration::from_mins(1);

    fn orders() -> Vec<RunOrder> {
        let order = |run, worker| RunOrder {
            run: RunNo(run),
            worker,
            mode: RunMode::Snapshot(SnapshotOrder {
                last_taken_at: None,
                state: None,
                listings: ListingSource::Report,
            }),
            take_until: Timestamp(0),
            deadline: Timestamp(900_000),
            skip: Vec::new(),
        };
        vec![order(0, Worker::Orders), order(1, Worker::ActiveInventory)]
    }

    fn flight(progress: [u64; 2], polled: Option<u8>) -> Flight {
        let mut flight = read(&initial(&[Worker::Orders, Worker::ActiveInventory])).unwrap();
        flight.polled = polled.map(RunNo);
        for (stage, progress) in flight.runs.iter_mut().zip(progress) {
            stage.progress = progress;
        }
        flight
    }

    fn hung(reason: Option<KillReason>) -> Option<u8> {
        match reason {
            Some(KillReason::Hung { run, .. }) => Some(run.0),
            None => None,
            Some(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_the_run_that_stands_still() {
        let start = Instant::now();
        let mut dog = Watchdog::new(&orders(), SILENCE, (start, Timestamp(0)));
        assert_eq!(
            hung(dog.check(Some(&flight([1, 1], None)), start + SILENCE / 2)),
            None
        );
        assert_eq!(
            hung(dog.check(Some(&flight([2, 1], None)), start + SILENCE)),
            None
        );
        let late = start + SILENCE * 3 / 2;
        assert_eq!(hung(dog.check(Some(&flight([3, 1], None)), late)), Some(1));
        dog.ended(RunNo(1));
        assert_eq!(hung(dog.check(Some(&flight([3, 1], None)), late)), None);
    }

    #[test]
    fn the_polled_run_is_the_culprit_when_all_stand_still() {
        let start = Instant::now();
        let mut dog = Watchdog::new(&orders(), SILENCE, (start, Timestamp(0)));
        let stuck = flight([0, 0], Some(1));
        assert_eq!(hung(dog.check(Some(&stuck), start + SILENCE)), Some(1));
    }

    #[test]
    fn who_waited_before_another_got_stuck_is_not_called_silent_first() {
        let start = Instant::now();
        let now = Timestamp(0);
        let later = |part: u32| start + SILENCE * part / 4;
        let mut dog = Watchdog::new(&orders(), SILENCE, (start, now));
        // The second one works until then, and stays in its poll.
        assert_eq!(dog.check(Some(&flight([0, 5], Some(1))), later(2)), None);
        let stuck = flight([0, 5], Some(1));
        assert_eq!(dog.check(Some(&stuck), later(5)), None, "held up");
        assert_eq!(hung(dog.check(Some(&stuck), later(6))), Some(1));
        // The first one is silent in any case when it stands still beside one that works on.
        let mut dog = Watchdog::new(&orders(), SILENCE, (start, now));
        for part in 1..8 {
            let busy = flight([0, u64::from(part)], Some(1));
            assert_eq!(dog.check(Some(&busy), later(part)), None, "{part}");
        }
        let busy = flight([0, 8], Some(1));
        assert_eq!(hung(dog.check(Some(&busy), later(8))), Some(0));
        // The mark of a run that has ended holds nobody up.
        let mut dog = Watchdog::new(&orders(), SILENCE, (start, now));
        dog.ended(RunNo(1));
        let still = flight([0, 0], Some(1));
        assert_eq!(hung(dog.check(Some(&still), later(4))), Some(0));
    }

    #[test]
    fn the_clock_stops_while_we_owe_and_while_it_waits() {
        let start = Instant::now();
        let mut dog = Watchdog::new(&orders(), SILENCE, (start, Timestamp(0)));
        let still = flight([0, 0], None);
        dog.owed(SILENCE);
        assert_eq!(hung(dog.check(Some(&still), start + SILENCE)), None);
        dog.waiting(RunNo(0), SILENCE * 3, start);
        dog.ended(RunNo(1));
        assert_eq!(hung(dog.check(Some(&still), start + SILENCE * 2)), None);
        assert_eq!(hung(dog.check(Some(&still), start + SILENCE * 4)), Some(0));
    }

    #[test]
    fn deadlines_pass() {
        let start = Instant::now();
        let mut dog = Watchdog::new(&orders(), SILENCE, (start, Timestamp(0)));
        dog.ended(RunNo(0));
        let deadline = start + Duration::from_mins(15);
        assert_eq!(dog.check(None, start), None);
        let reason = dog.check(None, deadline);
        assert_eq!(reason, Some(KillReason::Deadline { run: RunNo(1) }));
    }
}
