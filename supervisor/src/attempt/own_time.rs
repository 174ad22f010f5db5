//! An attempt's own time: when it began, by the clock as it was then, and what has passed since. The
//! child goes by the same one, so a clock that is set anew meanwhile makes nothing late and nobody a liar.

use std::time::Instant;

use shared::failure::Failure;
use shared::time::Timestamp;

use crate::clock::SLIGHT;
use crate::outcome::Outcome;

/// The time of one attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnTime {
    began: Timestamp,
    since: Instant,
}

impl OwnTime {
    /// That of an attempt which began then, by the clock and in truth.
    pub(super) const fn new(began: Timestamp, since: Instant) -> Self {
        Self { began, since }
    }

    /// Now.
    pub(super) fn now(self) -> Timestamp {
        self.began.plus(self.since.elapsed())
    }

    /// Puts a time of the future that the child told into the clock's as it is now.
    pub(super) fn tell(self, outcome: &mut Outcome, clock: Timestamp) {
        let own = self.now();
        if let Outcome::Snoozed { until }
        | Outcome::Failed(Failure::Throttled {
            until: Some(until), ..
        }) = outcome
        {
            *until = by_clock(*until, own, clock);
        }
    }
}

/// The moment that is `told` when it is `own`, by a clock by which it is `clock`.
fn by_clock(told: Timestamp, own: Timestamp, clock: Timestamp) -> Timestamp {
    if own.since(clock).max(clock.since(own)) <= SLIGHT {
        return told;
    }
    clock.plus(told.since(own)).minus(own.since(told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_was_told_is_as_far_away_by_another_clock() {
        const DAY: i64 = 86_400_000;
        // (told, own, clock, expected, why)
        let table = [
            (1_500, 1_000, 1_000, 1_500, "the clock was not set"),
            (1_500, 1_000, 61_000, 1_500, "it was put right a little"),
            (DAY + 500, DAY, 0, 500, "it was a day ahead"),
            (500, 0, DAY, DAY + 500, "it was a day behind"),
            (DAY - 500, DAY, 0, -500, "past when the clock was set"),
        ];
        for (told, own, clock, expected, why) in table {
            let time = by_clock(Timestamp(told), Timestamp(own), Timestamp(clock));
            assert_eq!(time, Timestamp(expected), "{why}");
        }
    }

    #[test]
    fn only_what_the_child_told_is_put_right() {
        let own = OwnTime::new(Timestamp(86_400_000), Instant::now());
        let throttled = |until| {
            Outcome::Failed(Failure::Throttled {
                until,
                what: String::new(),
            })
        };
        let far = Timestamp(2 * 86_400_000);
        for (mut outcome, moves) in [
            (Outcome::Snoozed { until: far }, true),
            (throttled(Some(far)), true),
            (throttled(None), false),
            (Outcome::Completed, false),
        ] {
            let before = outcome.clone();
            own.tell(&mut outcome, Timestamp(0));
            assert_eq!(outcome != before, moves, "{before:?}");
        }
    }
}
