//! What happened (cause, outcome), what is concluded from it (decision), and the report that tells
//! both. Types only; `crash` and `policy` decide.

mod crash_id;
mod decision;
mod exchange;
mod report;

pub use crash_id::CrashId;
pub use decision::{Decision, DecisionKind, ItemAt, PolicyState};
pub use exchange::{ExchangeKind, ExchangeReport};
pub use report::{
    CrashReport, FaultReport, RecordingReport, Reproduction, RunStageReport, StderrText,
};
pub use shared::death::{
    Cause, Confidence, Ending, Evidence, KillReason, MemorySlot, Outcome, RunFact, Verdict,
};
