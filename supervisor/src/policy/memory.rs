//! What a memory death costs: the first is free and earns a try in the big slot.

use crate::outcome::{MemorySlot, PolicyState};

/// Takes note of a memory death. Whether the next attempt is the free one in the big slot;
/// otherwise the death is charged.
pub(super) fn died(state: &mut PolicyState, slot: MemorySlot, big_is_larger: bool) -> bool {
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

/// Takes note of a completed run. The big slot stays once it was needed.
pub(super) fn completed(state: &mut PolicyState, slot: MemorySlot) {
    if slot == MemorySlot::Normal {
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
        completed(&mut state, MemorySlot::Big);
        assert!(state.memory_retry_used && state.big_slot);
        completed(&mut state, MemorySlot::Normal);
        assert!(!state.memory_retry_used);
    }
}
