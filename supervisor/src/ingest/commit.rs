//! Batches and mode states on their way to the store.

use shared::attempt::{ModeState, RunMode};
use shared::failure::{Failure, Place};
use shared::id::RunNo;
use shared::record::{MAX_RECORDS, Record};
use shared::table::Table;
use shared::time::Timestamp;
use shared::worker::Mode;

use super::{Ingest, IngestError, RunProgress, check, find, hash};
use crate::store::{BatchCommit, BatchResult, BatchRow, Grant, Store};

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
        if progress.is_covered() {
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
            return Err(IngestError::violation(
                "a mode state of a run that is no snapshot",
            ));
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
}

impl RunProgress {
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
}
