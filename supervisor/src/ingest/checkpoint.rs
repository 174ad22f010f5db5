//! Checkpoints on their way to the store: only what was ordered can be completed.

use shared::attempt::{RescanOrder, RunMode};
use shared::failure::{Failure, Place};
use shared::id::RunNo;
use shared::time::Timestamp;
use shared::window::{DeepOrder, Slice, WindowOrder, next_slice};
use shared::wire::message::{Counts, Mark};

use super::{Ingest, IngestError, RunProgress, check, find};
use crate::store::{
    CheckpointResult, DeepCommit, Grant, RescanCommit, SliceCommit, SnapshotCommit, Store,
};

/// What a checkpoint has moved.
enum Moved {
    Cursor(Timestamp),
    Deep(Timestamp),
}

/// Where it is committed, by whom, and when.
#[derive(Clone, Copy)]
struct By<'a> {
    store: &'a Store,
    grant: Grant,
    now: Timestamp,
    /// The latest that it may be, by any clock.
    latest: Timestamp,
}

impl Ingest {
    /// Moves the cursor, or what is left of a deep pass, over what the child says is complete.
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
        let by = By {
            store: &self.store,
            grant: self.grant,
            now,
            latest: self.latest.max(now),
        };
        let (result, moved) = match (&progress.order.mode, mark) {
            (RunMode::Window(window), Mark::Slice(slice)) => {
                let result = progress.slice(by, window, slice).await?;
                (result, Moved::Cursor(slice.end))
            }
            (RunMode::Window(window), Mark::Deep(slice)) => {
                let result = progress.deep(by, window, slice).await?;
                (result, Moved::Deep(slice.end))
            }
            (RunMode::Snapshot(_), Mark::Snapshot(taken_at)) => {
                let result = progress.snapshot(by, taken_at).await?;
                (result, Moved::Cursor(taken_at))
            }
            (RunMode::Rescan(order), Mark::Rescan(until)) => {
                let result = progress.rescan(by, order, until).await?;
                (result, Moved::Cursor(until))
            }
            (RunMode::Window(_) | RunMode::Snapshot(_) | RunMode::Rescan(_), _) => {
                return Err(IngestError::violation("a checkpoint of another mode"));
            }
        };
        progress.counters.ended += committed(result)?;
        progress.counters.slices += 1;
        match moved {
            Moved::Cursor(end) => {
                progress.counters.cursor = Some(end);
                progress.cursor = Some(end);
            }
            Moved::Deep(end) => progress.counters.deep = Some(end),
        }
        progress.received = 0;
        progress.seen.clear();
        progress.skips.commit(mark);
        Ok(())
    }
}

impl RunProgress {
    /// Whether the run has nothing left to send. A snapshot may always be followed by another.
    pub(super) fn is_covered(&self) -> bool {
        match &self.order.mode {
            RunMode::Window(window) => {
                self.next_slice(window).is_none() && self.next_deep(window).is_none()
            }
            RunMode::Snapshot(_) => false,
            RunMode::Rescan(_) => self.cursor.is_some(),
        }
    }

    /// The slice of the window that the child must be reading.
    fn next_slice(&self, window: &WindowOrder) -> Option<Slice> {
        next_slice(window, self.cursor.unwrap_or(window.cursor))
    }

    /// The slice of the deep pass that the child must be reading: none before the window is covered.
    fn next_deep(&self, window: &WindowOrder) -> Option<Slice> {
        if self.next_slice(window).is_some() {
            return None;
        }
        let deep = window.deep_window()?;
        next_slice(&deep, self.counters.deep.unwrap_or(deep.cursor))
    }

    async fn slice(
        &self,
        by: By<'_>,
        window: &WindowOrder,
        slice: Slice,
    ) -> Result<CheckpointResult, IngestError> {
        ordered("checkpoint", self.next_slice(window), slice)?;
        let commit = SliceCommit {
            grant: by.grant,
            worker: self.order.worker,
            slice,
            covered: slice.end >= window.until,
            records: self.received,
            now: by.now,
        };
        Ok(by.store.commit_slice(commit).await?)
    }

    async fn deep(
        &self,
        by: By<'_>,
        window: &WindowOrder,
        slice: Slice,
    ) -> Result<CheckpointResult, IngestError> {
        ordered("deep checkpoint", self.next_deep(window), slice)?;
        let commit = DeepCommit {
            grant: by.grant,
            worker: self.order.worker,
            left: DeepOrder {
                from: slice.end,
                until: window.deep.map_or(slice.end, |deep| deep.until),
            },
        };
        Ok(by.store.commit_deep(commit).await?)
    }

    async fn snapshot(
        &mut self,
        by: By<'_>,
        taken_at: Timestamp,
    ) -> Result<CheckpointResult, IngestError> {
        if !check::is_sane_time(taken_at) {
            return Err(IngestError::violation("a snapshot's time out of range"));
        }
        check::taken_at(taken_at, self.cursor, by.latest).map_err(IngestError::Refused)?;
        let all_named = self.skips.is_empty() || self.spare(by.store, by.grant).await?;
        if !all_named {
            tracing::warn!(
                attempt.id = %by.grant.attempt, account.id = %by.grant.account, worker.name = %self.order.worker,
                "a snapshot without an item whose rows are not known ends no row"
            );
        }
        let commit = SnapshotCommit {
            ends: all_named,
            grant: by.grant,
            run: self.order.run,
            worker: self.order.worker,
            taken_at,
            seen: &|table, row_id| self.seen.contains(table, row_id),
            records: self.received,
            now: by.now,
        };
        Ok(by.store.commit_snapshot(commit).await?)
    }

    async fn rescan(
        &self,
        by: By<'_>,
        order: &RescanOrder,
        until: Timestamp,
    ) -> Result<CheckpointResult, IngestError> {
        if until != order.until || self.is_covered() {
            let what = format!(
                "a rescan until {until}, where one until {} was",
                order.until
            );
            let state = if self.is_covered() { "done" } else { "ordered" };
            return Err(IngestError::violation(format!("{what} {state}")));
        }
        let commit = RescanCommit {
            grant: by.grant,
            worker: self.order.worker,
            from: order.from,
            until,
            whole: order.from <= order.open_from,
            records: self.received,
            now: by.now,
        };
        Ok(by.store.commit_rescan(commit).await?)
    }
}

/// Whether the slice is the one that must come.
fn ordered(name: &str, expected: Option<Slice>, slice: Slice) -> Result<(), IngestError> {
    if expected == Some(slice) {
        return Ok(());
    }
    let expected = expected.map_or_else(
        || "none".to_owned(),
        |expected| format!("{} to {}", expected.start, expected.end),
    );
    Err(IngestError::violation(format!(
        "a {name} of {} to {} instead of {expected}",
        slice.start, slice.end
    )))
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
