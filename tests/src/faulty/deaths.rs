//! The ways to die that need no frame.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal, raise};
use rustix::process::{Resource, getrlimit};
use shared::id::RunNo;

use super::flight::Flight;

const MIB: usize = 1 << 20;
const CRUMB: usize = 4 << 10;
/// What a child that floods standard error writes.
const FLOOD: usize = 10 * MIB;
/// Between two signs of life of a child that goes on and on.
const BEAT: Duration = Duration::from_millis(5);

/// Allocates pieces until the memory limit, leaves the evidence and aborts, as an allocator would.
pub(super) fn exhaust(flight: &Flight, run: RunNo, crumbs: bool) -> ! {
    let piece = if crumbs { CRUMB } else { MIB };
    let live = hoard(piece, usize::MAX);
    give_up(flight, run, piece, live)
}

/// Allocates so many MiB and lets go of them, or dies like [`exhaust`].
pub(super) fn need(flight: &Flight, run: RunNo, mib: usize) {
    let live = hoard(MIB, mib * MIB);
    if live < mib * MIB {
        give_up(flight, run, MIB, live);
    }
}

/// Allocates pieces up to `most` bytes; returns how many it got.
fn hoard(piece: usize, most: usize) -> usize {
    let limit = usize::try_from(memory_limit()).unwrap_or(usize::MAX);
    // Room for the list, so that it never grows itself.
    let mut hoard: Vec<Vec<u8>> = Vec::with_capacity(limit.min(most) / piece + 1);
    let mut live = hoard.capacity() * size_of::<Vec<u8>>();
    while live < most && hoard.len() < hoard.capacity() {
        let mut next = Vec::new();
        if next.try_reserve_exact(piece).is_err() {
            break;
        }
        next.resize(piece, 1_u8);
        live += piece;
        hoard.push(black_box(next));
    }
    live
}

fn give_up(flight: &Flight, run: RunNo, piece: usize, live: usize) -> ! {
    flight.allocation_failed(run, piece as u64, live as u64, memory_limit());
    say_last(&format!("memory allocation of {piece} bytes failed"));
    std::process::abort();
}

fn memory_limit() -> u64 {
    getrlimit(Resource::Data).current.unwrap_or(u64::MAX)
}

/// Notes panics in the flight recorder and turns them into an abort, as the real child does.
pub(super) fn abort_on_panic(flight: Flight, run: RunNo) {
    std::panic::set_hook(Box::new(move |info| {
        let text = info.to_string();
        flight.panicked(run, &text);
        say_last(&text);
        std::process::abort();
    }));
}

#[expect(clippy::panic, reason = "this is what it is for")]
pub(super) fn panic_now() -> ! {
    panic!("index 17 of a listing is out of bounds");
}

/// Fills standard error.
pub(super) fn flood() {
    let line = [b'e'; 1023];
    let mut error = io::stderr().lock();
    for _ in 0..FLOOD / 1024 {
        // Nobody reads any more: the supervisor is gone.
        if error
            .write_all(&line)
            .and_then(|()| error.write_all(b"\n"))
            .is_err()
        {
            return;
        }
    }
}

/// Recurses without an end.
#[expect(unconditional_recursion, reason = "overflows the stack")]
pub(super) fn recurse(depth: u64) -> u64 {
    let here = black_box([depth; 256]);
    recurse(depth + 1) + here.iter().sum::<u64>()
}

/// Uses the processor, with signs of life.
pub(super) fn spin(flight: &mut Flight, run: RunNo) -> ! {
    loop {
        for number in 0..1_000_000_u64 {
            black_box(number);
        }
        flight.progress(run);
    }
}

/// Goes on and on.
pub(super) fn endless(flight: &mut Flight, run: RunNo) -> ! {
    loop {
        flight.progress(run);
        std::thread::sleep(BEAT);
    }
}

/// Stands still.
pub(super) fn stand_still() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Uses the processor, without a sign of life.
pub(super) fn burn() -> ! {
    loop {
        black_box(());
    }
}

/// From here on the signal is not heard.
pub(super) fn block(signal: Signal) {
    let mut signals = SigSet::empty();
    signals.add(signal);
    // It cannot fail for a signal that exists; the test would see the difference.
    signals.thread_block().ok();
}

/// Raises a signal, twice: Rust's runtime owns the handlers of SIGSEGV and SIGBUS, and the first
/// raise only removes them.
pub(super) fn raise_twice(signal: Signal) {
    for _ in 0..2 {
        raise(signal).ok();
    }
}

/// Starts a process that holds our standard streams and outlives us.
pub(super) fn leave_grandchild() -> io::Result<()> {
    Command::new("/proc/self/exe")
        .arg("linger")
        // The attempt's directory, by which a test finds it.
        .args(std::env::args_os().nth(2))
        .env_clear()
        .stdin(Stdio::from(File::open("/dev/null")?))
        .spawn()
        .map(drop)
}

/// A line on standard error, which nobody may read any more.
pub(super) fn say_last(text: &str) {
    drop(writeln!(io::stderr(), "{text}"));
}
