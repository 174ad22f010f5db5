//! Layout of a recording: what happened to the runs of one attempt, in the order in which it did.
//!
//! A header, then entries: each a fixed head (kind, run, length, time, live heap) and a payload. All
//! numbers are little-endian. The supervisor writes [`empty`] before it spawns the child; the child
//! appends each entry before it acts on it; a replay reads it with [`Reader`], which treats the file
//! as hostile and accepts that a death cut the last entry off.
//!
//! *Not here:* what the payloads say, which is between the child and its replay.
//!
//! *Invariant:* nothing here panics, or allocates more than one payload at its cap.

mod read;

pub use read::{Reader, RecordingError, Summary, summarise};

use crate::flight::RecordingStopped;
use crate::id::RunNo;
use crate::time::Timestamp;

/// First eight bytes of the file.
pub const MAGIC: u64 = u64::from_le_bytes(*b"bulkrec\0");
/// Raised when the layout or the meaning of an entry changes.
pub const VERSION: u32 = 1;
/// Name of the file in the attempt's directory, and beside a crash report.
pub const FILE_NAME: &str = "recording";
/// Bytes of the header: magic, version, and why the recording stopped.
pub const HEADER_SIZE: usize = 16;
/// Where the header says why the recording stopped: a `u32`, 0 while it has not. It is overwritten in
/// place, which a full disk allows.
pub const STOPPED_AT: u64 = 12;
/// Bytes of an entry's head.
pub const HEAD_SIZE: usize = 24;
/// The longest payload, in bytes. A chunk of a body is far smaller: the client's windows bound it.
pub const MAX_PAYLOAD: usize = 16 * 1024 * 1024;
/// The run of an entry that concerns all.
pub const EVERYONE: RunNo = RunNo(u8::MAX);

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The run asked for the time: it is the entry's.
    Clock,
    /// The run went on after it had let the others have their turn.
    Turn,
    /// The run went on after a wait.
    Woke,
    /// The run sent a request; no secret is in it.
    Request,
    /// Headers came.
    Answer,
    /// No headers came; why, in words.
    SendError,
    /// A piece of a body, as transferred.
    Chunk,
    /// The body ended.
    BodyEnd,
    /// The body broke off; why, in words.
    BodyError,
    /// The supervisor committed a frame.
    Ack,
    /// The supervisor answered a probe.
    Needed,
    /// The supervisor answered that there is a fresher token, or none; never the token.
    Token,
    /// The supervisor refused what the run sent.
    Refused,
    /// The supervisor asked to stop.
    Stop,
}

impl Kind {
    /// Every kind, in the order of their numbers in the file, from 1.
    pub const ALL: [Self; 14] = [
        Self::Clock,
        Self::Turn,
        Self::Woke,
        Self::Request,
        Self::Answer,
        Self::SendError,
        Self::Chunk,
        Self::BodyEnd,
        Self::BodyError,
        Self::Ack,
        Self::Needed,
        Self::Token,
        Self::Refused,
        Self::Stop,
    ];

    /// The number in the file; 0 is none, so that a hole in a file is no entry.
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clock => "a look at the clock",
            Self::Turn => "a turn for the others",
            Self::Woke => "the end of a wait",
            Self::Request => "a request",
            Self::Answer => "an answer",
            Self::SendError => "a request without an answer",
            Self::Chunk => "a piece of a body",
            Self::BodyEnd => "the end of a body",
            Self::BodyError => "a body that broke off",
            Self::Ack => "an acknowledgement",
            Self::Needed => "the answer to a probe",
            Self::Token => "the answer about a token",
            Self::Refused => "a refusal",
            Self::Stop => "the order to stop",
        }
    }

    /// Whether it came from the supervisor.
    pub const fn is_frame(self) -> bool {
        match self {
            Self::Ack | Self::Needed | Self::Token | Self::Refused | Self::Stop => true,
            Self::Clock
            | Self::Turn
            | Self::Woke
            | Self::Request
            | Self::Answer
            | Self::SendError
            | Self::Chunk
            | Self::BodyEnd
            | Self::BodyError => false,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// The head of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// What happened.
    pub kind: Kind,
    /// To which run; [`EVERYONE`] if to all.
    pub run: RunNo,
    /// Bytes of the payload, at most [`MAX_PAYLOAD`].
    pub len: u32,
    /// When.
    pub at: Timestamp,
    /// Bytes of live heap then.
    pub live: u64,
}

impl Head {
    /// Its bytes.
    pub fn bytes(&self) -> [u8; HEAD_SIZE] {
        let mut bytes = [0; HEAD_SIZE];
        let fields = [self.kind.number(), self.run.0, 0, 0].into_iter();
        let rest = self.len.to_le_bytes().into_iter();
        let rest = rest.chain(self.at.0.to_le_bytes());
        let all = fields.chain(rest).chain(self.live.to_le_bytes());
        for (byte, value) in bytes.iter_mut().zip(all) {
            *byte = value;
        }
        bytes
    }
}

/// A recording in which nothing has happened yet.
pub fn empty() -> [u8; HEADER_SIZE] {
    header(None)
}

/// The header of a recording that stopped for this reason.
pub fn header(stopped: Option<RecordingStopped>) -> [u8; HEADER_SIZE] {
    let mut bytes = [0; HEADER_SIZE];
    let fields = MAGIC.to_le_bytes().into_iter().chain(VERSION.to_le_bytes());
    for (byte, value) in bytes.iter_mut().zip(fields.chain(stop_mark(stopped))) {
        *byte = value;
    }
    bytes
}

/// What stands at [`STOPPED_AT`].
pub fn stop_mark(stopped: Option<RecordingStopped>) -> [u8; 4] {
    let number = stopped.map_or(0, RecordingStopped::number);
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests;
