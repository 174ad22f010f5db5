//! Ways to die that an item itself can ask for, so that a poison item can be planted in a simulated
//! eBay. Release builds have none.
//!
//! An item whose payload holds `bulkhead-trap:KIND` springs the trap when its record is sent.

/// Springs the trap that the payload asks for, if it asks for one.
#[cfg(not(debug_assertions))]
pub fn spring(_payload: &str) {}

/// Springs the trap that the payload asks for, if it asks for one.
#[cfg(debug_assertions)]
pub fn spring(payload: &str) {
    const WORD: &[u8] = b"bulkhead-trap:";
    let Some(at) = memchr::memmem::find(payload.as_bytes(), WORD) else {
        return;
    };
    let kind = payload.get(at + WORD.len()..).unwrap_or_default();
    let end = kind.find(|c: char| !c.is_ascii_lowercase());
    kinds::die(kind.get(..end.unwrap_or(kind.len())).unwrap_or_default());
}

#[cfg(debug_assertions)]
mod kinds {
    use std::hint::black_box;
    use std::time::Duration;

    use nix::sys::signal::{Signal, raise};

    use crate::fault;

    #[expect(
        clippy::panic,
        clippy::exit,
        clippy::disallowed_methods,
        reason = "this is what it is for"
    )]
    pub(super) fn die(kind: &str) {
        match kind {
            "panic" => panic!("an item sprang the trap"),
            "abort" => std::process::abort(),
            "stack" => drop(black_box(recurse(1))),
            "memory" => hoard(),
            "spin" => spin(),
            "hang" => loop {
                std::thread::sleep(Duration::from_secs(1));
            },
            "exit" => std::process::exit(7),
            "segv" => twice(Signal::SIGSEGV),
            "bus" => twice(Signal::SIGBUS),
            "ill" => twice(Signal::SIGILL),
            "fpe" => twice(Signal::SIGFPE),
            "null" => fault::write_to_null(),
            _ => {}
        }
    }

    #[expect(unconditional_recursion, reason = "overflows the stack")]
    fn recurse(depth: u64) -> u64 {
        let here = black_box([depth; 64]);
        recurse(depth + 1) + here.iter().sum::<u64>()
    }

    fn hoard() {
        let mut hoard = Vec::new();
        loop {
            hoard.push(black_box(vec![1_u8; 1 << 20]));
        }
    }

    fn spin() {
        loop {
            black_box(0);
        }
    }

    /// The first one may only remove a handler.
    fn twice(signal: Signal) {
        for _ in 0..2 {
            raise(signal).ok();
        }
    }
}
