//! From the end of a child process to its cause, its culprit and one outcome per run: pure.
//!
//! The supervisor judges with it, and so does a replay, which must end the same way. A child judges
//! others only, never itself.
//!
//! *Invariant:* a cause is never claimed beyond its evidence. Evidence that contradicts itself
//! lowers the confidence; it never picks the nicer story.

mod aborted;
mod cause;
mod classify;
mod cpu;
mod culprit;
mod evidence;
mod exit;
mod fault;
mod fingerprint;
mod killed;
mod oom;
mod outcomes;
#[cfg(test)]
mod sample;
mod signaled;

pub use cause::{Cause, Confidence, Outcome, Verdict};
pub use classify::classify;
pub use culprit::culprit;
pub use evidence::{CPU_SLACK, Ending, Evidence, KillReason, Limits, MemorySlot, Outside, RunFact};
pub use exit::{ending, signal_name};
pub use fingerprint::{fingerprint, fingerprint_of};
pub use outcomes::{RunOutcomes, outcomes};
