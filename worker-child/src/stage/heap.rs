//! Counters of the heap: the allocator keeps them, stage updates copy them into the file.
//!
//! A thread settles its own small changes only now and then, since a shared counter costs more than
//! the allocation itself: the figures are off by less than [`BATCH`] bytes for each thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// What a thread may hold back, in bytes.
pub const BATCH: i64 = 16 * 1024;

static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);

thread_local! {
    // Neither allocates nor needs to be dropped: it may be used from the allocator.
    static HELD_BACK: Cell<i64> = const { Cell::new(0) };
}

/// Bytes were allocated.
pub fn grew(bytes: usize) {
    change(i64::try_from(bytes).unwrap_or(i64::MAX));
}

/// Bytes were freed.
pub fn shrank(bytes: usize) {
    change(-i64::try_from(bytes).unwrap_or(i64::MAX));
}

fn change(bytes: i64) {
    let due = HELD_BACK.try_with(|held_back| {
        let sum = held_back.get() + bytes;
        let due = if sum.abs() < BATCH { 0 } else { sum };
        held_back.set(sum - due);
        due
    });
    // A thread that is ending settles at once.
    let due = due.unwrap_or(bytes);
    if due == 0 {
        return;
    }
    let live = LIVE.fetch_add(due, Ordering::Relaxed) + due;
    // Below nothing: another thread has not yet settled what this one freed.
    let live = u64::try_from(live).unwrap_or(0);
    if live > PEAK.load(Ordering::Relaxed) {
        PEAK.fetch_max(live, Ordering::Relaxed);
    }
}

/// Bytes allocated and not freed.
pub fn live() -> u64 {
    u64::try_from(LIVE.load(Ordering::Relaxed)).unwrap_or(0)
}

/// The most bytes that were live at once.
pub fn peak() -> u64 {
    PEAK.load(Ordering::Relaxed)
}
