//! The history of items, for a person who asks.

use shared::id::{AccountId, AttemptId, RunNo};
use shared::table::Table;
use shared::time::Timestamp;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::row::{Cells, signed};
use crate::store::change::key_json;
use crate::store::error::{During, StoreError};
use crate::store::history::{EventKind, Item, ItemEvent, ItemState};

const ACTION: &str = "read the history";

/// `?1` account, `?2` entity, keys from `?3` to `?4`.
const ITEMS: &str = "SELECT entity_key, count(*) AS events FROM ebay_events \
     WHERE account_id = ?1 AND entity = ?2 AND entity_key BETWEEN ?3 AND ?4 \
     GROUP BY entity_key ORDER BY entity_key";

/// The newest `?4` events, newest first.
const EVENTS: &str = "SELECT e.event_id, e.kind, e.changes, e.recorded_at, e.ebay_time, \
     e.attempt_id, e.run_no, r.worker FROM ebay_events AS e \
     LEFT JOIN runs AS r ON r.attempt_id = e.attempt_id AND r.run_no = e.run_no \
     WHERE e.account_id = ?1 AND e.entity = ?2 AND e.entity_key = ?3 \
     ORDER BY e.event_id DESC LIMIT ?4";

/// The newest two payloads up to event `?4`, newest first; null for one of more than `?5` bytes.
const PAYLOADS: &str = "SELECT CASE WHEN octet_length(payload) <= ?5 THEN payload END \
     FROM ebay_events WHERE account_id = ?1 AND entity = ?2 AND entity_key = ?3 \
     AND event_id <= ?4 AND payload IS NOT NULL ORDER BY event_id DESC LIMIT 2";

impl Store {
    /// The items of an account whose keys begin with these parts, in the order of their keys.
    pub async fn items(
        &self,
        account: AccountId,
        table: Table,
        parts: &[String],
    ) -> Result<Vec<Item>, StoreError> {
        let whole = key_json(parts);
        let mut longer = whole.clone();
        longer.pop();
        // After the last part's quotation mark comes either the end or the next part.
        longer.push(',');
        let rows = sqlx::query(ITEMS)
            .bind(account.0)
            .bind(table.def().entity)
            .bind(longer)
            .bind(whole)
            .fetch_all(&self.reader)
            .await
            .during(ACTION)?;
        let read = |row: &SqliteRow| {
            let cells = Cells::new(row, "ebay_events", "an item");
            Ok(Item {
                account,
                table,
                key_json: cells.get("entity_key")?,
                key: cells.json("entity_key")?,
                events: cells.count("events")?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// How the row of an item stands.
    pub async fn item_state(&self, item: &Item) -> Result<ItemState, StoreError> {
        let def = item.table.def();
        let key = (0..).zip(def.key);
        let key: Vec<String> = key
            .map(|(at, part)| format!("{part} = json_extract(?2, '$[{at}]')"))
            .collect();
        // The names are constants of this program.
        let sql = AssertSqlSafe(format!(
            "SELECT ended_at FROM {} WHERE account_id = ?1 AND {}",
            def.name,
            key.join(" AND ")
        ));
        let row = sqlx::query(sql)
            .bind(item.account.0)
            .bind(item.key_json.clone())
            .fetch_optional(&self.reader)
            .await
            .during(ACTION)?;
        let Some(row) = row else {
            return Ok(ItemState::Missing);
        };
        let ended_at = Cells::new(&row, def.name, &item.key_json).time_or_null("ended_at")?;
        Ok(ended_at.map_or(ItemState::Open, ItemState::Ended))
    }

    /// The newest events of an item, at most `limit`, oldest first.
    pub async fn item_events(&self, item: &Item, limit: u32) -> Result<Vec<ItemEvent>, StoreError> {
        let rows = sqlx::query(EVENTS)
            .bind(item.account.0)
            .bind(item.table.def().entity)
            .bind(item.key_json.clone())
            .bind(limit)
            .fetch_all(&self.reader)
            .await
            .during(ACTION)?;
        rows.iter().rev().map(event).collect()
    }

    /// The payload before an event of an item, and the one that the event brought; `None` if one of
    /// them is not there or has more than `most` bytes.
    pub async fn payloads(
        &self,
        item: &Item,
        event: i64,
        most: u64,
    ) -> Result<Option<(String, String)>, StoreError> {
        let found: Vec<Option<String>> = sqlx::query_scalar(PAYLOADS)
            .bind(item.account.0)
            .bind(item.table.def().entity)
            .bind(item.key_json.clone())
            .bind(event)
            .bind(signed(most))
            .fetch_all(&self.reader)
            .await
            .during(ACTION)?;
        let mut found = found.into_iter();
        let (after, before) = (found.next().flatten(), found.next().flatten());
        Ok(before.zip(after))
    }
}

fn event(row: &SqliteRow) -> Result<ItemEvent, StoreError> {
    let event: i64 = Cells::new(row, "ebay_events", "an event").get("event_id")?;
    let label = format!("event {event}");
    let cells = Cells::new(row, "ebay_events", &label);
    let kind = cells.named("kind", "a kind of event", EventKind::from_name)?;
    let recorded_at: Timestamp = cells.time("recorded_at")?;
    Ok(ItemEvent {
        event,
        kind: kind.ok_or_else(|| cells.bad("kind", "null"))?,
        columns: cells.json_or_null("changes")?.unwrap_or_default(),
        recorded_at,
        ebay_time: cells.time_or_null("ebay_time")?,
        attempt: AttemptId(cells.get("attempt_id")?),
        run: RunNo(cells.get("run_no")?),
        worker: cells.get("worker")?,
    })
}
