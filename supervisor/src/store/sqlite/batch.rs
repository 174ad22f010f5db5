//! Commits a batch: reads what is stored, decides what each record means, writes rows and events.

use std::collections::HashSet;

use shared::table::{Table, TableDef};
use shared::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::revise::{Current, Pending, change, create, read_current};
use super::statement::TableSql;
use super::write::Scope;
use super::{Store, lease, write};
use crate::killpoint;
use crate::store::batch::{BatchCommit, BatchCounts, BatchResult, BatchRow};
use crate::store::change::{Change, Incoming, Mark, Stored, classify, key_json, push_json_text};
use crate::store::error::{During, StoreError};
use crate::store::hash::ContentHash;
use crate::store::history::EventKind;

/// Whether this snapshot has met a row before this batch.
type Seen<'a> = Option<&'a (dyn Fn(Table, i64) -> bool + Sync)>;

impl Store {
    /// Commits rows with their events in one transaction.
    ///
    /// Errors: [`StoreError::LeaseLost`] if the grant is no longer good.
    pub async fn commit_batch(&self, batch: BatchCommit<'_>) -> Result<BatchResult, StoreError> {
        let action = "commit a batch";
        let mut tx = self.begin(action).await?;
        lease::prove(&mut tx, batch.grant).await?;
        killpoint::reach("batch.begun");
        let mut counts = BatchCounts::default();
        let mut met = Vec::new();
        for (table, rows) in by_table(batch.rows) {
            let mut group = Group {
                connection: &mut tx,
                table,
                sql: TableSql::of(table),
                scope: Scope {
                    grant: batch.grant,
                    run: batch.run,
                    shape_version: table.def().shape_version,
                    now: batch.now,
                },
                seen: batch.seen,
                met: HashSet::new(),
                counts: &mut counts,
            };
            for wave in waves(rows) {
                if let Some(key) = group.apply(wave).await? {
                    return Ok(BatchResult::Twice { table, key });
                }
            }
            met.extend(group.met.into_iter().map(|row_id| (table, row_id)));
        }
        tx.commit().await.during(action)?;
        killpoint::reach("batch.committed");
        Ok(BatchResult::Committed { counts, met })
    }
}

/// The rows of each table, sorted by key: neighbours in the index are written together.
fn by_table(rows: Vec<BatchRow>) -> Vec<(Table, Vec<BatchRow>)> {
    let mut groups: Vec<(Table, Vec<BatchRow>)> = Vec::new();
    for row in rows {
        let table = row.record.table;
        match groups.iter_mut().find(|(known, _)| *known == table) {
            Some((_, group)) => group.push(row),
            None => groups.push((table, vec![row])),
        }
    }
    for (_, group) in &mut groups {
        // Stable: rows of one key stay in the order in which they came.
        group.sort_by(|a, b| a.record.key.cmp(&b.record.key));
    }
    groups
}

/// Splits sorted rows so that no key is twice in one wave: a key's second row is compared with what
/// its first one left.
fn waves(rows: Vec<BatchRow>) -> Vec<Vec<BatchRow>> {
    let mut waves: Vec<Vec<BatchRow>> = Vec::new();
    let mut at = 0;
    let mut previous: Option<Vec<String>> = None;
    let twice = rows
        .iter()
        .zip(rows.iter().skip(1))
        .any(|(a, b)| a.record.key == b.record.key);
    if !twice {
        return vec![rows];
    }
    for row in rows {
        at = if previous.as_ref() == Some(&row.record.key) {
            at + 1
        } else {
            0
        };
        previous = Some(row.record.key.clone());
        match waves.get_mut(at) {
            Some(wave) => wave.push(row),
            None => waves.push(vec![row]),
        }
    }
    waves
}

/// The rows of one table within a batch.
struct Group<'a> {
    connection: &'a mut SqliteConnection,
    table: Table,
    sql: &'static TableSql,
    scope: Scope,
    seen: Seen<'a>,
    /// Rows that this batch has met, in snapshot mode.
    met: HashSet<i64>,
    counts: &'a mut BatchCounts,
}

