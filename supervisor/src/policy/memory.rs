//! What a memory death costs: the first is free and earns a try in the big slot.

use crate::outcome::{MemorySlot, PolicyState};

/// How many small runs in a row end the big slot.
pub(super) const SMALL_RUNS: u32 = 3;

/// Takes note of a memory death. Whether the next attempt is the free one in the big slot;
/// otherwise the death is charged.
pub(super) fn died(state: &mut PolicyState, slot: MemorySlot, big_is_larger: bool) -> bool {
    state.small_runs = 0;
    match slot {
        MemorySlot::Big => {
            state.big_slot = true;
            state.solitary = true;
            false
        }
        MemorySlot::Normal if big_is_larger => {
            let free = !state.memory_retry_used;
            state.big_slot = true;
            state.memory_retry_used = true;
            free
        }
        MemorySlot::Normal => {
            // Nothing is gained by the big slot; the configuration may have changed since.
            state.big_slot = false;
            false
        }
    }
}

/// Whether these peaks, in bytes, are below three quarters of the ordinary limit. One that is not
/// known may have been anything.
pub fn fits_ordinary(resident: Option<u64>, heap: Option<u64>, limit: u64) -> bool {
    let enough = limit / 4 * 3;
    resident.is_some_and(|peak| peak < enough) && heap.is_some_and(|peak| peak < enough)
}

/// Takes note of a completed run. The big slot stays once it was needed, until [`SMALL_RUNS`] runs in
/// a row were `small`; the ordinary one then has its free death again.
pub(super) fn completed(state: &mut PolicyState, slot: MemorySlot, small: bool) {
    if slot == MemorySlot::Normal {
        state.memory_retry_used = false;
    }
    state.small_runs = if state.big_slot && small {
        state.small_runs.saturating_add(1)
    } else {
        0
    };
    if state.small_runs >= SMALL_RUNS {
        state.small_runs = 0;
        state.big_slot = false;
        state.memory_retry_used = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_deaths() {
        use MemorySlot::{Big, Normal};
        // (retry used, slot, big is larger) -> (free, big slot next, solitary)
        let cases = [
            (
                false,
                Normal,
                true,
                (true, true, false),
                "the first is free",
            ),
            (
                false,
                Normal,
                false,
                (false, false, false),
                "no larger slot",
            ),
            (true, Normal, true, (false, true, false), "only one is free"),
            (true, Big, true, (false, true, true), "in the big slot"),
            (
                false,
                Big,
                false,
                (false, true, true),
                "in the big slot, however it came there",
            ),
        ];
        for (used, slot, larger, expected, why) in cases {
            let mut state = PolicyState {
                memory_retry_used: used,
                ..PolicyState::default()
            };
            let free = died(&mut state, slot, larger);
            assert_eq!((free, state.big_slot, state.solitary), expected, "{why}");
        }
    }

    #[test]
    fn success_in_the_ordinary_slot_earns_a_free_death_again() {
        let mut state = PolicyState {
            memory_retry_used: true,
            big_slot: true,
            ..PolicyState::default()
        };
        completed(&mut state, MemorySlot::Big, false);
        assert!(state.memory_retry_used && state.big_slot);
        completed(&mut state, MemorySlot::Normal, false);
        assert!(!state.memory_retry_used);
    }

    #[test]
    fn three_small_runs_in_a_row_end_the_big_slot() {
        let mut state = PolicyState {
            memory_retry_used: true,
            big_slot: true,
            ..PolicyState::default()
        };
        let mut story = Vec::new();
        for small in [true, true, false, true, true, true] {
            completed(&mut state, MemorySlot::Big, small);
            story.push(state.big_slot);
        }
        assert_eq!(story, [true, true, true, true, true, false]);
        assert!(!state.memory_retry_used, "the next death is free again");
        assert_eq!(state.small_runs, 0);
    }

    #[test]
    fn what_fits_an_ordinary_slot() {
        let cases = [
            (Some(74), Some(74), true, "below three quarters"),
            (Some(75), Some(10), false, "resident"),
            (Some(10), Some(75), false, "heap"),
            (None, Some(10), false, "not known"),
            (Some(10), None, false, "not known"),
        ];
        for (resident, heap, expected, why) in cases {
            assert_eq!(fits_ordinary(resident, heap, 100), expected, "{why}");
        }
    }
}
