//! Records of one run on their way out: batches of about 256 KiB, at most a few unacknowledged.

use shared::attempt::ModeState;
use shared::failure::{Failure, Place};
use shared::flight::Phase;
use shared::id::RunNo;
use shared::record::{MAX_KEY_PART, MAX_RECORD, MAX_RECORDS, Record};
use shared::secret::Secret;
use shared::time::Timestamp;
use shared::wire::message::{Counts, FromChild, SkippedRows};
use shared::wire::session::MAX_UNACKED;

use super::wire::{Wire, WireError};
use crate::stage::RunStage;
use crate::workers::step::{Completed, Probe};

/// A batch is cut before it grows over this, in bytes; a single record may be larger.
pub const BATCH_BYTES: usize = 256 * 1024;
/// A batch is cut at this many records: what the supervisor commits in one transaction.
pub const BATCH_RECORDS: usize = MAX_RECORDS;
/// After a frame above this size, in bytes, the run waits until it is acknowledged: memory holds
/// one such frame at a time.
const BIG_FRAME: usize = 1024 * 1024;
/// Room for one item of a probe, in bytes.
const PROBED: usize = 128;
/// Room for a frame's envelope, in bytes.
const ENVELOPE: usize = 256;

/// What a run has collected and not sent.
#[derive(Debug)]
pub struct Emitter {
    wire: Wire,
    run: RunNo,
    stage: RunStage,
    batch: Vec<Record>,
    bytes: usize,
    /// Records sent since the checkpoint before.
    sent: u64,
}

impl Emitter {
    /// The way out of this run.
    pub fn new(wire: Wire, run: RunNo) -> Self {
        Self {
            wire,
            run,
            stage: RunStage::new(run),
            batch: Vec::new(),
            bytes: 0,
            sent: 0,
        }
    }

    /// Adds a record, and sends the batch when it is full. A record over the caps is `TooLarge`;
    /// the caller adds the place.
    pub async fn push(&mut self, record: Record) -> Result<(), Failure> {
        let size = fit(&record)?;
        let full = self.bytes + size > BATCH_BYTES || self.batch.len() >= BATCH_RECORDS;
        if full && !self.batch.is_empty() {
            self.flush().await?;
        }
        self.bytes += size;
        self.batch.push(record);
        if self.bytes > BATCH_BYTES {
            self.flush().await?;
        }
        Ok(())
    }

    /// Sends what was collected; waits while too much is unacknowledged.
    pub async fn flush(&mut self) -> Result<(), Failure> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.stage.phase(Phase::Sending);
        self.wire.at_most_unacked(self.run, MAX_UNACKED - 1).await;
        let records = std::mem::take(&mut self.batch);
        let size = std::mem::take(&mut self.bytes) + ENVELOPE;
        let count = records.len() as u64;
        let message = FromChild::Batch {
            run: self.run,
            seq: self.wire.next_seq(self.run),
            records,
        };
        self.send(&message, size)?;
        drop(message);
        self.sent += count;
        self.stage.records(count);
        if size > BIG_FRAME {
            self.wire.at_most_unacked(self.run, 0).await;
        }
        Ok(())
    }

    /// Has a state remembered; returns when it is.
    pub async fn state(&mut self, state: ModeState) -> Result<(), Failure> {
        self.settle().await?;
        let seq = self.wire.next_seq(self.run);
        let run = self.run;
        self.send(&FromChild::State { run, seq, state }, ENVELOPE)?;
        self.wire.at_most_unacked(run, 0).await;
        Ok(())
    }

    /// Asks which items are not stored in their version; returns their positions.
    pub async fn probe(&mut self, probe: Probe) -> Result<Vec<usize>, Failure> {
        self.settle().await?;
        let (run, seq) = (self.run, self.wire.next_seq(self.run));
        let Probe { table, items } = probe;
        let bound = items.len();
        let message = FromChild::Probe {
            run,
            seq,
            table,
            items,
        };
        self.send(&message, ENVELOPE + bound * PROBED)?;
        let indices = self.wire.needed(run).await;
        let positions = indices.into_iter().map(|index| index as usize);
        Ok(positions.filter(|position| *position < bound).collect())
    }

    /// Which run it is.
    pub const fn run(&self) -> RunNo {
        self.run
    }

    /// Says that an item was passed over: the one at this position of the order's list.
    pub async fn skipped(&mut self, skip: u32, rows: Option<SkippedRows>) -> Result<(), Failure> {
        self.wire.at_most_unacked(self.run, MAX_UNACKED - 1).await;
        let message = FromChild::Skipped {
            run: self.run,
            seq: self.wire.next_seq(self.run),
            skip,
            rows,
        };
        self.send(&message, ENVELOPE + MAX_KEY_PART)
    }

    /// Asks for a fresher access token, and waits for the answer.
    pub async fn fresh_token(&self) -> Result<Option<Secret>, Failure> {
        let token = self.wire.fresh_token(self.run).await;
        token.map_err(|error| bug(&error))
    }

    /// Says that a slice or snapshot is complete; returns when that is committed.
    pub async fn checkpoint(&mut self, completed: Completed) -> Result<(), Failure> {
        self.settle().await?;
        let message = FromChild::Checkpoint {
            run: self.run,
            seq: self.wire.next_seq(self.run),
            mark: completed.mark,
            counts: Counts {
                records: std::mem::take(&mut self.sent),
                items: completed.items,
                announced: completed.announced,
            },
        };
        self.send(&message, ENVELOPE)?;
        self.wire.at_most_unacked(self.run, 0).await;
        Ok(())
    }

    /// Says that the run does nothing before this time, on purpose.
    pub fn waiting(&self, until: Timestamp) -> Result<(), Failure> {
        let run = self.run;
        self.send(&FromChild::Waiting { run, until }, ENVELOPE)
    }

    /// Sends what was collected and waits until everything is acknowledged.
    pub async fn settle(&mut self) -> Result<(), Failure> {
        self.flush().await?;
        self.stage.phase(Phase::Sending);
        self.wire.at_most_unacked(self.run, 0).await;
        Ok(())
    }

    fn send(&self, message: &FromChild, size: usize) -> Result<(), Failure> {
        self.wire.send(message, size).map_err(|error| bug(&error))
    }
}

/// Only a mistake of ours makes the wire refuse a message.
fn bug(error: &WireError) -> Failure {
    Failure::Bug {
        what: error.to_string(),
    }
}

/// The size of a record that keeps the caps.
fn fit(record: &Record) -> Result<usize, Failure> {
    let size = record.size();
    let what = if size > MAX_RECORD {
        format!("record of {size} bytes is over the cap of {MAX_RECORD}")
    } else if let Some(part) = record.key.iter().find(|part| part.len() > MAX_KEY_PART) {
        format!(
            "key of {} bytes is over the cap of {MAX_KEY_PART}",
            part.len()
        )
    } else {
        return Ok(size);
    };
    Err(Failure::TooLarge {
        what,
        place: Place::default(),
    })
}

#[cfg(test)]
mod tests;
