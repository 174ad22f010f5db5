//! Where the process says it is: plain atomic stores into the flight recorder, a small file that
//! is mapped shared and survives any death.
//!
//! Before [`open`] every update goes nowhere, so that tests need no file. Nothing here allocates
//! once the file is mapped.
#![expect(unsafe_code, reason = "maps a shared file, which only mmap can do")]

pub mod heap;
mod text;

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use rustix::mm::{MapFlags, ProtFlags, mmap};
use shared::flight::{
    self, FILE_SIZE, FlightError, Phase, RecordingStopped, header, run as section,
};
use shared::id::RunNo;
use shared::sandbox::Layer;
use shared::window::Slice;

pub use text::Cut;

/// The name of the flight recorder in the attempt directory.
pub const FILE_NAME: &str = "flight";

/// The mapping, `FILE_SIZE` bytes that are never unmapped; null before [`open`].
static BASE: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());

/// Why the flight recorder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The file cannot be opened or read.
    #[error("opening {path} failed: {source}")]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not what the supervisor writes.
    #[error("{path}: {source}")]
    Content {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: FlightError,
    },
    /// The kernel refused to map it.
    #[error("mapping {path} failed: {source}")]
    Map {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: rustix::io::Errno,
    },
}

/// Maps the flight recorder of an attempt directory; from here on every update reaches the file.
pub fn open(directory: &Path) -> Result<(), StageError> {
    let path = directory.join(FILE_NAME);
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .and_then(|file| std::fs::read(&path).map(|bytes| (file, bytes)));
    let (file, bytes) = match opened {
        Ok(opened) => opened,
        Err(source) => return Err(StageError::Open { path, source }),
    };
    if let Err(source) = flight::read(&bytes) {
        return Err(StageError::Content { path, source });
    }
    // SAFETY: a new mapping at an address of the kernel's choice aliases nothing. The file is at
    // least FILE_SIZE long, as just read, and the supervisor neither shortens nor deletes it
    // while this process lives. The mapping is never undone.
    let mapped = unsafe {
        mmap(
            std::ptr::null_mut(),
            FILE_SIZE,
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::SHARED,
            &file,
            0,
        )
    };
    match mapped {
        Ok(base) => {
            BASE.store(base.cast(), Ordering::Release);
            Ok(())
        }
        Err(source) => Err(StageError::Map { path, source }),
    }
}

/// The 64-bit field at `offset`, if the recorder is mapped and has one there.
fn field(offset: usize) -> Option<&'static AtomicU64> {
    let base = BASE.load(Ordering::Acquire);
    if base.is_null() || !offset.is_multiple_of(8) || offset + 8 > FILE_SIZE {
        return None;
    }
    // SAFETY: the mapping is page-aligned, FILE_SIZE long and lives for ever; `offset` was
    // checked to be aligned and inside. This process touches it through atomics only.
    Some(unsafe { AtomicU64::from_ptr(base.add(offset).cast()) })
}

fn store(offset: usize, value: u64) {
    if let Some(field) = field(offset) {
        field.store(value.to_le(), Ordering::Relaxed);
    }
}

fn load(offset: usize) -> u64 {
    field(offset).map_or(0, |field| u64::from_le(field.load(Ordering::Relaxed)))
}

/// Stores text in `cap` bytes, its length last, so that a reader never takes old bytes for new.
/// `at` and `cap` are multiples of 8: whole words are stored.
fn store_text(at: usize, len_at: usize, cap: usize, text: &[u8]) {
    let text = text.get(..cap).unwrap_or(text);
    store(len_at, 0);
    for (word, bytes) in text.chunks(8).enumerate() {
        let mut eight = [0; 8];
        for (place, byte) in eight.iter_mut().zip(bytes) {
            *place = *byte;
        }
        store(at + word * 8, u64::from_le_bytes(eight));
    }
    store(len_at, text.len() as u64);
}

/// Heap figures go along with every stage update; an allocation that failed before it was
/// survived.
fn touch() {
    store(header::ALLOC_SIZE, 0);
    store(header::HEAP_LIVE, heap::live());
    store(header::HEAP_PEAK, heap::peak());
}

/// Says that the run's future is being polled from now on.
pub fn enter_poll(run: RunNo) {
    store(header::POLLED, u64::from(run.0) + 1);
}

/// Says that no run is being polled.
pub fn leave_poll() {
    touch();
    store(header::POLLED, 0);
}

/// Says that a layer of the sandbox is in force from now on.
pub fn in_force(layer: Layer) {
    store(header::SANDBOX, load(header::SANDBOX) | layer.bit());
}