impl Group<'_> {
    /// Applies rows of distinct keys. Returns the key that contradicts this snapshot, if one does.
    async fn apply(&mut self, rows: Vec<BatchRow>) -> Result<Option<Vec<String>>, StoreError> {
        let keys: Vec<String> = rows.iter().map(|row| key_json(&row.record.key)).collect();
        let stored = self.stored(&rows, &keys).await?;
        let mut created = Vec::new();
        let mut pending = Vec::new();
        for ((row, key_json), stored) in rows.into_iter().zip(keys).zip(stored) {
            let change = self.classify(&row, stored.as_ref());
            if change == Change::Contradiction {
                return Ok(Some(row.record.key));
            }
            self.count(change);
            let Some(stored) = stored else {
                created.push((row, key_json));
                continue;
            };
            if self.seen.is_some() {
                self.met.insert(stored.row_id);
            }
            if changes_the_row(change) {
                pending.push(Pending {
                    row,
                    key_json,
                    row_id: stored.row_id,
                    change,
                    stored_hash: stored.hash,
                });
            }
        }
        self.write(created, pending).await?;
        Ok(None)
    }

    fn classify(&self, row: &BatchRow, stored: Option<&Stored>) -> Change {
        let seen = stored.is_some_and(|stored| {
            self.seen.is_some_and(|seen| {
                self.met.contains(&stored.row_id) || seen(self.table, stored.row_id)
            })
        });
        let incoming = Incoming {
            hash: &row.hash,
            shape_version: i64::from(self.scope.shape_version),
            ebay_time: row.record.ebay_time,
            seen,
            mark: Mark::of(self.table.def(), &row.record.values),
        };
        classify(incoming, stored)
    }

    fn count(&mut self, change: Change) {
        match change {
            Change::Created => self.counts.created += 1,
            Change::Unchanged => self.counts.unchanged += 1,
            Change::Stale => self.counts.stale += 1,
            // Counted once it is known whether there is an event.
            Change::Updated
            | Change::Reopened
            | Change::Reshaped
            | Change::Resourced
            | Change::Marked
            | Change::Contradiction => {}
        }
    }

    /// What is stored about each key, by position.
    async fn stored(
        &mut self,
        rows: &[BatchRow],
        keys: &[String],
    ) -> Result<Vec<Option<Stored>>, StoreError> {
        let mut wanted = String::with_capacity(keys.iter().map(|key| key.len() + 1).sum());
        wanted.push('[');
        for (at, (row, key_json)) in rows.iter().zip(keys).enumerate() {
            if at > 0 {
                wanted.push(',');
            }
            match row.record.key.as_slice() {
                [only] => push_json_text(&mut wanted, only),
                _ => wanted.push_str(key_json),
            }
        }
        wanted.push(']');
        let found = sqlx::query(self.sql.stored.as_str())
            .bind(self.scope.grant.account.0)
            .bind(wanted)
            .fetch_all(&mut *self.connection)
            .await
            .during("read stored hashes")?;
        let mut stored = vec![None; rows.len()];
        for row in &found {
            let at: i64 = row.try_get(0).during("read stored hashes")?;
            let place = usize::try_from(at).ok().and_then(|at| stored.get_mut(at));
            if let Some(place) = place {
                *place = Some(read_stored(row, self.table.def())?);
            }
        }
        Ok(stored)
    }

    /// Writes new and changed rows, then their events.
    async fn write(
        &mut self,
        created: Vec<(BatchRow, String)>,
        pending: Vec<Pending>,
    ) -> Result<(), StoreError> {
        let mut events = Vec::with_capacity(created.len() + pending.len());
        let mut new_rows = Vec::with_capacity(created.len());
        if !created.is_empty() {
            // The write lock is held, so nobody else takes these numbers.
            let last: Option<i64> = sqlx::query_scalar(self.sql.last_row.as_str())
                .fetch_one(&mut *self.connection)
                .await
                .during("read the last row number")?;
            for ((row, key_json), row_id) in created.into_iter().zip(last.unwrap_or(0) + 1..) {
                if self.seen.is_some() {
                    self.met.insert(row_id);
                }
                let (row, event) = create(self.table.def(), row, key_json, row_id);
                new_rows.push(row);
                events.push(event);
            }
        }
        let mut changed_rows = Vec::with_capacity(pending.len());
        for (pending, current) in self.current(pending).await? {
            let (row, event) = change(self.table.def(), pending, current, self.scope.now);
            match event.as_ref().map(|event| event.kind) {
                Some(EventKind::Updated) => self.counts.updated += 1,
                Some(EventKind::Created | EventKind::Reshaped | EventKind::Ended) | None => {
                    self.counts.unchanged += 1;
                }
            }
            changed_rows.push(row);
            events.extend(event);
        }
        write::insert(self.connection, self.sql, self.scope, new_rows).await?;
        write::replace(self.connection, self.sql, self.scope, changed_rows).await?;
        killpoint::reach("batch.rows");
        write::events(self.connection, self.sql, self.scope, events).await?;
        killpoint::reach("batch.events");
        Ok(())
    }

    /// Pairs each row to be changed with what is stored.
    async fn current(
        &mut self,
        pending: Vec<Pending>,
    ) -> Result<Vec<(Pending, Current)>, StoreError> {
        if pending.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = pending.iter().map(|pending| pending.row_id).collect();
        let rows = sqlx::query(self.sql.current.as_str())
            .bind(ids_json(&ids))
            .fetch_all(&mut *self.connection)
            .await
            .during("read stored columns")?;
        let mut current: Vec<Option<Current>> = (0..ids.len()).map(|_| None).collect();
        for row in &rows {
            let at: i64 = row.try_get(0).during("read stored columns")?;
            let place = usize::try_from(at).ok().and_then(|at| current.get_mut(at));
            if let Some(place) = place {
                *place = Some(read_current(row, self.table.def()).during("read stored columns")?);
            }
        }
        // The rows were found a moment ago in this transaction, so none is missing.
        Ok(pending
            .into_iter()
            .zip(current)
            .filter_map(|(pending, current)| Some((pending, current?)))
            .collect())
    }
}

