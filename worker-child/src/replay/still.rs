//! Does the replay stand still, and what does that mean? Pure: observations and times go in.
//!
//! Outside a poll only the recording moves a replay, so that there a moment is as good as an hour:
//! at its end the recorded process stood still, too. Inside a poll the silence of then is waited for.

use std::time::{Duration, Instant};

use shared::death::KillReason;
use shared::flight::{Flight, RunStage};
use shared::id::RunNo;
use shared::time::Timestamp;

/// How long nothing may happen outside a poll: enough for a busy machine.
const MOMENT: Duration = Duration::from_secs(2);

/// What a run of the replay is about, seen from outside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Watched {
    /// Whether it has ended by its own word.
    pub(super) ended: bool,
    /// Until when it said that it waits.
    pub(super) waiting: Option<Timestamp>,
    /// When something last happened to it in the recording.
    pub(super) last: Option<Timestamp>,
}

/// What it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Still {
    /// The recorded process stood still here, too.
    Hung(KillReason),
    /// The recording goes on, and nobody takes what comes next.
    Stuck,
}

/// Watches a replay.
#[derive(Debug)]
pub(super) struct Watch {
    silence: Duration,
    /// Entries of the recording.
    entries: u64,
    seen: Option<(u64, Vec<RunStage>)>,
    moved: Instant,
}

impl Watch {
    /// Begins to watch.
    pub(super) fn new(silence: Duration, entries: u64, at: Instant) -> Self {
        Self {
            silence,
            entries,
            seen: None,
            moved: at,
        }
    }

    /// Looks at the flight recorder and at what the runs said.
    pub(super) fn check(
        &mut self,
        flight: &Flight,
        runs: &[Watched],
        at: Instant,
    ) -> Option<Still> {
        let now = (flight.replayed, flight.runs.clone());
        if self.seen.as_ref() != Some(&now) {
            self.seen = Some(now);
            self.moved = at;
        }
        let still = at.saturating_duration_since(self.moved);
        let limit = match flight.polled {
            Some(_) => self.silence,
            None => self.silence.min(MOMENT),
        };
        if still < limit || runs.iter().all(|run| run.ended) {
            return None;
        }
        if flight.polled.is_none() && flight.replayed < self.entries {
            return Some(Still::Stuck);
        }
        let run = silent(runs, flight.polled)?;
        let silent_ms = u64::try_from(still.as_millis()).unwrap_or(u64::MAX);
        Some(Still::Hung(KillReason::Hung { run, silent_ms }))
    }
}

/// The run that the supervisor ended the process for: the one that is being polled, or the one that
/// had been silent for longest and had not said that it waits.
fn silent(runs: &[Watched], polled: Option<RunNo>) -> Option<RunNo> {
    let waits = |run: &Watched| run.waiting.is_some_and(|until| run.last < Some(until));
    let order =
        |(run, watched): &(RunNo, &Watched)| (Some(*run) != polled, waits(watched), watched.last);
    let unfinished = (0..).map(RunNo).zip(runs).filter(|(_, run)| !run.ended);
    unfinished.min_by_key(order).map(|(run, _)| run)
}

#[cfg(test)]
mod tests {
    use shared::flight::{initial, read};
    use shared::worker::Worker;

    use super::*;

    const SILENCE: Duration = Duration::from_mins(1);

    fn flight(replayed: u64, polled: Option<u8>) -> Flight {
        let mut flight = read(&initial(&[Worker::Orders, Worker::Offers])).unwrap();
        flight.replayed = replayed;
        flight.polled = polled.map(RunNo);
        flight
    }

    fn run(last: i64) -> Watched {
        Watched {
            ended: false,
            waiting: None,
            last: Some(Timestamp(last)),
        }
    }

    fn hung(still: Option<Still>) -> Option<u8> {
        let still = still?;
        let Still::Hung(KillReason::Hung { run, .. }) = still else {
            panic!("{still:?}");
        };
        Some(run.0)
    }

    #[test]
    fn outside_a_poll_a_moment_is_enough() {
        let start = Instant::now();
        let mut watch = Watch::new(SILENCE, 5, start);
        let runs = [run(20), run(10)];
        assert_eq!(watch.check(&flight(4, None), &runs, start), None);
        let later = start + MOMENT;
        assert_eq!(
            watch.check(&flight(5, None), &runs, later),
            None,
            "it moved"
        );
        let end = later + MOMENT;
        let before = later + MOMENT / 2;
        assert_eq!(watch.check(&flight(5, None), &runs, before), None);
        assert_eq!(hung(watch.check(&flight(5, None), &runs, end)), Some(1));
    }

    #[test]
    fn what_nobody_takes_is_no_hang() {
        let start = Instant::now();
        let mut watch = Watch::new(SILENCE, 5, start);
        let runs = [run(20), run(10)];
        watch.check(&flight(4, None), &runs, start);
        let still = watch.check(&flight(4, None), &runs, start + MOMENT);
        assert_eq!(still, Some(Still::Stuck));
    }

    #[test]
    fn inside_a_poll_the_silence_is_waited_for() {
        let start = Instant::now();
        let mut watch = Watch::new(SILENCE, 9, start);
        let runs = [run(20), run(10)];
        let stuck = flight(4, Some(0));
        assert_eq!(watch.check(&stuck, &runs, start), None);
        assert_eq!(watch.check(&stuck, &runs, start + MOMENT * 2), None);
        assert_eq!(hung(watch.check(&stuck, &runs, start + SILENCE)), Some(0));
    }

    #[test]
    fn who_ended_or_waits_is_not_silent() {
        let waiting = Watched {
            waiting: Some(Timestamp(30)),
            ..run(5)
        };
        let woken = Watched {
            waiting: Some(Timestamp(5)),
            ..run(5)
        };
        let ended = Watched {
            ended: true,
            ..run(1)
        };
        let cases: [(&[Watched], Option<u8>); 5] = [
            (&[run(9), run(7)], Some(1)),
            (&[run(9), waiting], Some(0)),
            (&[run(9), woken], Some(1)),
            (&[run(9), ended], Some(0)),
            (&[ended], None),
        ];
        for (runs, expected) in cases {
            assert_eq!(silent(runs, None).map(|run| run.0), expected, "{runs:?}");
        }
    }
}
