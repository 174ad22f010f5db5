//! Room for recordings: the running attempts share so many bytes of disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Less than this is not worth recording, in bytes.
const LEAST: u64 = 64 * 1024;

/// The bytes that are left. Clones share them.
#[derive(Debug, Clone)]
pub struct RecordingRoom {
    left: Arc<AtomicU64>,
}

/// The bytes of one attempt; they are given back when it is dropped.
#[derive(Debug)]
pub(super) struct Part {
    room: RecordingRoom,
    bytes: u64,
}

impl RecordingRoom {
    /// Room for this many bytes.
    pub fn new(total: u64) -> Self {
        Self {
            left: Arc::new(AtomicU64::new(total)),
        }
    }

    /// At most `cap` bytes: an attempt that finds less records less, or nothing.
    pub(super) fn take(&self, cap: u64) -> Part {
        let part = |left: u64| Some(left.min(cap)).filter(|bytes| *bytes >= LEAST);
        let take = |left: u64| part(left).map(|bytes| left - bytes);
        let before = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        Part {
            bytes: before.ok().and_then(part).unwrap_or(0),
            room: self.clone(),
        }
    }
}

impl Part {
    /// How many bytes.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.room.left.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_never_exceed_the_whole() {
        const MIB: u64 = 1 << 20;
        let room = RecordingRoom::new(5 * MIB / 2);
        let first = room.take(MIB);
        let second = room.take(MIB);
        let third = room.take(MIB);
        assert_eq!(
            [first.bytes(), second.bytes(), third.bytes()],
            [MIB, MIB, MIB / 2]
        );
        assert_eq!(room.take(MIB).bytes(), 0, "nothing is left");
        drop(second);
        assert_eq!(room.take(LEAST - 1).bytes(), 0, "not worth it");
        assert_eq!(room.take(MIB).bytes(), MIB, "given back");
        assert_eq!(room.take(0).bytes(), 0);
    }
}
