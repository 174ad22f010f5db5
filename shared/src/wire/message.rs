//! Every message that the two processes exchange. Their bytes are pinned by golden tests.
//!
//! *Invariant:* changing a message, or anything it carries, raises [`PROTOCOL_VERSION`].

use serde::{Deserialize, Serialize};

use crate::attempt::{Attempt, ModeState};
use crate::failure::Failure;
use crate::id::RunNo;
use crate::record::{MAX_KEY_PARTS, MAX_RECORDS, Record, at_most};
use crate::sandbox::SandboxMode;
use crate::secret::Secret;
use crate::table::Table;
use crate::time::Timestamp;
use crate::window::Slice;

/// Version of the messages; both ends must have the same.
pub const PROTOCOL_VERSION: u32 = 4;

/// The most items that one probe may ask about.
pub const MAX_PROBES: usize = 1_000;

/// The longest version of a summary, in bytes.
pub const MAX_VERSION: usize = 64;

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
    /// The answer to a probe, which it also acknowledges.
    Needed {
        /// Which run.
        run: RunNo,
        /// Sequence number of the probe.
        seq: u32,
        /// Positions in the probe of the items that are not stored in that version, ascending.
        #[serde(deserialize_with = "at_most::<_, _, MAX_PROBES>")]
        indices: Vec<u32>,
    },
    /// The answer to `NeedToken`.
    Token {
        /// Which run.
        run: RunNo,
        /// A fresher access token, or none if there is none.
        token: Option<Secret>,
    },
    /// Get this instead of syncing: the first message of a token child, once, in the place of `Start`.
    Exchange(Box<Exchange>),
}

/// What a token child is to get, and all that it needs for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The full URL that is asked.
    pub url: String,
    /// What is asked there.
    pub ask: Ask,
    /// How long connecting may take, in milliseconds.
    pub connect_timeout_ms: u64,
    /// How long everything may take, in milliseconds.
    pub timeout_ms: u64,
    /// How much of the sandbox must be in force.
    pub sandbox: SandboxMode,
}

/// One question for tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// Of eBay: an access token for a refresh token.
    Refresh {
        /// The application's client id.
        client_id: String,
        /// The application's client secret.
        client_secret: Secret,
        /// The account's refresh token.
        refresh_token: Secret,
    },
    /// Of eBay: both tokens for the code of a consent.
    Code {
        /// The application's client id.
        client_id: String,
        /// The application's client secret.
        client_secret: Secret,
        /// The redirect name with which consent was asked for.
        ru_name: String,
        /// The code.
        code: Secret,
    },
    /// Of the web app: the access token of one account.
    WebApp {
        /// The key that the web app knows us by.
        key: Secret,
        /// How it names the account.
        ebay_account: String,
    },
    /// Of the web app: to refresh the tokens of all its accounts.
    WebAppRefresh {
        /// The key that the web app knows us by.
        key: Secret,
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
    /// Which of these items are not stored in this version? Answered by `Needed`.
    Probe {
        /// Which run.
        run: RunNo,
        /// Its place in the run's sequence.
        seq: u32,
        /// Where they are stored.
        table: Table,
        /// At least one, at most [`MAX_PROBES`].
        #[serde(deserialize_with = "at_most::<_, _, MAX_PROBES>")]
        items: Vec<Probed>,
    },
    /// eBay refused the access token; answered by `Token`. The run sends nothing before that.
    NeedToken {
        /// Which run.
        run: RunNo,
    },
    /// An item was passed over, as ordered: what stands in it is not stored by this run.
    Skipped {
        /// Which run.
        run: RunNo,
        /// Its place in the run's sequence.
        seq: u32,
        /// Position in the order's list of items to pass over.
        skip: u32,
        /// Which rows it would have had, if that is known.
        rows: Option<SkippedRows>,
    },
    /// The answer to an exchange, and the last message of a token child.
    Exchanged(Exchanged),
}

/// What came of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exchanged {
    /// There is an access token.
    Granted {
        /// Itself.
        access: Secret,
        /// When it ends.
        expires_at: Timestamp,
        /// The refresh token, if a new one came along.
        refresh: Option<Secret>,
    },
    /// The web app has refreshed its tokens, or not.
    Refreshed {
        /// Of how many accounts.
        refreshed: u64,
        /// Of how many not.
        failed: u64,
    },
    /// The seller must give consent again: trying again is useless.
    Revoked {
        /// In a few words.
        what: String,
    },
    /// Who asked is not accepted: the application's credentials, or the key of the web app.
    Unaccepted {
        /// In a few words.
        what: String,
    },
    /// What came is no token, or none that may be used.
    Unusable {
        /// In a few words, without what came.
        what: String,
    },
    /// The network, or the other side, is not well: another time.
    Unavailable {
        /// In a few words.
        what: String,
    },
}

/// One item of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    /// Its key, as in a record.
    #[serde(deserialize_with = "at_most::<_, _, MAX_KEY_PARTS>")]
    pub key: Vec<String>,
    /// The version of its summary, at most [`MAX_VERSION`] bytes: compared with the table's column
    /// of [`crate::table::Kind::Mark`].
    pub version: String,
}

/// The rows of an item that was passed over: those of this table whose key begins with this part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedRows {
    /// The table.
    pub table: Table,
    /// The first part of their keys.
    pub key: String,
}

/// What a checkpoint completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// A slice of the run's window.
    Slice(Slice),
    /// A snapshot as of this time.
    Snapshot(Timestamp),
    /// A slice of the run's deep pass: moves no cursor.
    Deep(Slice),
    /// A rescan up to this time: the order's `until`.
    Rescan(Timestamp),
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
            Self::Hello { .. } | Self::Bye | Self::Exchanged(_) => None,
            Self::Batch { run, .. }
            | Self::Probe { run, .. }
            | Self::NeedToken { run }
            | Self::Skipped { run, .. }
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
            Self::Probe { .. } => "Probe",
            Self::NeedToken { .. } => "NeedToken",
            Self::Skipped { .. } => "Skipped",
            Self::State { .. } => "State",
            Self::Checkpoint { .. } => "Checkpoint",
            Self::RunDone { .. } => "RunDone",
            Self::RunSnoozed { .. } => "RunSnoozed",
            Self::RunFailed { .. } => "RunFailed",
            Self::Waiting { .. } => "Waiting",
            Self::Bye => "Bye",
            Self::Exchanged(_) => "Exchanged",
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
            Self::Needed { .. } => "Needed",
            Self::Token { .. } => "Token",
            Self::Stop { .. } => "Stop",
            Self::Exchange(_) => "Exchange",
        }
    }
}
