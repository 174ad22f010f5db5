//! Items that a run was ordered to pass over, and what that means for what it can be sure of.
//!
//! A snapshot that lacks an item has not seen that item's rows, which says nothing about them: where
//! they can be named they count as seen, and where not, the snapshot ends no row at all.

use std::collections::BTreeMap;

use shared::attempt::SkipItem;
use shared::id::RunNo;
use shared::record::MAX_KEY_PART;
use shared::time::Timestamp;
use shared::wire::message::{Mark, SkippedRows};

use super::{Ingest, IngestError, RunProgress, find};
use crate::store::{Grant, Store};

/// An item that a run passed over, in a stretch that is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// Its position in the order's list.
    pub skip: usize,
    /// The stretch of time that was fetched, in window mode.
    pub slice: Option<(Timestamp, Timestamp)>,
}

/// What a run passed over.
#[derive(Debug, Default)]
pub(super) struct Skips {
    /// Since the last checkpoint: position in the order's list, and the rows if they are known.
    open: BTreeMap<usize, Option<SkippedRows>>,
    /// Before that.
    committed: BTreeMap<usize, Passed>,
}

impl Skips {
    /// Takes note of one.
    fn add(&mut self, skip: usize, rows: Option<&SkippedRows>) {
        let known = self.open.entry(skip).or_insert_with(|| rows.cloned());
        // One order that was met at two items: rows of both cannot be named.
        if known.as_ref() != rows {
            *known = None;
        }
    }

    /// A checkpoint is committed.
    pub(super) fn commit(&mut self, mark: Mark) {
        let slice = match mark {
            Mark::Slice(slice) | Mark::Deep(slice) => Some((slice.fetch_start, slice.end)),
            Mark::Snapshot(_) | Mark::Rescan(_) => None,
        };
        for skip in std::mem::take(&mut self.open).into_keys() {
            self.committed.insert(skip, Passed { skip, slice });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}

impl Ingest {
    /// Takes note of an item that was passed over. Only what was ordered may be.
    pub fn skipped(
        &mut self,
        run: RunNo,
        skip: u32,
        rows: Option<&SkippedRows>,
    ) -> Result<(), IngestError> {
        let progress = find(&mut self.runs, run)?;
        let position = usize::try_from(skip).unwrap_or(usize::MAX);
        let Some(ordered) = progress.order.skip.get(position) else {
            return Err(IngestError::violation(format!(
                "item {skip} of the list was passed over, which was not ordered"
            )));
        };
        if let Some(rows) = rows
            && let Some(fault) = progress.fault(ordered, rows)
        {
            return Err(IngestError::violation(fault));
        }
        progress.skips.add(position, rows);
        Ok(())
    }

    /// What a run passed over in stretches that are committed.
    pub fn passed(&self, run: RunNo) -> Vec<Passed> {
        let of_run = self.runs.iter().find(|progress| progress.order.run == run);
        of_run
            .map(|progress| progress.skips.committed.values().copied().collect())
            .unwrap_or_default()
    }
}

impl RunProgress {
    /// What is wrong with the rows that a passed-over item is said to have.
    fn fault(&self, ordered: &SkipItem, rows: &SkippedRows) -> Option<String> {
        if !self.order.worker.tables().contains(&rows.table) {
            let (worker, table) = (self.order.worker, rows.table.def().name);
            return Some(format!("{worker} passed over rows of {table}"));
        }
        if rows.key.is_empty() || rows.key.len() > MAX_KEY_PART {
            let length = rows.key.len();
            return Some(format!("a passed-over key of {length} bytes"));
        }
        // The order has the parts of a key on lines of their own, cut if they are long, and a mark
        // where something cannot be shown.
        let end = |c: char| c == '\n' || c == char::REPLACEMENT_CHARACTER;
        let first = ordered.key.split(end).next().unwrap_or_default();
        let other = !rows.key.starts_with(first);
        other.then(|| "rows of an item that was not to be passed over".to_owned())
    }

    /// Counts the rows of passed-over items as seen. False if they cannot all be named.
    pub(super) async fn spare(&mut self, store: &Store, grant: Grant) -> Result<bool, IngestError> {
        for rows in self.skips.open.values() {
            let Some(rows) = rows else {
                return Ok(false);
            };
            let ids = store
                .rows_under(grant.account, rows.table, &rows.key)
                .await?;
            let met = ids.into_iter().map(|id| (rows.table, id)).collect();
            self.seen.extend(met);
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use shared::table::Table;
    use shared::window::Slice;

    use super::*;

    #[test]
    fn what_was_passed_over_is_known_by_its_stretch() {
        let rows = |key: &str| SkippedRows {
            table: Table::Orders,
            key: key.to_owned(),
        };
        let mut skips = Skips::default();
        skips.add(0, Some(&rows("A")));
        skips.add(0, Some(&rows("A")));
        assert_eq!(skips.open.get(&0), Some(&Some(rows("A"))), "told again");
        skips.add(1, Some(&rows("A")));
        skips.add(1, Some(&rows("B")));
        assert_eq!(skips.open.get(&1), Some(&None), "two items");
        let slice = |start: i64| Slice {
            fetch_start: Timestamp(start - 5),
            start: Timestamp(start),
            end: Timestamp(start + 10),
        };
        skips.commit(Mark::Slice(slice(100)));
        assert!(skips.is_empty());
        skips.add(0, Some(&rows("A")));
        skips.commit(Mark::Deep(slice(200)));
        skips.add(1, None);
        let stretches: Vec<_> = skips.committed.values().map(|one| one.slice).collect();
        let at = |start: i64| Some((Timestamp(start - 5), Timestamp(start + 10)));
        assert_eq!(stretches, [at(200), at(100)], "the last committed one");
    }
}
