//! What attempts on trial may take of the slots: pure.
//!
//! A worker that died of itself is likely to do so again, and a hang holds its slot for long. So those
//! attempts get what the others can spare: a start that is expected to be over before anyone else is
//! due costs nobody anything. Beyond that they owe what they take: slot time that they hold, or keep
//! empty for want of memory, while others wait. It is paid back with a [`SHARE`]th of all slot time in
//! which others wait, and with a [`SHARE`]th of that in which nobody does, so that nothing is owed for
//! ever. One that owes nothing may start whoever waits: nobody starves.

use std::time::Duration;

use shared::time::Timestamp;

/// Those on trial may take a part of this size of the slot time for which others wait.
const SHARE: usize = 20;
/// No more time than this is owed between two looks: what a clock says that jumped is no time.
const LOOK: Duration = Duration::from_mins(1);

/// What is true until the next look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene {
    /// When it was looked at.
    pub at: Timestamp,
    /// Slots that attempts on trial hold or keep empty.
    pub held: usize,
    /// Somebody else waits for a slot.
    pub others_wait: bool,
}

/// What is known of the others when an attempt on trial could start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Others {
    /// Somebody waits for a slot.
    pub wait: bool,
    /// When the next falls due.
    pub next: Option<Timestamp>,
}

/// What attempts on trial owe to the others.
#[derive(Debug, Default)]
pub(super) struct Trials {
    /// Slot time, of which a millisecond counts as the square of [`SHARE`].
    owed: u64,
    seen: Option<Scene>,
}

impl Trials {
    /// Takes note that things were as they were seen until now, with so many slots.
    pub(super) fn pass(&mut self, now: Timestamp, slots: usize) {
        let Some(Scene {
            at,
            held,
            others_wait,
        }) = self.seen.take()
        else {
            return;
        };
        let slot_time = |slots: usize, time: Duration| {
            let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            time.saturating_mul(slots as u64)
        };
        let time = now.since(at);
        let (held, paid) = (slot_time(held, time.min(LOOK)), slot_time(slots, time));
        let share = SHARE as u64;
        self.owed = if others_wait {
            self.owed
                .saturating_add(held.saturating_mul(share * share))
                .saturating_sub(paid.saturating_mul(share))
        } else {
            self.owed.saturating_sub(paid)
        };
    }

    /// Takes note of how things are now.
    pub(super) const fn see(&mut self, scene: Scene) {
        self.seen = Some(scene);
    }

    /// Whether one may start beside `running` others, whoever waits.
    pub(super) const fn have_a_turn(&self, running: usize, slots: usize) -> bool {
        let share = slots.div_ceil(SHARE);
        self.owed == 0 && running < share
    }

    /// Whether one may start that is expected to be over at `ends`.
    pub(super) fn admit(
        &self,
        running: usize,
        slots: usize,
        ends: Timestamp,
        others: Others,
    ) -> bool {
        let fits = !others.wait && others.next.is_none_or(|next| ends <= next);
        running < most(slots) && (fits || self.have_a_turn(running, slots))
    }
}

/// How many may be on trial at once: half of all, so that whoever is due unforeseen finds a slot.
pub(super) const fn most(slots: usize) -> usize {
    let half = slots / 2;
    if half == 0 { 1 } else { half }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOTS: usize = 5;

    /// So long with so many slots held.
    fn passed(
        trials: &mut Trials,
        began: i64,
        seconds: i64,
        held: usize,
        others_wait: bool,
    ) -> i64 {
        let at = |seconds: i64| Timestamp(seconds * 1_000);
        let until = began + seconds;
        for second in began..until {
            trials.see(Scene {
                at: at(second),
                held,
                others_wait,
            });
            trials.pass(at(second + 1), SLOTS);
        }
        until
    }

    fn until_free(trials: &mut Trials, began: i64, others_wait: bool) -> i64 {
        let mut now = began;
        while !trials.have_a_turn(0, SLOTS) {
            now = passed(trials, now, 1, 0, others_wait);
        }
        now - began
    }

    #[test]
    fn a_twentieth_of_the_time_for_which_others_wait() {
        let mut trials = Trials::default();
        let now = passed(&mut trials, 0, 60, 1, true);
        assert!(!trials.have_a_turn(0, SLOTS));
        // It held one of five slots for 60 s: a twentieth of five slots in 240 s.
        assert_eq!(until_free(&mut trials, now, true), 180);
        let now = passed(&mut trials, 300, 60, 1, false);
        assert!(trials.have_a_turn(0, SLOTS), "nobody waited");
        let now = passed(&mut trials, now, 60, 1, true);
        assert_eq!(until_free(&mut trials, now, false), 180 * 20, "for ever");
    }

    #[test]
    fn a_clock_that_jumps_is_owed_no_more_than_a_minute() {
        let owes = |times: [i64; 2]| {
            let mut trials = Trials::default();
            trials.see(Scene {
                at: Timestamp(times[0]),
                held: 3,
                others_wait: true,
            });
            trials.pass(Timestamp(times[1]), SLOTS);
            until_free(&mut trials, times[1] / 1_000, true)
        };
        assert_eq!(owes([0, 30_000]), 3 * 30 * 4 - 30);
        assert_eq!(owes([0, 9_000_000]), 0, "paid long ago");
        assert_eq!(owes([9_000_000, 0]), 0, "no time at all");
    }

    #[test]
    fn who_may_start() {
        let (free, mut owing) = (Trials::default(), Trials::default());
        passed(&mut owing, 0, 60, 1, true);
        let others = |wait, next: Option<i64>| Others {
            wait,
            next: next.map(Timestamp),
        };
        let cases = [
            (&free, 0, others(true, None), true, "it owes nothing"),
            (&free, 1, others(true, None), false, "one at a time then"),
            (&owing, 0, others(true, None), false, "it owes"),
            (&owing, 1, others(false, None), true, "nobody is ever due"),
            (&owing, 1, others(false, Some(50)), true, "over by then"),
            (&owing, 1, others(false, Some(49)), false, "not over then"),
            (&free, 2, others(false, None), false, "half of the slots"),
        ];
        for (trials, running, others, expected, why) in cases {
            let found = trials.admit(running, SLOTS, Timestamp(50), others);
            assert_eq!(found, expected, "{why}");
        }
        assert!(free.admit(0, 1, Timestamp(50), others(true, None)));
        assert_eq!([1, 2, 3, 5, 40].map(most), [1, 1, 1, 2, 20]);
    }
}
