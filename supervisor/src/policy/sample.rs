//! Facts about an end with nothing special to them, for the tests.

use std::time::Duration;

use shared::time::Timestamp;

use super::{Facts, Mode};
use crate::outcome::MemorySlot;

/// When it ended.
pub(super) const NOW: Timestamp = Timestamp(1_000_000_000);

pub(super) fn facts() -> Facts<'static> {
    Facts {
        now: NOW,
        due_was: NOW,
        interval: Duration::from_mins(5),
        suspect: false,
        hello: true,
        ours: false,
        slot: MemorySlot::Normal,
        big_is_larger: true,
        small: false,
        mode: Mode::Window,
        backlog: false,
        configured_step: Duration::from_hours(24),
        at: None,
        skips: &[],
        retried: &[],
    }
}
