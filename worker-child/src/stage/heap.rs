//! Counters of the heap: the allocator keeps them, stage updates copy them into the file.

use std::sync::atomic::{AtomicU64, Ordering};

static LIVE: AtomicU64 = AtomicU64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);

/// Bytes were allocated.
pub fn grew(bytes: usize) {
    let bytes = bytes as u64;
    let live = LIVE.fetch_add(bytes, Ordering::Relaxed).wrapping_add(bytes);
    if live > PEAK.load(Ordering::Relaxed) {
        PEAK.fetch_max(live, Ordering::Relaxed);
    }
}

/// Bytes were freed.
pub fn shrank(bytes: usize) {
    LIVE.fetch_sub(bytes as u64, Ordering::Relaxed);
}

/// Bytes allocated and not freed.
pub fn live() -> u64 {
    LIVE.load(Ordering::Relaxed)
}

/// The most bytes that were live at once.
pub fn peak() -> u64 {
    PEAK.load(Ordering::Relaxed)
}
