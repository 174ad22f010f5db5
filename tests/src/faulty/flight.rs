//! The child's end of the flight recorder, written with `pwrite`: slower than a mapping, and
//! without unsafe code.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use shared::flight::{self, FILE_SIZE, Fault, Phase, header, run as field};
use shared::id::RunNo;
use shared::window::Slice;

/// An open flight recorder.
#[derive(Debug)]
pub(super) struct Flight {
    file: File,
    progress: Vec<u64>,
}

impl Flight {
    /// Opens the file that the supervisor made.
    pub(super) fn open(attempt_dir: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(attempt_dir.join("flight"))?;
        let mut bytes = vec![0; FILE_SIZE];
        file.read_exact_at(&mut bytes, 0)?;
        let read = flight::read(&bytes).map_err(io::Error::other)?;
        Ok(Self {
            file,
            progress: vec![0; read.runs.len()],
        })
    }

    // A recorder that cannot be written is missing evidence, which the tests would see.
    fn set(&self, offset: usize, value: u64) {
        drop(self.file.write_all_at(&value.to_le_bytes(), offset as u64));
    }

    fn text(&self, at: usize, len_at: usize, cap: usize, text: &str) {
        let bytes = text.as_bytes();
        let bytes = bytes.get(..cap).unwrap_or(bytes);
        drop(self.file.write_all_at(bytes, at as u64));
        self.set(len_at, bytes.len() as u64);
    }

    /// A sign of life of the run.
    pub(super) fn progress(&mut self, run: RunNo) {
        let Some(count) = self.progress.get_mut(run.index()) else {
            return;
        };
        *count += 1;
        let count = *count;
        self.set(flight::section(run.index()) + field::PROGRESS, count);
    }

    /// What the run is doing, and to which slice.
    pub(super) fn stage(&mut self, run: RunNo, phase: Phase, slice: Option<Slice>) {
        let base = flight::section(run.index());
        self.set(base + field::PHASE, phase.number());
        if let Some(slice) = slice {
            self.set(base + field::SLICE_START, slice.start.0.cast_unsigned());
            self.set(base + field::SLICE_END, slice.end.0.cast_unsigned());
        }
        let request = "GET /faulty, 200, rlogid=t6-0001";
        let len_at = base + field::REQUEST_LEN;
        let cap = flight::REQUEST_TEXT;
        self.text(base + field::REQUEST_TEXT, len_at, cap, request);
        self.progress(run);
    }

    /// Records of the run that were sent so far.
    pub(super) fn records(&self, run: RunNo, count: u64) {
        self.set(flight::section(run.index()) + field::RECORDS, count);
        self.set(flight::section(run.index()) + field::ITEM, count);
    }

    /// The run is being polled from now on.
    pub(super) fn enter_poll(&self, run: RunNo) {
        self.set(header::POLLED, u64::from(run.0) + 1);
    }

    /// No run is being polled.
    pub(super) fn leave_poll(&self) {
        self.set(header::POLLED, 0);
    }

    /// An allocation of `size` bytes failed with `live` bytes live.
    pub(super) fn allocation_failed(&self, run: RunNo, size: u64, live: u64, limit: u64) {
        self.set(header::HEAP_LIVE, live);
        self.set(header::HEAP_PEAK, live);
        self.set(header::ALLOC_LIVE, live);
        self.set(header::ALLOC_LIMIT, limit);
        self.set(header::ALLOC_RUN, u64::from(run.0) + 1);
        self.set(header::ALLOC_SIZE, size);
    }

    /// A run panicked.
    pub(super) fn panicked(&self, run: RunNo, text: &str) {
        self.set(header::PANIC_RUN, u64::from(run.0) + 1);
        let cap = flight::PANIC_TEXT;
        self.text(header::PANIC_TEXT, header::PANIC_LEN, cap, text);
    }

    /// A fault of the run, as a handler of signals would note it.
    pub(super) fn faulted(&self, run: RunNo, fault: &Fault) {
        let (low, high) = fault.stack.unwrap_or_default();
        self.set(header::FAULT_CODE, i64::from(fault.code).cast_unsigned());
        self.set(header::FAULT_ADDRESS, fault.address);
        self.set(header::FAULT_RUN, u64::from(run.0) + 1);
        self.set(header::STACK_LOW, low);
        self.set(header::STACK_HIGH, high);
        self.set(header::FAULT_SIGNAL, u64::from(fault.signal.unsigned_abs()));
    }

    /// Nonsense in every field, under a header that is right.
    pub(super) fn nonsense(&self) {
        let mut rng = fastrand::Rng::with_seed(7);
        for offset in (header::POLLED..FILE_SIZE).step_by(8) {
            self.set(offset, rng.u64(..));
        }
    }

    /// No recorder any more.
    pub(super) fn wipe(&self) {
        self.set(header::MAGIC, 0);
    }

    /// Writes beyond what a file may be long.
    pub(super) fn write_beyond(&self, limit: u64) {
        drop(self.file.write_all_at(&[1], limit));
    }

    /// Another handle on the same file, for a panic hook.
    pub(super) fn again(&self) -> io::Result<Self> {
        Ok(Self {
            file: self.file.try_clone()?,
            progress: Vec::new(),
        })
    }
}
