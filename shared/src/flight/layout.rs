//! Offsets of every field in the file.

/// Offsets of the header's 64-bit fields and of its text.
pub mod header {
    /// [`crate::flight::MAGIC`].
    pub const MAGIC: usize = 0;
    /// [`crate::flight::VERSION`].
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
    /// Bits of the [`crate::sandbox::Layer`]s that are in force.
    pub const SANDBOX: usize = 96;
    /// Number of the signal of a fault, stored last; 0 if there was none.
    pub const FAULT_SIGNAL: usize = 104;
    /// `si_addr` of the fault (`sigaction(2)`).
    pub const FAULT_ADDRESS: usize = 112;
    /// 1 + position of the run being polled at the fault; 0 outside a poll.
    pub const FAULT_RUN: usize = 120;
    /// The panic's message and location.
    pub const PANIC_TEXT: usize = 128;
    /// `si_code` of the fault, as a signed number.
    pub const FAULT_CODE: usize = 640;
    /// Lowest address of the stack of the thread at fault; 0 if unknown.
    pub const STACK_LOW: usize = 648;
    /// The address above that stack; 0 if unknown.
    pub const STACK_HIGH: usize = 656;
    /// Entries of a recording that a replay has played.
    pub const REPLAYED: usize = 664;
    /// Bytes of the recording so far.
    pub const RECORDED: usize = 672;
    /// Why the recording is not whole: 0 it is, 1 its cap was reached, 2 it could not be written.
    pub const RECORDING_STOPPED: usize = 680;
}

/// Offsets within a run's section.
pub mod run {
    /// Number of the [`crate::flight::Worker`], as on the wire.
    pub const WORKER: usize = 0;
    /// A [`crate::flight::Phase`].
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
    /// Bytes of the natural key's text, stored after the text.
    pub const KEY_LEN: usize = 96;
    /// 1 + index in its body of the item being worked on; 0 between items.
    pub const AT: usize = 104;
    /// The last request, redacted.
    pub const REQUEST_TEXT: usize = 128;
    /// Natural key of the item being worked on.
    pub const KEY_TEXT: usize = 384;
}
