//! The crash report of a run that died or failed: put together, and written as one file.
//!
//! What a death is called is decided in `shared::death`.

mod report;
mod reproduce;

pub use report::{ReportError, ReportInput, assemble, write};
pub use reproduce::{RECORDING, reproduction, shell_word};
