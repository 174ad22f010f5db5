//! Whether an attempt may start beside those that run, within the number of accounts and the
//! memory budget: pure.

use crate::outcome::MemorySlot;

/// What is in use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InUse {
    /// Attempts that run.
    pub attempts: usize,
    /// Sum of their memory limits, in bytes.
    pub memory: u64,
    /// Whether one of them has the big slot.
    pub big: bool,
    /// How many of them are on trial.
    pub trials: usize,
}

/// What there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Attempts at once.
    pub attempts: usize,
    /// Sum of memory limits, in bytes.
    pub memory: u64,
}

/// Those on trial may take one slot of so many.
const TRIALS: usize = 5;

impl Room {
    /// How many attempts may be on trial at once: each may hold its slot for as long as a hang does, and
    /// the others have the rest.
    pub const fn trials(self) -> usize {
        let part = self.attempts / TRIALS;
        if part == 0 { 1 } else { part }
    }

    /// Whether an attempt with this memory limit, in bytes, may start now.
    ///
    /// One attempt may always start when nothing runs, so that a budget below a single limit slows
    /// the work and does not stop it.
    pub fn admits(self, in_use: InUse, slot: MemorySlot, memory: u64) -> bool {
        if in_use.attempts == 0 {
            return true;
        }
        let one_big = slot == MemorySlot::Normal || !in_use.big;
        let free = self.memory.saturating_sub(in_use.memory);
        in_use.attempts < self.attempts && one_big && memory <= free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_of_the_slots_is_for_those_on_trial() {
        for (attempts, expected) in [(1, 1), (2, 1), (5, 1), (9, 1), (10, 2), (40, 8)] {
            let memory = 1;
            assert_eq!(Room { attempts, memory }.trials(), expected);
        }
    }

    #[test]
    fn table() {
        use MemorySlot::{Big, Normal};
        let busy = |attempts, memory, big| InUse {
            attempts,
            memory,
            big,
            trials: 0,
        };
        let room = Room {
            attempts: 3,
            memory: 100,
        };
        let cases = [
            (busy(0, 0, false), Normal, 100, true, "an empty house"),
            (busy(0, 0, false), Normal, 200, true, "one, over the budget"),
            (busy(1, 10, false), Normal, 200, false, "not beside another"),
            (busy(2, 60, false), Normal, 40, true, "the last of both"),
            (busy(2, 60, false), Normal, 41, false, "a byte too much"),
            (busy(3, 30, false), Normal, 10, false, "three at once"),
            (busy(1, 30, false), Big, 70, true, "a big one that fits"),
            (busy(1, 30, true), Big, 10, false, "one big slot at a time"),
            (busy(1, 30, true), Normal, 10, true, "beside the big slot"),
        ];
        for (in_use, slot, memory, expected, why) in cases {
            assert_eq!(room.admits(in_use, slot, memory), expected, "{why}");
        }
    }
}
