//! Every message that the two processes exchange. Their bytes are pinned by golden tests.
//!
//! *Invariant:* changing a message, or anything it carries, raises [`PROTOCOL_VERSION`].

use serde::{Deserialize, Serialize};

use crate::attempt::{Attempt, ModeState};
use crate::failure::Failure;
use crate::id::RunNo;
use crate::record::{MAX_RECORDS, Record, at_most};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::window::Slice;

/// Version of the messages; both ends must have the same.
pub const PROTOCOL_VERSION: u32 = 1;

/// What the supervisor says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToChild {
    /// What to do, and the access token for it. The first message, once.
    Start {
        /// The orders.
        attempt: Box<Attempt>,
        /// The account's access token.
        token: Secret,
    },
    /// Everything up to and including `seq` of that run is committed.
    Ack {
        /// Which run.
        run: RunNo,
        /// Sequence number of the batch, state or checkpoint.
        seq: u32,
    },
    /// What the run sent cannot be accepted; it must end with `RunFailed` of this failure.
    Refused {
        /// Which run.
        run: RunNo,
        /// Why.
        failure: Failure,
    },
    /// Finish: begin no new slice, send what is complete, then `Bye`.
    Stop {
        /// How long until stronger means follow, in milliseconds.
        grace_ms: u64,
    },
}

/// What the child says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromChild {
    /// The first message, once.
    Hello {
        /// [`PROTOCOL_VERSION`] of the child.
        version: u32,
        /// [`crate::build::BUILD`] of the child.
        build: String,
        /// Its process id, as it sees it.
        pid: u32,
    },
    /// Records that may be committed on their own.
    Batch {
        /// Which run.
        run: RunNo,
        /// Its place in the run's sequence.
        seq: u32,
        /// At least one, at most [`MAX_RECORDS`].
        #[serde(deserialize_with = "at_most::<_, _, MAX_RECORDS>")]
        records: Vec<Record>,
    },
    /// Something to remember at once, such as the id of a report that eBay is making.
    State {
        /// Which run.
        run: RunNo,
        /// Its place in the run's sequence.
        seq: u32,
        /// What to remember.
        state: ModeState,
    },
    /// Everything of this slice or snapshot has been sent and acknowledged.
    Checkpoint {
        /// Which run.
        run: RunNo,
        /// Its place in the run's sequence.
        seq: u32,
        /// What is complete.
        mark: Mark,
        /// What was sent for it.
        counts: Counts,
    },
    /// The run took all that its time allowed.
    RunDone {
        /// Which run.
        run: RunNo,
    },
    /// The run cannot go on before a time; not a failure.
    RunSnoozed {
        /// Which run.
        run: RunNo,
        /// When to come back.
        until: Timestamp,
    },
    /// The run cannot go on.
    RunFailed {
        /// Which run.
        run: RunNo,
        /// Why.
        failure: Failure,
    },
    /// The run does nothing before a time, on purpose: silence until then is not a hang.
    Waiting {
        /// Which run.
        run: RunNo,
        /// Until when.
        until: Timestamp,
    },
    /// Every run has ended; the process exits next.
    Bye,
}

/// What a checkpoint completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// A slice of the run's window.
    Slice(Slice),
    /// A snapshot as of this time.
    Snapshot(Timestamp),
}

/// What was sent since the checkpoint before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Records in all batches of this slice or snapshot.
    pub records: u64,
    /// Items that eBay sent.
    pub items: u64,
    /// Items that eBay announced, if it did.
    pub announced: Option<u64>,
}

impl FromChild {
    /// The run that it speaks of.
    pub const fn run(&self) -> Option<RunNo> {
        match self {
            Self::Hello { .. } | Self::Bye => None,
            Self::Batch { run, .. }
            | Self::State { run, .. }
            | Self::Checkpoint { run, .. }
            | Self::RunDone { run }
            | Self::RunSnoozed { run, .. }
            | Self::RunFailed { run, .. }
            | Self::Waiting { run, .. } => Some(*run),
        }
    }

    /// Its name in messages about violations.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Hello { .. } => "Hello",
            Self::Batch { .. } => "Batch",
            Self::State { .. } => "State",
            Self::Checkpoint { .. } => "Checkpoint",
            Self::RunDone { .. } => "RunDone",
            Self::RunSnoozed { .. } => "RunSnoozed",
            Self::RunFailed { .. } => "RunFailed",
            Self::Waiting { .. } => "Waiting",
            Self::Bye => "Bye",
        }
    }
}

impl ToChild {
    /// Its name in messages about violations.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Start { .. } => "Start",
            Self::Ack { .. } => "Ack",
            Self::Refused { .. } => "Refused",
            Self::Stop { .. } => "Stop",
        }
    }
}
