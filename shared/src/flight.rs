//! Layout of the flight recorder: one small file per attempt that survives any death.
//!
//! The supervisor writes [`initial`] before it spawns the child; the child maps the file and
//! stores into it; the supervisor reads it with [`read`] and treats it as hostile. All numbers are
//! little-endian, all fields are naturally aligned, so that a child can use plain atomic stores.
//!
//! *Invariant:* nothing here panics or allocates more than the file's fixed size.

use serde::{Deserialize, Serialize};

use crate::attempt::MAX_RUNS;
use crate::id::RunNo;
use crate::sandbox::Layer;
use crate::worker::Worker;

mod fault;
mod layout;
mod read;

pub use layout::{header, run};
pub use read::{read, shown};

/// First eight bytes of the file.
pub const MAGIC: u64 = u64::from_le_bytes(*b"bulkfly\0");
/// Raised when the layout changes.
pub const VERSION: u64 = 2;
/// Bytes of the file: header, then one section per run.
pub const FILE_SIZE: usize = HEADER_SIZE + MAX_RUNS * RUN_SIZE;
/// Bytes of the header.
pub const HEADER_SIZE: usize = 1024;
/// Bytes of a run's section.
pub const RUN_SIZE: usize = 512;
/// Longest text of a panic message, in bytes.
pub const PANIC_TEXT: usize = 512;
/// Longest text of a last request, in bytes.
pub const REQUEST_TEXT: usize = 256;
/// Longest text of an item's natural key, in bytes.
pub const KEY_TEXT: usize = 120;

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It has not begun.
    Idle,
    /// A request is on its way.
    Requesting,
    /// A body arrives.
    Receiving,
    /// Pieces of a body are parsed.
    Parsing,
    /// Records are sent or wait for their acknowledgement.
    Sending,
    /// It waits for a time that it declared.
    Waiting,
    /// It ended.
    Ended,
}

impl Phase {
    /// Every phase, in the order of their numbers in the file.
    pub const ALL: [Self; 7] = [
        Self::Idle,
        Self::Requesting,
        Self::Receiving,
        Self::Parsing,
        Self::Sending,
        Self::Waiting,
        Self::Ended,
    ];

    /// The number in the file.
    pub const fn number(self) -> u64 {
        self as u64
    }

    /// The name in reports and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Requesting => "requesting",
            Self::Receiving => "receiving",
            Self::Parsing => "parsing",
            Self::Sending => "sending",
            Self::Waiting => "waiting",
            Self::Ended => "ended",
        }
    }

    fn from_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.number() == number)
    }
}

/// What the file says. Claims of a child, bounded and with control characters escaped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flight {
    /// The run that was being polled.
    pub polled: Option<RunNo>,
    /// Bytes of live heap.
    pub heap_live: u64,
    /// Highest heap, in bytes.
    pub heap_peak: u64,
    /// The allocation that failed and was not survived.
    pub failed_allocation: Option<FailedAllocation>,
    /// The panic that began.
    pub panic: Option<PanicNote>,
    /// The fault that a signal handler noted.
    pub fault: Option<Fault>,
    /// What of the sandbox the child says to be in force.
    pub sandbox: Vec<Layer>,
    /// Entries of a recording that a replay has played.
    pub replayed: u64,
    /// Bytes of the recording.
    pub recorded: u64,
    /// Why the recording is not whole, if it is not.
    pub recording_stopped: Option<RecordingStopped>,
    /// One entry per run, by position.
    pub runs: Vec<RunStage>,
}

/// Evidence of an allocation that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FailedAllocation {
    /// Its size in bytes.
    pub size: u64,
    /// Live heap at that moment, in bytes.
    pub live: u64,
    /// The limit that the child read, in bytes; 0 if unknown.
    pub limit: u64,
    /// The run being polled.
    pub run: Option<RunNo>,
}

/// Evidence of a panic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PanicNote {
    /// Message and location, cut at [`PANIC_TEXT`].
    pub text: String,
    /// The run being polled.
    pub run: Option<RunNo>,
}

/// Evidence of a fault: a signal that the processor's complaint became.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Number of the signal.
    pub signal: i32,
    /// `si_code` (`sigaction(2)`): above 0 if the kernel sent it.
    pub code: i32,
    /// The address at fault.
    pub address: u64,
    /// Lowest address of that thread's stack and the address above it, if known.
    pub stack: Option<(u64, u64)>,
    /// The run being polled.
    pub run: Option<RunNo>,
}

/// Why a recording is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingStopped {
    /// Its cap was reached.
    Cap,
    /// It could not be written: the disk is full, for example.
    Write,
}

impl RecordingStopped {
    /// The number in the file.
    pub const fn number(self) -> u64 {
        match self {
            Self::Cap => 1,
            Self::Write => 2,
        }
    }

    const fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => None,
            1 => Some(Self::Cap),
            _ => Some(Self::Write),
        }
    }
}

/// Where a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunStage {
    /// Which worker, if the number is known.
    pub worker: Option<Worker>,
    /// What it is doing, if the number is known.
    pub phase: Option<Phase>,
    /// Items so far.
    pub item: u64,
    /// Byte offset in the unpacked body.
    pub byte: u64,
    /// Start of the slice, UTC milliseconds; 0 outside window mode.
    pub slice_start: i64,
    /// End of the slice, UTC milliseconds; 0 outside window mode.
    pub slice_end: i64,
    /// Moves with every sign of life.
    pub progress: u64,
    /// Requests sent.
    pub requests: u64,
    /// Bytes received.
    pub received: u64,
    /// Records sent.
    pub records: u64,
    /// Pages finished.
    pub pages: u64,
    /// The last request, redacted by the child, cut at [`REQUEST_TEXT`].
    pub last_request: String,
    /// Natural key of the item being worked on, cut at [`KEY_TEXT`]; empty if not known.
    pub key: String,
    /// Index in its body of the item being worked on, from 0; `None` between items.
    pub at: Option<u64>,
}

/// Why a file is not a flight recorder of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FlightError {
    /// The file is too short.
    #[error("flight recorder has {0} bytes instead of {FILE_SIZE}")]
    Short(usize),
    /// The first bytes are wrong.
    #[error("flight recorder has the wrong first bytes")]
    Magic,
    /// Another layout.
    #[error("flight recorder has version {0} instead of {VERSION}")]
    Version(u64),
    /// More runs than there is room for.
    #[error("flight recorder claims {0} runs")]
    RunCount(u64),
}

/// Where the section of a run begins.
pub const fn section(run: usize) -> usize {
    HEADER_SIZE + run * RUN_SIZE
}

/// The whole file for an attempt with these runs, to be written before the child is spawned.
pub fn initial(workers: &[Worker]) -> Vec<u8> {
    let mut bytes = vec![0; FILE_SIZE];
    put(&mut bytes, header::MAGIC, MAGIC);
    put(&mut bytes, header::VERSION, VERSION);
    put(
        &mut bytes,
        header::RUN_COUNT,
        workers.len().min(MAX_RUNS) as u64,
    );
    for (position, worker) in workers.iter().take(MAX_RUNS).enumerate() {
        put(&mut bytes, section(position) + run::WORKER, *worker as u64);
    }
    bytes
}

fn put(bytes: &mut [u8], offset: usize, value: u64) {
    if let Some(eight) = bytes.get_mut(offset..offset + 8) {
        eight.copy_from_slice(&value.to_le_bytes());
    }
}

#[cfg(test)]
mod tests;
