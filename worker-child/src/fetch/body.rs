//! A body as it arrives, unpacked piece by piece, so that the runtime gets its turn in between.

use shared::flight::Phase;

use super::client::{Answer, SendError};
use super::errors::ERROR_BODY_BYTES;
use crate::parse::{Caps, ParseError, Progress, Unpack};
use crate::stage::RunStage;

/// After this many unpacked bytes the runtime gets a turn.
const YIELD_BYTES: usize = 256 * 1024;

/// Why a body could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// What came makes no sense.
    #[error("unpacking the body failed: {0}")]
    Unpack(#[source] ParseError),
    /// The connection broke.
    #[error("body was cut off after {received} bytes: {source}")]
    Cut {
        /// Bytes that came before, as transferred.
        received: u64,
        /// What the connection said.
        source: SendError,
    },
}

/// What [`Body::fill`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// It appended at least one byte.
    Some,
    /// The body is complete: nothing was appended.
    End,
}

/// The body of an answer, being read.
#[derive(Debug)]
pub struct Body {
    answer: Answer,
    stage: RunStage,
    unpack: Unpack,
    chunk: Vec<u8>,
    at: usize,
    more_output: bool,
    received: u64,
    /// Unpacked bytes so far: what a death within one long item is placed by.
    unpacked: u64,
    since_yield: usize,
}

impl Body {
    /// The body of this answer; progress is noted for the run.
    pub fn new(answer: Answer, stage: RunStage, caps: Caps) -> Self {
        Self {
            answer,
            stage,
            unpack: Unpack::new(caps),
            chunk: Vec::new(),
            at: 0,
            more_output: false,
            received: 0,
            unpacked: 0,
            since_yield: 0,
        }
    }

    /// Appends up to 64 KiB of the unpacked body to `space`, waiting for the network if it must.
    pub async fn fill(&mut self, space: &mut Vec<u8>) -> Result<Filled, BodyError> {
        loop {
            let used_up = !self.more_output && self.at >= self.chunk.len();
            if used_up && !self.receive().await? {
                self.unpack.finish().map_err(BodyError::Unpack)?;
                return Ok(Filled::End);
            }
            self.stage.phase(Phase::Parsing);
            let before = space.len();
            let mut input = self.chunk.get(self.at..).unwrap_or_default();
            let progress = self
                .unpack
                .step(&mut input, space)
                .map_err(BodyError::Unpack)?;
            self.at = self.chunk.len() - input.len();
            self.more_output = progress == Progress::More;
            let produced = space.len() - before;
            self.unpacked += produced as u64;
            self.stage.byte(self.unpacked);
            self.turn(produced).await;
            if produced > 0 {
                return Ok(Filled::Some);
            }
        }
    }

    /// Waits for the next chunk; false at the end of the body.
    async fn receive(&mut self) -> Result<bool, BodyError> {
        self.stage.phase(Phase::Receiving);
        // The old chunk goes before the new one comes.
        self.chunk = Vec::new();
        self.at = 0;
        match self.answer.chunk().await {
            Ok(Some(chunk)) => {
                self.received += chunk.len() as u64;
                self.stage.received(chunk.len() as u64);
                self.stage.progress();
                self.chunk = chunk;
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(source) => Err(BodyError::Cut {
                received: self.received,
                source,
            }),
        }
    }

    async fn turn(&mut self, produced: usize) {
        self.since_yield += produced;
        if self.since_yield >= YIELD_BYTES {
            self.since_yield = 0;
            self.stage.progress();
            self.answer.turn().await;
        }
    }
}

/// The body of an answer that is not a success: what came of its first 64 KiB, as transferred.
pub async fn error_body(mut answer: Answer, stage: RunStage) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < ERROR_BODY_BYTES {
        // The status decides; a body that breaks off only says less about it.
        let Ok(Some(chunk)) = answer.chunk().await else {
            break;
        };
        stage.received(chunk.len() as u64);
        stage.progress();
        body.extend_from_slice(&chunk);
    }
    body.truncate(ERROR_BODY_BYTES);
    body
}
