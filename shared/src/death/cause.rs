//! How a child ended, and what that means for each of its runs.

use crate::failure::Failure;
use crate::id::RunNo;
use crate::time::Timestamp;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use super::exit::{SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS};

/// How a child process ended.
///
/// As JSON it is an object whose `kind` is [`Cause::name`], with the fields of the variant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Cause {
    /// It said `Bye` and exited 0.
    Completed,
    /// It exited with a code of its own that says why.
    Failed {
        /// The exit code.
        code: i32,
        /// What the code means.
        meaning: String,
    },
    /// An allocation failed at its memory limit.
    MemoryLimit,
    /// The kernel's out-of-memory killer took it: the machine or its control group had no more.
    KernelOom,
    /// A stack overflowed.
    StackOverflow,
    /// It panicked.
    Panic,
    /// It aborted and left no evidence why.
    Abort,
    /// It used up its processor time.
    CpuLimit,
    /// A signal that we did not send: its own fault, as far as the evidence goes.
    #[serde(
        alias = "segv",
        alias = "bus",
        alias = "ill",
        alias = "fpe",
        alias = "sys"
    )]
    Signal {
        /// The signal's number.
        number: i32,
        /// The signal's name, for example `SIGSEGV`.
        name: String,
    },
    /// A run made no progress for too long.
    Hung,
    /// A run passed its deadline.
    Deadline,
    /// It did not say `Hello` in time.
    NeverReady,
    /// Someone asked for its end.
    Cancelled,
    /// The supervisor was stopping.
    Drained,
    /// A signal that we did not send.
    KilledExternally,
    /// It sent something that is not legal.
    ProtocolViolation {
        /// What it did.
        what: String,
    },
    /// It exited 0 without `Bye`.
    ExitedEarly,
    /// It could not be started, or is of another build.
    SpawnFailed {
        /// What happened.
        what: String,
    },
    /// None of the above fits.
    Unknown,
}

impl Cause {
    /// The name in database, reports and output. The signals that the processor's complaints become
    /// have names of their own; any other is `signal`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed { .. } => "failed",
            Self::MemoryLimit => "memory_limit",
            Self::KernelOom => "kernel_oom",
            Self::StackOverflow => "stack_overflow",
            Self::Panic => "panic",
            Self::Abort => "abort",
            Self::CpuLimit => "cpu_limit",
            Self::Signal { number, .. } => match *number {
                SIGSEGV => "segv",
                SIGBUS => "bus",
                SIGILL => "ill",
                SIGFPE => "fpe",
                SIGSYS => "sys",
                _ => "signal",
            },
            Self::Hung => "hung",
            Self::Deadline => "deadline",
            Self::NeverReady => "never_ready",
            Self::Cancelled => "cancelled",
            Self::Drained => "drained",
            Self::KilledExternally => "killed_externally",
            Self::ProtocolViolation { .. } => "protocol_violation",
            Self::ExitedEarly => "exited_early",
            Self::SpawnFailed { .. } => "spawn_failed",
            Self::Unknown => "unknown",
        }
    }

    /// Why a replay cannot bring it about: it plays what came over the network, and this came from
    /// elsewhere. `None` if it can.
    pub const fn beyond_replay(&self) -> Option<&'static str> {
        match self {
            Self::Deadline => Some("its time ran out, and a replay does not take that time"),
            Self::KilledExternally => Some("someone outside of Bulkhead killed it"),
            Self::KernelOom => Some("the kernel killed it because the machine had no more memory"),
            Self::Cancelled => Some("it was cancelled"),
            Self::Drained => Some("the supervisor was stopping"),
            Self::NeverReady => Some("it was not ready in time, before anything was recorded"),
            Self::SpawnFailed { .. } => Some("it was never started"),
            Self::Completed
            | Self::Failed { .. }
            | Self::MemoryLimit
            | Self::StackOverflow
            | Self::Panic
            | Self::Abort
            | Self::CpuLimit
            | Self::Signal { .. }
            | Self::Hung
            | Self::ProtocolViolation { .. }
            | Self::ExitedEarly
            | Self::Unknown => None,
        }
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.name())?;
        if let Self::Failed { code, meaning } = self {
            map.serialize_entry("code", code)?;
            map.serialize_entry("meaning", meaning)?;
        }
        if let Self::Signal { number, name } = self {
            map.serialize_entry("number", number)?;
            map.serialize_entry("name", name)?;
        }
        if let Self::ProtocolViolation { what } | Self::SpawnFailed { what } = self {
            map.serialize_entry("what", what)?;
        }
        map.end()
    }
}

