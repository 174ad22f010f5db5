//! What happened (cause, outcome), what is concluded from it (decision), and the report that tells
//! both. Types only; `crash` and `policy` decide.

mod decision;
mod report;

pub use decision::{Decision, DecisionKind, ItemAt, PolicyState};
pub use report::{
    CrashId, CrashReport, FaultReport, RecordingReport, Reproduction, RunStageReport, StderrText,
};
pub use shared::death::{
    Cause, Confidence, Ending, Evidence, KillReason, MemorySlot, Outcome, RunFact, Verdict,
};