/// Leaves the evidence of an allocation that failed. Called by the allocator: allocates nothing.
/// What a dying process allocates after the first failure does not replace it.
pub fn allocation_failed(size: u64, limit: u64) {
    if load(header::ALLOC_SIZE) != 0 {
        return;
    }
    store(header::ALLOC_LIVE, heap::live());
    store(header::ALLOC_LIMIT, limit);
    store(header::ALLOC_RUN, load(header::POLLED));
    store(header::HEAP_LIVE, heap::live());
    store(header::HEAP_PEAK, heap::peak());
    store(header::ALLOC_SIZE, size);
}

/// Leaves the evidence of a panic.
pub fn panicked(text: &[u8]) {
    store(header::PANIC_RUN, load(header::POLLED));
    store_text(
        header::PANIC_TEXT,
        header::PANIC_LEN,
        flight::PANIC_TEXT,
        text,
    );
}

/// The recording has so many bytes of entries.
pub fn recorded(bytes: u64) {
    store(header::RECORDED, bytes);
}

/// The recording is not whole.
pub fn recording_stopped(why: RecordingStopped) {
    store(header::RECORDING_STOPPED, why.number());
}

/// A replay has played so many entries.
pub fn replayed(entries: u64) {
    store(header::REPLAYED, entries);
}

/// Leaves the evidence of a fault. Called by a signal handler: plain stores only, and the number of
/// the signal last, so that a reader never takes half of it for whole.
pub fn faulted(signal: i32, code: i32, address: u64, stack: Option<(u64, u64)>) {
    let (low, high) = stack.unwrap_or_default();
    store(header::FAULT_CODE, i64::from(code).cast_unsigned());
    store(header::FAULT_ADDRESS, address);
    store(header::STACK_LOW, low);
    store(header::STACK_HIGH, high);
    store(header::FAULT_RUN, load(header::POLLED));
    store(header::HEAP_LIVE, heap::live());
    store(header::HEAP_PEAK, heap::peak());
    store(header::FAULT_SIGNAL, i64::from(signal).cast_unsigned());
}

/// One run's part of the flight recorder. A handle: copies write to the same place.
#[derive(Debug, Clone, Copy)]
pub struct RunStage {
    base: usize,
}

impl RunStage {
    /// The section of this run.
    pub const fn new(run: RunNo) -> Self {
        Self {
            base: flight::section(run.0 as usize),
        }
    }

    fn set(self, offset: usize, value: u64) {
        touch();
        store(self.base + offset, value);
    }

    fn add(self, offset: usize, value: u64) {
        let offset = self.base + offset;
        touch();
        store(offset, load(offset).wrapping_add(value));
    }

    /// What the run is doing.
    pub fn phase(self, phase: Phase) {
        self.set(section::PHASE, phase.number());
    }

    /// A sign of life: bytes came, or a piece was parsed.
    pub fn progress(self) {
        self.add(section::PROGRESS, 1);
    }

    /// An item is being worked on from now on: its index in the body, its offset in the unpacked
    /// body, and its natural key, empty if it is not known.
    pub fn begin_item(self, index: u64, byte: u64, key: &[u8]) {
        self.set(section::AT, 0);
        store_text(
            self.base + section::KEY_TEXT,
            self.base + section::KEY_LEN,
            flight::KEY_TEXT,
            key,
        );
        store(self.base + section::BYTE, byte);
        store(self.base + section::ITEM, index + 1);
        store(self.base + section::AT, index + 1);
    }

    /// That item is done with.
    pub fn end_item(self) {
        self.set(section::AT, 0);
        store(self.base + section::KEY_LEN, 0);
    }

    /// How far the unpacked body was parsed.
    pub fn byte(self, byte: u64) {
        self.set(section::BYTE, byte);
    }

    /// The slice being read.
    pub fn slice(self, slice: Slice) {
        self.set(section::SLICE_START, slice.start.0.cast_unsigned());
        store(self.base + section::SLICE_END, slice.end.0.cast_unsigned());
    }

    /// A request is about to be sent; `text` must be redacted.
    pub fn request(self, text: &str) {
        self.add(section::REQUESTS, 1);
        self.last_request(text);
    }

    /// More became known about the last request; `text` must be redacted.
    pub fn last_request(self, text: &str) {
        store_text(
            self.base + section::REQUEST_TEXT,
            self.base + section::REQUEST_LEN,
            flight::REQUEST_TEXT,
            text.as_bytes(),
        );
    }

    /// Bytes came from the network.
    pub fn received(self, bytes: u64) {
        self.add(section::RECEIVED, bytes);
    }

    /// Records were handed to standard output.
    pub fn records(self, count: u64) {
        self.add(section::RECORDS, count);
    }

    /// A page was read to its end.
    pub fn page(self) {
        self.add(section::PAGES, 1);
    }
}
