//! What happened (cause, outcome), what is concluded from it (decision), and the report that tells
//! both. Types only; `crash` and `policy` decide.

mod cause;
mod decision;
mod evidence;
mod report;

pub use cause::{Cause, Confidence, Outcome, Verdict};
pub use decision::{Decision, DecisionKind, PolicyState};
pub use evidence::{Ending, Evidence, KillReason, MemorySlot, RunFact};
pub use report::{CrashId, CrashReport, RunStageReport, StderrText};
