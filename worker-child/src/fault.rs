//! The last words of a process that the processor stopped: signal, address, run and stack go into
//! the flight recorder, then the signal ends the process as if nobody had looked.
//!
//! *Invariant:* the handler does nothing but read thread-local and atomic words, store atomic ones
//! and raise its signal again, all of which a handler may do (`signal-safety(7)`).
//!
//! It replaces the handler by which Rust prints that a stack overflowed: an overflow then ends in
//! SIGSEGV with an address just below the stack. The alternate signal stacks are Rust's: its
//! runtime gives one to `main` and to every thread, and the guard page below each stack is the
//! kernel's or the C library's.
#![expect(
    unsafe_code,
    reason = "a signal handler and the bounds of a stack cannot be had without"
)]

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr;

use nix::errno::Errno;
use nix::libc::{self, c_int, c_void, siginfo_t};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};

use crate::stage;

/// Signals that the processor's complaint becomes, and SIGSYS, by which the kernel ends a process
/// that calls what it may not.
const FAULTS: [Signal; 5] = [
    Signal::SIGSEGV,
    Signal::SIGBUS,
    Signal::SIGILL,
    Signal::SIGFPE,
    Signal::SIGSYS,
];

thread_local! {
    // Neither allocates nor needs to be dropped: it may be read in a signal handler.
    static STACK: Cell<Option<(u64, u64)>> = const { Cell::new(None) };
}

/// Installs the handler. The thread that calls it is known by its stack from here on.
pub fn install() -> Result<(), Errno> {
    know_stack();
    let action = SigAction::new(
        SigHandler::SigAction(note),
        // The default action is back before the handler begins: what goes wrong in it ends the
        // process, and so does raising the signal again.
        SaFlags::SA_SIGINFO | SaFlags::SA_ONSTACK | SaFlags::SA_RESETHAND,
        SigSet::empty(),
    );
    for signal in FAULTS {
        // SAFETY: `note` keeps to what a signal handler may do, as said at the top.
        unsafe { sigaction(signal, &action) }?;
    }
    Ok(())
}

/// Remembers the bounds of this thread's stack. Every thread that runs code of ours calls it once;
/// without it an overflow of its stack is a plain SIGSEGV. For the first thread it reads
/// `/proc/self/maps`.
pub fn know_stack() {
    STACK.set(bounds());
}

/// The lowest address of this thread's stack and the address above it.
fn bounds() -> Option<(u64, u64)> {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: the thread is the caller itself, and `attributes` is room for what is written.
    let got = unsafe { libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) };
    if got != 0 {
        return None;
    }
    let (mut low, mut size) = (ptr::null_mut(), 0);
    // SAFETY: `attributes` was written by the call above, which succeeded, and is destroyed once.
    let got = unsafe {
        let got = libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut low, &raw mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        got
    };
    let low = low.addr();
    (got == 0 && size > 0).then_some((low as u64, low.saturating_add(size) as u64))
}

extern "C" fn note(number: c_int, info: *mut siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel gives a handler with SA_SIGINFO a valid `siginfo_t` (`sigaction(2)`). What
    // `si_addr` reads is initialised whoever sent the signal; `si_code` tells if it is an address.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr().addr()) };
    let stack = STACK.try_with(Cell::get).ok().flatten();
    stage::faulted(number, code, address as u64, stack);
    // Blocked until the handler returns, then it ends the process. A fault would come again by
    // itself; a signal that was sent, or SIGSYS, would not.
    if let Ok(signal) = Signal::try_from(number) {
        raise(signal).ok();
    }
}

/// Writes to address 0, for tests of the address that is noted.
#[cfg(debug_assertions)]
pub fn write_to_null() {
    let nowhere = std::hint::black_box(ptr::null_mut::<u8>());
    // SAFETY: none: the process is meant to die here. The first page is never mapped, so that
    // nothing is overwritten.
    unsafe { ptr::write_volatile(nowhere, 1) };
}
