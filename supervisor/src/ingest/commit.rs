//! Batches, mode states and checkpoints on their way to the store.

use shared::attempt::{ModeState, RunMode};
use shared::failure::{Failure, Place};
use shared::id::RunNo;
use shared::record::{MAX_RECORDS, Record};
use shared::table::Table;
use shared::time::Timestamp;
use shared::window::{Slice, next_slice};
use shared::wire::message::{Counts, Mark};
use shared::worker::Mode;

use super::{Ingest, IngestError, RunProgress, check, find, hash};
use crate::store::{
    BatchCommit, BatchResult, BatchRow, CheckpointResult, Grant, SliceCommit, SnapshotCommit, Store,
};

impl Ingest {
    /// Commits records. A batch of more than 2,000 is committed in several transactions; when one
    /// of them fails, the ones before it stay, and reading them again changes nothing.
    pub async fn batch(
        &mut self,
        run: RunNo,
        records: Vec<Record>,
        now: Timestamp,
    ) -> Result<(), IngestError> {
        let progress = find(&mut self.runs, run)?;
        if records.is_empty() {
            return Err(IngestError::violation("a batch without records"));
        }
        if let RunMode::Window(_) = progress.order.mode
            && progress.next_slice().is_none()
        {
            return Err(IngestError::violation(
                "a batch after the window is covered",
            ));
        }
        for record in &records {
            check::record(progress.order.worker, record).map_err(IngestError::violation)?;
        }
        let mut scratch = Vec::new();
        let mut records = records.into_iter();
        loop {
            let rows: Vec<BatchRow> = records
                .by_ref()
                .take(MAX_RECORDS)
                .map(|record| BatchRow {
                    hash: hash::content(&record, &mut scratch),
                    record,
                })
                .collect();
            if rows.is_empty() {
                break;
            }
            progress
                .commit_rows(&self.store, self.grant, rows, now)
                .await?;
        }
        progress.counters.batches += 1;
        Ok(())
    }

    /// Remembers where a run left off.
    pub async fn state(&mut self, run: RunNo, state: ModeState) -> Result<(), IngestError> {
        let progress = find(&mut self.runs, run)?;
        if progress.order.worker.mode() != Mode::Snapshot {
            return Err(IngestError::violation("a mode state in window mode"));
        }
        let sane = match &state {
            ModeState::InventoryTask { id, created_at } => {
                id.len() <= check::MAX_TASK_ID && check::is_sane_time(*created_at)
            }
            ModeState::Discarded { created_at } => check::is_sane_time(*created_at),
            ModeState::Idle => true,
        };
        if !sane {
            return Err(IngestError::violation("a mode state out of bounds"));
        }
        self.store
            .save_mode_state(self.grant, progress.order.worker, &state)
            .await?;
        Ok(())
    }

    /// Moves the cursor over what the child says is complete.
    pub async fn checkpoint(
        &mut self,
        run: RunNo,
        mark: Mark,
        counts: Counts,
        now: Timestamp,
    ) -> Result<(), IngestError> {
        let progress = find(&mut self.runs, run)?;
        if counts.records != progress.received {
            return Err(IngestError::violation(format!(
                "a checkpoint over {} records after {} were received",
                counts.records, progress.received
            )));
        }
        let (result, end) = match (&progress.order.mode, mark) {
            (RunMode::Window(_), Mark::Slice(slice)) => {
                let result = progress.slice(&self.store, self.grant, slice, now).await?;
                (result, slice.end)
            }
            (RunMode::Snapshot(_), Mark::Snapshot(taken_at)) => {
                let result = progress
                    .snapshot(&self.store, self.grant, taken_at, now)
                    .await?;
                (result, taken_at)
            }
            (RunMode::Window(_) | RunMode::Snapshot(_) | RunMode::Rescan(_), _) => {
                return Err(IngestError::violation("a checkpoint of another mode"));
            }
        };
        progress.counters.ended += committed(result)?;
        progress.counters.slices += 1;
        progress.counters.cursor = Some(end);
        progress.cursor = Some(end);
        progress.received = 0;
        progress.seen.clear();
        Ok(())
    }
}

