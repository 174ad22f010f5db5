//! The child's end of the wire: blocking, one frame at a time.

use std::io::{self, Read, Stdin, Stdout, Write};

use shared::attempt::Attempt;
use shared::failure::Failure;
use shared::id::RunNo;
use shared::record::Record;
use shared::secret::Secret;
use shared::table::Table;
use shared::wire::codec::{CodecError, decode_body, encode_frame};
use shared::wire::frame::{FrameError, read_blocking};
use shared::wire::message::{Counts, Exchange, FromChild, Mark, Probed, ToChild};

/// Why the conversation cannot go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum TalkError {
    /// The supervisor is gone.
    #[error("the supervisor is gone")]
    Gone,
    /// It asks to stop.
    #[error("asked to stop")]
    Stop,
    /// It does not take what a run sent.
    #[error("run {0} was refused: {1}")]
    Refused(RunNo, Failure),
    /// Writing to standard output failed.
    #[error("writing a frame failed: {0}")]
    Write(#[source] io::Error),
    /// Reading from standard input failed.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The bytes are no message.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// Not the message that had to come.
    #[error("{0} came out of turn")]
    Unexpected(&'static str),
}

/// An open conversation.
#[derive(Debug)]
pub(super) struct Talk {
    input: Stdin,
    output: Stdout,
    next: Vec<u32>,
}

impl Talk {
    /// Takes the standard streams.
    pub(super) fn new() -> Self {
        Self {
            input: io::stdin(),
            output: io::stdout(),
            next: Vec::new(),
        }
    }

    /// Sends bytes as they are.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> Result<(), TalkError> {
        let mut output = self.output.lock();
        output
            .write_all(bytes)
            .and_then(|()| output.flush())
            .map_err(TalkError::Write)
    }

    /// Sends a message.
    pub(super) fn say(&mut self, message: &FromChild) -> Result<(), TalkError> {
        let mut frame = Vec::new();
        encode_frame(message, &mut frame)?;
        self.raw(&frame)
    }

    fn hear(&mut self) -> Result<ToChild, TalkError> {
        match read_blocking(&mut self.input.lock())? {
            Some(body) => Ok(decode_body(&body)?),
            None => Err(TalkError::Gone),
        }
    }

    /// Waits for the orders.
    pub(super) fn start(&mut self) -> Result<(Attempt, Secret), TalkError> {
        match self.hear()? {
            ToChild::Start { attempt, token } => {
                self.next = vec![0; attempt.runs.len()];
                Ok((*attempt, token))
            }
            ToChild::Stop { .. } => Err(TalkError::Stop),
            other @ (ToChild::Ack { .. }
            | ToChild::Refused { .. }
            | ToChild::Needed { .. }
            | ToChild::Token { .. }
            | ToChild::Exchange(_)) => Err(TalkError::Unexpected(other.name())),
        }
    }

    /// Waits for the orders of a token child.
    pub(super) fn exchange(&mut self) -> Result<Exchange, TalkError> {
        match self.hear()? {
            ToChild::Exchange(exchange) => Ok(*exchange),
            other @ (ToChild::Start { .. }
            | ToChild::Ack { .. }
            | ToChild::Refused { .. }
            | ToChild::Stop { .. }
            | ToChild::Needed { .. }
            | ToChild::Token { .. }) => Err(out_of_turn(other)),
        }
    }

    /// The next sequence number of the run.
    pub(super) fn next(&mut self, run: RunNo) -> u32 {
        match self.next.get_mut(run.index()) {
            Some(next) => {
                *next += 1;
                *next - 1
            }
            None => 0,
        }
    }

    /// Sends records and waits until they are committed.
    pub(super) fn batch(&mut self, run: RunNo, records: Vec<Record>) -> Result<(), TalkError> {
        let seq = self.next(run);
        self.say(&FromChild::Batch { run, seq, records })?;
        self.acknowledged(run, seq)
    }

    /// Sends a checkpoint and waits until it is committed.
    pub(super) fn checkpoint(
        &mut self,
        run: RunNo,
        mark: Mark,
        records: u64,
    ) -> Result<(), TalkError> {
        let seq = self.next(run);
        let counts = Counts {
            records,
            items: records,
            announced: None,
        };
        self.say(&FromChild::Checkpoint {
            run,
            seq,
            mark,
            counts,
        })?;
        self.acknowledged(run, seq)
    }

    /// Asks which of these items are not stored in that version.
    pub(super) fn probe(
        &mut self,
        run: RunNo,
        table: Table,
        items: Vec<Probed>,
    ) -> Result<Vec<u32>, TalkError> {
        let seq = self.next(run);
        self.say(&FromChild::Probe {
            run,
            seq,
            table,
            items,
        })?;
        let answer = self.hear()?;
        if let ToChild::Needed {
            run: told,
            seq: number,
            indices,
        } = &answer
            && (*told, *number) == (run, seq)
        {
            return Ok(indices.clone());
        }
        Err(out_of_turn(answer))
    }

    /// Asks for a fresher token.
    pub(super) fn fresher(&mut self, run: RunNo) -> Result<Option<Secret>, TalkError> {
        self.say(&FromChild::NeedToken { run })?;
        let answer = self.hear()?;
        if let ToChild::Token { run: told, token } = &answer
            && *told == run
        {
            return Ok(token.clone());
        }
        Err(out_of_turn(answer))
    }

    fn acknowledged(&mut self, run: RunNo, seq: u32) -> Result<(), TalkError> {
        let answer = self.hear()?;
        if answer == (ToChild::Ack { run, seq }) {
            return Ok(());
        }
        Err(out_of_turn(answer))
    }

    /// Reads until the supervisor closes the wire.
    pub(super) fn wait_for_the_end(&mut self) {
        // Whatever ends it, it is over.
        drop(self.input.lock().read_to_end(&mut Vec::new()));
    }
}

/// What a message means that does not answer.
fn out_of_turn(message: ToChild) -> TalkError {
    match message {
        ToChild::Refused { run, failure } => TalkError::Refused(run, failure),
        ToChild::Stop { .. } => TalkError::Stop,
        ToChild::Start { .. }
        | ToChild::Ack { .. }
        | ToChild::Needed { .. }
        | ToChild::Token { .. }
        | ToChild::Exchange(_) => TalkError::Unexpected(message.name()),
    }
}