/// How sure a cause is. A label is never stronger than its evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The evidence admits no other story.
    Proven,
    /// The evidence fits, and others are possible.
    Inferred,
    /// The evidence is missing or contradicts itself.
    Unknown,
}

impl Confidence {
    /// The name in database, reports and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Inferred => "inferred",
            Self::Unknown => "unknown",
        }
    }
}

/// A cause with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// How it ended.
    pub cause: Cause,
    /// How sure that is.
    pub confidence: Confidence,
    /// Sentences, each an observation.
    pub evidence: Vec<String>,
    /// The run that did it, if one is known.
    pub culprit: Option<RunNo>,
    /// How sure the culprit is.
    pub culprit_confidence: Confidence,
}

/// What became of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It covered what its time allowed.
    Completed,
    /// It asked to come back later.
    Snoozed {
        /// When.
        until: Timestamp,
    },
    /// It said why it could not go on.
    Failed(Failure),
    /// It took the process with it.
    Died(Cause),
    /// Another run, or the supervisor's own end, took it along.
    Interrupted,
    /// Someone asked for its end.
    Cancelled,
    /// The supervisor was stopping.
    Drained,
}

impl Outcome {
    /// The name in database, reports and output.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Snoozed { .. } => "snoozed",
            Self::Failed(_) => "failed",
            Self::Died(_) => "died",
            Self::Interrupted => "interrupted",
            Self::Cancelled => "cancelled",
            Self::Drained => "drained",
        }
    }

    /// The name within the kind: a failure's or a cause's, otherwise empty.
    pub const fn detail(&self) -> &'static str {
        match self {
            Self::Failed(failure) => failure.name(),
            Self::Died(cause) => cause.name(),
            Self::Completed
            | Self::Snoozed { .. }
            | Self::Interrupted
            | Self::Cancelled
            | Self::Drained => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::death::signal_name;

    #[test]
    fn a_cause_is_the_same_after_json_and_its_kind_is_its_name() {
        let signal = |number| Cause::Signal {
            number,
            name: signal_name(number),
        };
        let what = || "what".to_owned();
        let causes = [
            (Cause::Completed, "completed"),
            (
                Cause::Failed {
                    code: 70,
                    meaning: what(),
                },
                "failed",
            ),
            (Cause::MemoryLimit, "memory_limit"),
            (Cause::KernelOom, "kernel_oom"),
            (Cause::StackOverflow, "stack_overflow"),
            (Cause::Panic, "panic"),
            (Cause::Abort, "abort"),
            (Cause::CpuLimit, "cpu_limit"),
            (signal(11), "segv"),
            (signal(7), "bus"),
            (signal(4), "ill"),
            (signal(8), "fpe"),
            (signal(31), "sys"),
            (signal(25), "signal"),
            (Cause::Hung, "hung"),
            (Cause::Deadline, "deadline"),
            (Cause::NeverReady, "never_ready"),
            (Cause::Cancelled, "cancelled"),
            (Cause::Drained, "drained"),
            (Cause::KilledExternally, "killed_externally"),
            (
                Cause::ProtocolViolation { what: what() },
                "protocol_violation",
            ),
            (Cause::ExitedEarly, "exited_early"),
            (Cause::SpawnFailed { what: what() }, "spawn_failed"),
            (Cause::Unknown, "unknown"),
        ];
        for (cause, name) in causes {
            assert_eq!(cause.name(), name);
            let json = serde_json::to_value(&cause).unwrap();
            assert_eq!(json["kind"], name);
            assert_eq!(serde_json::from_value::<Cause>(json).unwrap(), cause);
        }
        // The general name is understood for every signal.
        let old = r#"{"kind":"signal","number":11,"name":"SIGSEGV"}"#;
        assert_eq!(serde_json::from_str::<Cause>(old).unwrap(), signal(11));
    }
}