impl RunProgress {
    /// The slice that the child must be reading.
    fn next_slice(&self) -> Option<Slice> {
        match &self.order.mode {
            RunMode::Window(window) => next_slice(window, self.cursor.unwrap_or(window.cursor)),
            RunMode::Snapshot(_) | RunMode::Rescan(_) => None,
        }
    }

    async fn commit_rows(
        &mut self,
        store: &Store,
        grant: Grant,
        rows: Vec<BatchRow>,
        now: Timestamp,
    ) -> Result<(), IngestError> {
        let count = rows.len() as u64;
        let snapshot = matches!(self.order.mode, RunMode::Snapshot(_));
        let seen = |table: Table, row_id: i64| self.seen.contains(table, row_id);
        let batch = BatchCommit {
            grant,
            run: self.order.run,
            rows,
            seen: snapshot.then_some(&seen),
            now,
        };
        match store.commit_batch(batch).await? {
            BatchResult::Committed { counts, met } => {
                self.seen.extend(met);
                self.received += count;
                self.counters.records += count;
                self.counters.created += counts.created;
                self.counters.updated += counts.updated;
                self.counters.unchanged += counts.unchanged;
                self.counters.stale += counts.stale;
                Ok(())
            }
            BatchResult::Twice { table, key } => Err(IngestError::Refused(Failure::BadData {
                what: format!(
                    "{} {} twice in one snapshot with different content",
                    table.def().entity,
                    check::key_text(&key)
                ),
                place: Place::default(),
            })),
        }
    }

    async fn slice(
        &self,
        store: &Store,
        grant: Grant,
        slice: Slice,
        now: Timestamp,
    ) -> Result<CheckpointResult, IngestError> {
        let expected = self.next_slice();
        if expected != Some(slice) {
            let expected = expected.map_or_else(
                || "none".to_owned(),
                |expected| format!("{} to {}", expected.start, expected.end),
            );
            return Err(IngestError::violation(format!(
                "a checkpoint of {} to {} instead of {expected}",
                slice.start, slice.end
            )));
        }
        let commit = SliceCommit {
            grant,
            worker: self.order.worker,
            slice,
            records: self.received,
            now,
        };
        Ok(store.commit_slice(commit).await?)
    }

    async fn snapshot(
        &self,
        store: &Store,
        grant: Grant,
        taken_at: Timestamp,
        now: Timestamp,
    ) -> Result<CheckpointResult, IngestError> {
        if !check::is_sane_time(taken_at) {
            return Err(IngestError::violation("a snapshot's time out of range"));
        }
        check::taken_at(taken_at, self.cursor, now).map_err(IngestError::Refused)?;
        let commit = SnapshotCommit {
            grant,
            run: self.order.run,
            worker: self.order.worker,
            taken_at,
            seen: &|table, row_id| self.seen.contains(table, row_id),
            records: self.received,
            now,
        };
        Ok(store.commit_snapshot(commit).await?)
    }
}

/// How many rows a committed checkpoint ended, or what the run must fail with.
fn committed(result: CheckpointResult) -> Result<u64, IngestError> {
    let place = Place::default();
    match result {
        CheckpointResult::Committed { ended } => Ok(ended),
        CheckpointResult::CursorElsewhere { stored } => {
            let stored = stored.map_or_else(|| "nowhere".to_owned(), |at| at.to_string());
            Err(IngestError::Refused(Failure::Transient {
                what: format!("the stored cursor was moved to {stored} meanwhile"),
                place,
            }))
        }
        CheckpointResult::Suspect { would_end, open } => {
            Err(IngestError::Refused(Failure::Incomplete {
                what: format!("would end {would_end} of {open} rows; a second report must agree"),
                place,
            }))
        }
    }
}
