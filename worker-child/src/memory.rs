//! The global allocator: the system's, with counters, and with evidence in the flight recorder
//! when it gets nothing.
//!
//! It returns null then, as the system's does: `try_reserve` may survive it, and what does not is
//! an abort that the evidence explains.
#![expect(unsafe_code, reason = "a global allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};

use crate::limits;
use crate::stage::{self, heap};

#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// The system's allocator, counted.
struct Counted;

fn note(address: *mut u8, size: usize) -> *mut u8 {
    if address.is_null() {
        stage::allocation_failed(size as u64, limits::data());
    } else {
        heap::grew(size);
    }
    address
}

// SAFETY: every call goes to `System` with the caller's own arguments, whose contract is the
// same; the counters are atomics and allocate nothing.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`.
        note(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        note(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(address, layout) };
        heap::shrank(layout.size());
    }

    unsafe fn realloc(&self, address: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `realloc`.
        let moved = unsafe { System.realloc(address, layout, new_size) };
        let old_size = layout.size();
        if moved.is_null() {
            stage::allocation_failed(new_size as u64, limits::data());
        } else if new_size > old_size {
            heap::grew(new_size - old_size);
        } else {
            heap::shrank(old_size - new_size);
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use crate::stage::heap;

    #[test]
    fn live_and_peak_follow_the_heap() {
        const SIZE: usize = 64 << 20;
        let block = vec![1_u8; SIZE];
        assert!(heap::live() >= block.len() as u64);
        assert!(heap::peak() >= SIZE as u64);
        drop(block);
        // Other tests allocate at the same time, but not nearly as much.
        assert!(heap::live() < SIZE as u64);
    }
}
