//! Deaths with evidence beside them, true or not: `fault:11:1+signal:11` notes a SIGSEGV from the
//! kernel and ends by one, `panic+signal:9` notes a panic and is killed.
//!
//! A part is a note or, as the last one, an end:
//!
//! | Part | Meaning |
//! |---|---|
//! | `fault:SIGNAL:CODE` | a fault at 0x1000 with this `si_code` |
//! | `overflow:SIGNAL` | a fault from the kernel just below the stack |
//! | `panic` | a panic |
//! | `alloc:SIZE:LIVE` | an allocation that failed, both in MiB |
//! | `says:panic`, `says:overflow`, `says:alloc` | what Rust's runtime writes to standard error |
//! | `nonsense` | random numbers in every field of the flight recorder |
//! | `wiped` | no flight recorder |
//! | `signal:SIGNAL`, `exit:CODE`, `abort` | the end |
//! | `recurse` | the end: a stack overflow, which the runtime turns into an abort |
//! | `write_beyond` | the end: a file grows beyond its limit |
//! | `burn` | the end: the processor is used, and SIGXCPU is not heard |

use nix::sys::signal::Signal;
use rustix::process::{Resource, getrlimit};
use shared::exit::ExitCode;
use shared::flight::Fault;
use shared::id::RunNo;

use super::deaths;
use super::flight::Flight;

const MIB: u64 = 1 << 20;
/// Where the faults say that the stack is.
const STACK: (u64, u64) = (0x7f00_0010_0000, 0x7f00_0090_0000);
/// So many notes there may be.
const NOTES: usize = 3;

/// Notes and an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Staged {
    notes: [Option<Note>; NOTES],
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Note {
    Fault { signal: i32, code: i32 },
    Overflow { signal: i32 },
    Panic,
    Alloc { size: u64, live: u64 },
    Says(&'static str),
    Nonsense,
    Wiped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Signal(Signal),
    Exit(u8),
    Abort,
    Recurse,
    WriteBeyond,
    Burn,
}

impl Staged {
    /// Reads the text; `None` if it is not understood.
    pub fn parse(text: &str) -> Option<Self> {
        let (notes, end) = match text.rsplit_once('+') {
            Some((notes, end)) => (notes.split('+').collect(), end),
            None => (Vec::new(), text),
        };
        let mut staged = Self {
            notes: [None; NOTES],
            end: self::end(end)?,
        };
        if notes.len() > NOTES {
            return None;
        }
        for (place, text) in staged.notes.iter_mut().zip(notes) {
            *place = Some(note(text)?);
        }
        Some(staged)
    }

    /// Leaves the evidence and dies; returns the code of an exit.
    pub(super) fn play(self, flight: &Flight, run: RunNo) -> u8 {
        for note in self.notes.into_iter().flatten() {
            note.leave(flight, run);
        }
        match self.end {
            End::Signal(signal) => deaths::raise_twice(signal),
            End::Exit(code) => return code,
            End::Abort => std::process::abort(),
            End::Recurse => {
                deaths::recurse(0);
            }
            End::WriteBeyond => {
                let limit = getrlimit(Resource::Fsize).current;
                flight.write_beyond(limit.unwrap_or(u64::from(u32::MAX)));
            }
            End::Burn => {
                deaths::block(Signal::SIGXCPU);
                deaths::burn();
            }
        }
        ExitCode::Setup.code()
    }
}

impl Note {
    fn leave(self, flight: &Flight, run: RunNo) {
        match self {
            Self::Fault { signal, code } => flight.faulted(run, &fault(signal, code, 0x1000)),
            Self::Overflow { signal } => {
                flight.faulted(run, &fault(signal, 1, STACK.0 - 64));
            }
            Self::Panic => {
                flight.panicked(run, "a panic that was made up, at src/made_up.rs:1:1");
            }
            Self::Alloc { size, live } => {
                let limit = getrlimit(Resource::Data).current.unwrap_or(0);
                flight.allocation_failed(run, size * MIB, live * MIB, limit);
            }
            Self::Says(words) => deaths::say_last(words),
            Self::Nonsense => flight.nonsense(),
            Self::Wiped => flight.wipe(),
        }
    }
}

fn fault(signal: i32, code: i32, address: u64) -> Fault {
    Fault {
        signal,
        code,
        address,
        stack: Some(STACK),
        run: None,
    }
}

fn note(text: &str) -> Option<Note> {
    let parts: Vec<&str> = text.split(':').collect();
    Some(match parts.as_slice() {
        ["fault", signal, code] => Note::Fault {
            signal: signal.parse().ok()?,
            code: code.parse().ok()?,
        },
        ["overflow", signal] => Note::Overflow {
            signal: signal.parse().ok()?,
        },
        ["panic"] => Note::Panic,
        ["alloc", size, live] => Note::Alloc {
            size: size.parse().ok()?,
            live: live.parse().ok()?,
        },
        ["says", "panic"] => Note::Says("thread 'main' panicked at src/made_up.rs:1:1:"),
        ["says", "overflow"] => Note::Says("thread 'main' has overflowed its stack"),
        ["says", "alloc"] => Note::Says("memory allocation of 4096 bytes failed"),
        ["nonsense"] => Note::Nonsense,
        ["wiped"] => Note::Wiped,
        _ => return None,
    })
}

fn end(text: &str) -> Option<End> {
    let parts: Vec<&str> = text.split(':').collect();
    Some(match parts.as_slice() {
        ["signal", number] => {
            let number: i32 = number.parse().ok()?;
            End::Signal(Signal::try_from(number).ok()?)
        }
        ["exit", code] => End::Exit(code.parse().ok()?),
        ["abort"] => End::Abort,
        ["recurse"] => End::Recurse,
        ["write_beyond"] => End::WriteBeyond,
        ["burn"] => End::Burn,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_notes_and_an_end() {
        let staged = Staged::parse("fault:11:-6+panic+signal:9").unwrap();
        let fault = Note::Fault {
            signal: 11,
            code: -6,
        };
        assert_eq!(staged.notes, [Some(fault), Some(Note::Panic), None]);
        assert_eq!(staged.end, End::Signal(Signal::SIGKILL));
        for bad in [
            "",
            "panic",
            "signal:x",
            "what+abort",
            "abort+panic",
            "panic+panic+panic+panic+abort",
        ] {
            assert_eq!(Staged::parse(bad), None, "{bad}");
        }
    }
}
