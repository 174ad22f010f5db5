//! The crash report of a run that died or failed: put together, written as one file, and pruned when
//! its time is over.
//!
//! What a death is called is decided in `shared::death`.

mod archive;
mod dresses;
mod files;
mod prune;
mod report;
mod reproduce;
mod tokens_in;

pub use archive::{ARCHIVED, ArchiveError, pack};
pub use files::{CrashFiles, list, remove, remove_recording};
pub use prune::{Bound, KeepBounds, KeptCrash, KeptRecording, Removal, Removed, prune};
pub use report::{Of, ReportError, ReportInput, assemble, write};
pub use reproduce::{RECORDING, reproduction, shell_word};
pub use tokens_in::{Needles, too_short, without};
