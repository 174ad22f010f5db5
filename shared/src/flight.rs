//! Layout of the flight recorder: one small file per attempt that survives any death.
//!
//! The supervisor writes [`initial`] before it spawns the child; the child maps the file and
//! stores into it; the supervisor reads it with [`read`] and treats it as hostile. All numbers are
//! little-endian, all fields are naturally aligned, so that a child can use plain atomic stores.
//!
//! *Invariant:* nothing here panics or allocates more than the file's fixed size.

use serde::Serialize;

use crate::attempt::MAX_RUNS;
use crate::id::RunNo;
use crate::worker::Worker;

/// First eight bytes of the file.
pub const MAGIC: u64 = u64::from_le_bytes(*b"bulkfly\0");
/// Raised when the layout changes.
pub const VERSION: u64 = 1;
/// Bytes of the file: header, then one section per run.
pub const FILE_SIZE: usize = HEADER_SIZE + MAX_RUNS * RUN_SIZE;
/// Bytes of the header.
pub const HEADER_SIZE: usize = 1024;
/// Bytes of a run's section.
pub const RUN_SIZE: usize = 384;
/// Longest text of a panic message, in bytes.
pub const PANIC_TEXT: usize = 512;
/// Longest text of a last request, in bytes.
pub const REQUEST_TEXT: usize = 256;

/// Offsets of the header's 64-bit fields and of its text.
pub mod header {
    /// [`super::MAGIC`].
    pub const MAGIC: usize = 0;
    /// [`super::VERSION`].
    pub const VERSION: usize = 8;
    /// Number of run sections in use.
    pub const RUN_COUNT: usize = 16;
    /// 1 + position of the run being polled; 0 outside a poll.
    pub const POLLED: usize = 24;
    /// Bytes of live heap.
    pub const HEAP_LIVE: usize = 32;
    /// Highest heap so far, in bytes.
    pub const HEAP_PEAK: usize = 40;
    /// Size of the allocation that failed, in bytes; 0 if none did since the last stage update.
    pub const ALLOC_SIZE: usize = 48;
    /// Live heap when it failed, in bytes.
    pub const ALLOC_LIVE: usize = 56;
    /// `RLIMIT_DATA` as the child read it, in bytes; 0 if it could not.
    pub const ALLOC_LIMIT: usize = 64;
    /// 1 + position of the run being polled when it failed; 0 outside a poll.
    pub const ALLOC_RUN: usize = 72;
    /// 1 + position of the run being polled when a panic began; 0 outside a poll.
    pub const PANIC_RUN: usize = 80;
    /// Bytes of panic text, stored after the text; 0 if there was no panic.
    pub const PANIC_LEN: usize = 88;
    /// The panic's message and location.
    pub const PANIC_TEXT: usize = 128;
}

/// Offsets within a run's section.
pub mod run {
    /// Number of the [`super::Worker`], as on the wire.
    pub const WORKER: usize = 0;
    /// A [`super::Phase`].
    pub const PHASE: usize = 8;
    /// Items so far.
    pub const ITEM: usize = 16;
    /// Byte offset in the unpacked body that is being parsed.
    pub const BYTE: usize = 24;
    /// Start of the slice, UTC milliseconds.
    pub const SLICE_START: usize = 32;
    /// End of the slice, UTC milliseconds.
    pub const SLICE_END: usize = 40;
    /// Moves per network chunk and per 256 KiB parsed.
    pub const PROGRESS: usize = 48;
    /// Requests sent.
    pub const REQUESTS: usize = 56;
    /// Bytes received.
    pub const RECEIVED: usize = 64;
    /// Records sent.
    pub const RECORDS: usize = 72;
    /// Pages finished.
    pub const PAGES: usize = 80;
    /// Bytes of request text, stored after the text.
    pub const REQUEST_LEN: usize = 88;
    /// The last request, redacted.
    pub const REQUEST_TEXT: usize = 128;
}

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

/// Reads the file. Whatever a child wrote, the answer is bounded and printable.
pub fn read(bytes: &[u8]) -> Result<Flight, FlightError> {
    if bytes.len() < FILE_SIZE {
        return Err(FlightError::Short(bytes.len()));
    }
    if get(bytes, header::MAGIC) != MAGIC {
        return Err(FlightError::Magic);
    }
    let version = get(bytes, header::VERSION);
    if version != VERSION {
        return Err(FlightError::Version(version));
    }
    let count = get(bytes, header::RUN_COUNT);
    let runs = usize::try_from(count)
        .ok()
        .filter(|count| *count <= MAX_RUNS)
        .ok_or(FlightError::RunCount(count))?;
    let run_no = |offset| one_based(get(bytes, offset), runs);
    let size = get(bytes, header::ALLOC_SIZE);
    let panic_len = get(bytes, header::PANIC_LEN);
    Ok(Flight {
        polled: run_no(header::POLLED),
        heap_live: get(bytes, header::HEAP_LIVE),
        heap_peak: get(bytes, header::HEAP_PEAK),
        failed_allocation: (size > 0).then(|| FailedAllocation {
            size,
            live: get(bytes, header::ALLOC_LIVE),
            limit: get(bytes, header::ALLOC_LIMIT),
            run: run_no(header::ALLOC_RUN),
        }),
        panic: (panic_len > 0).then(|| PanicNote {
            text: text(bytes, header::PANIC_TEXT, panic_len, PANIC_TEXT),
            run: run_no(header::PANIC_RUN),
        }),
        runs: (0..runs)
            .map(|position| stage(bytes, section(position)))
            .collect(),
    })
}

fn stage(bytes: &[u8], base: usize) -> RunStage {
    let field = |offset| get(bytes, base + offset);
    let worker = usize::try_from(field(run::WORKER))
        .ok()
        .and_then(|number| Worker::ALL.get(number).copied());
    RunStage {
        worker,
        phase: Phase::from_number(field(run::PHASE)),
        item: field(run::ITEM),
        byte: field(run::BYTE),
        slice_start: field(run::SLICE_START).cast_signed(),
        slice_end: field(run::SLICE_END).cast_signed(),
        progress: field(run::PROGRESS),
        requests: field(run::REQUESTS),
        received: field(run::RECEIVED),
        records: field(run::RECORDS),
        pages: field(run::PAGES),
        last_request: text(
            bytes,
            base + run::REQUEST_TEXT,
            field(run::REQUEST_LEN),
            REQUEST_TEXT,
        ),
    }
}

fn one_based(value: u64, runs: usize) -> Option<RunNo> {
    let position = usize::try_from(value).ok()?.checked_sub(1)?;
    (position < runs)
        .then(|| u8::try_from(position).ok().map(RunNo))
        .flatten()
}

fn text(bytes: &[u8], offset: usize, len: u64, cap: usize) -> String {
    let len = usize::try_from(len).unwrap_or(cap).min(cap);
    let raw = bytes.get(offset..offset + len).unwrap_or_default();
    String::from_utf8_lossy(raw)
        .chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

fn get(bytes: &[u8], offset: usize) -> u64 {
    bytes
        .get(offset..offset + 8)
        .and_then(|eight| eight.try_into().ok())
        .map_or(0, u64::from_le_bytes)
}

fn put(bytes: &mut [u8], offset: usize, value: u64) {
    if let Some(eight) = bytes.get_mut(offset..offset + 8) {
        eight.copy_from_slice(&value.to_le_bytes());
    }
}

#[cfg(test)]
mod tests;
