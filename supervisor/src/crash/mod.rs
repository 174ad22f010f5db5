//! From the end of a process to its cause, its culprit, an outcome per run and a report.
//!
//! Pure but for [`write()`], which writes one file.
//!
//! *Invariant:* a cause is never claimed beyond its evidence. Evidence that contradicts itself
//! lowers the confidence; it never picks the nicer story.

mod classify;
mod culprit;
mod exit;
mod fingerprint;
mod killed;
mod outcomes;
mod report;
#[cfg(test)]
mod sample;
mod signaled;

pub use classify::classify;
pub use culprit::culprit;
pub use exit::{ending, signal_name};
pub use fingerprint::fingerprint;
pub use outcomes::{RunOutcomes, outcomes};
pub use report::{ReportError, ReportInput, assemble, write};