/// Whether the stored row must be read and written anew.
fn changes_the_row(change: Change) -> bool {
    match change {
        Change::Updated
        | Change::Reopened
        | Change::Reshaped
        | Change::Resourced
        | Change::Marked => true,
        Change::Created | Change::Unchanged | Change::Stale | Change::Contradiction => false,
    }
}

/// Row numbers as a JSON array.
pub(super) fn ids_json(ids: &[i64]) -> String {
    let texts: Vec<String> = ids.iter().map(i64::to_string).collect();
    format!("[{}]", texts.join(","))
}

fn read_stored(row: &SqliteRow, def: &'static TableDef) -> Result<Stored, StoreError> {
    let action = "read stored hashes";
    let row_id: i64 = row.try_get(1).during(action)?;
    let bad = |column, why: &str| StoreError::BadValue {
        table: def.name,
        column,
        row: format!("row {row_id}"),
        why: why.to_owned(),
    };
    let hash: &[u8] = row.try_get(2).during(action)?;
    let ebay_time = match row.try_get::<Option<&str>, _>(4).during(action)? {
        None => None,
        Some(text) => {
            Some(Timestamp::parse(text).ok_or_else(|| bad("ebay_time", "not an RFC 3339 time"))?)
        }
    };
    Ok(Stored {
        row_id,
        hash: ContentHash::from_bytes(hash)
            .ok_or_else(|| bad("content_hash", "neither 32 nor 40 bytes"))?,
        shape_version: row.try_get(3).during(action)?,
        ebay_time,
        ended: row.try_get(5).during(action)?,
        mark: row.try_get(6).during(action)?,
    })
}
