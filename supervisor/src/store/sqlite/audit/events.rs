//! The history the other way round: whether every event has its row, and whether none is gone.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::id::AccountId;
use shared::table::{Table, TableDef};
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::ACTION;
use crate::store::audit::{Finding, Findings};
use crate::store::change::key_json;
use crate::store::error::{During, StoreError};

/// The table that findings are about when they are about no item.
const EVENTS: &str = "ebay_events";

/// Keys that are looked up together.
const BATCH: i64 = 1_000;

/// The most gaps in the numbers that are told.
const GAPS: i64 = 100;

/// Items after (`?1`, `?2`, `?3`) up to account `?4`, at most `?5`, with how many events each has:
/// the index alone answers it.
pub(super) const ITEMS: &str = "SELECT account_id, entity, entity_key, count(*) FROM ebay_events \
     WHERE (account_id, entity, entity_key) > (?1, ?2, ?3) AND account_id <= ?4 \
     GROUP BY account_id, entity, entity_key ORDER BY account_id, entity, entity_key LIMIT ?5";

/// Where the numbers stand.
const LAST: &str = "SELECT coalesce((SELECT seq FROM sqlite_sequence \
     WHERE name = 'ebay_events'), 0)";

/// The lowest and the highest number there is, 0 without any.
const ENDS: &str = "SELECT coalesce((SELECT min(event_id) FROM ebay_events), 0), \
     coalesce((SELECT max(event_id) FROM ebay_events), 0)";

/// The first `?1` stretches of numbers that are missing below the highest there is.
const MISSING: &str = "SELECT before + 1, event_id - 1 FROM (SELECT event_id, \
     lag(event_id, 1, 0) OVER (ORDER BY event_id) AS before FROM ebay_events) \
     WHERE event_id > before + 1 LIMIT ?1";

/// Account, entity, key as JSON, number of events.
type Item = (i64, String, String, i64);

pub(super) async fn verify(
    connection: &mut SqliteConnection,
    account: Option<AccountId>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let (first, last) = account.map_or((i64::MIN, i64::MAX), |account| (account.0, account.0));
    let mut after = (first, String::new(), String::new());
    loop {
        let (account, entity, key) = after;
        let items: Vec<Item> = sqlx::query_as(ITEMS)
            .bind(account)
            .bind(entity)
            .bind(key)
            .bind(last)
            .bind(BATCH)
            .fetch_all(&mut *connection)
            .await
            .during(ACTION)?;
        let Some((account, entity, key, _)) = items.last() else {
            break;
        };
        after = (*account, entity.clone(), key.clone());
        let events: i64 = items.iter().map(|(_, _, _, events)| events).sum();
        findings.audit.events += u64::try_from(events).unwrap_or(0);
        without_row(connection, items, findings).await?;
    }
    if account.is_none() {
        gone(connection, findings).await?;
    }
    Ok(())
}

/// An item that must have a row.
struct Known {
    account: i64,
    table: Table,
    key: Vec<String>,
    events: i64,
}

/// The item that events are about, if it can be one.
fn known((account, entity, written, events): &Item) -> Option<Known> {
    let mut tables = Table::ALL.into_iter();
    let table = tables.find(|table| table.def().entity == entity)?;
    let key: Vec<String> = serde_json::from_str(written).ok()?;
    // Written otherwise, a key does not find its events.
    let legal = key.len() == table.def().key.len() && key_json(&key) == *written;
    legal.then_some(Known {
        account: *account,
        table,
        key,
        events: *events,
    })
}

/// Finds the items that have no row.
async fn without_row(
    connection: &mut SqliteConnection,
    items: Vec<Item>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut tables: BTreeMap<Table, Vec<Known>> = BTreeMap::new();
    for item in items {
        if let Some(known) = known(&item) {
            tables.entry(known.table).or_default().push(known);
        } else {
            let (account, entity, key, events) = item;
            let what = format!("{events} events of no item that we know");
            findings.add(AccountId(account), EVENTS, &[entity, key], what);
        }
    }
    for (table, items) in tables {
        let wanted = items.iter().map(|item| {
            let key = item.key.iter().map(|part| Value::from(part.as_str()));
            Value::Array(std::iter::once(item.account.into()).chain(key).collect())
        });
        let found: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(found_sql(table.def())))
            .bind(Value::Array(wanted.collect()).to_string())
            .fetch_all(&mut *connection)
            .await
            .during(ACTION)?;
        let mut found = found.into_iter().peekable();
        for (at, item) in (0..).zip(items) {
            if found.next_if_eq(&at).is_none() {
                let what = format!("has no row, but {} events", item.events);
                findings.add(AccountId(item.account), table.def().name, &item.key, what);
            }
        }
    }
    Ok(())
}

/// `?1` JSON array of [account, key parts …] → positions of those that have a row.
pub(super) fn found_sql(def: &TableDef) -> String {
    let key = (1..).zip(def.key);
    let key: Vec<String> = key
        .map(|(at, part)| format!("t.{part} = json_extract(j.value, '$[{at}]')"))
        .collect();
    format!(
        "SELECT j.key FROM json_each(?1) AS j CROSS JOIN {} AS t \
         WHERE t.account_id = json_extract(j.value, '$[0]') AND {} ORDER BY j.key",
        def.name,
        key.join(" AND ")
    )
}

/// Finds numbers that are missing. They are given without a gap, a transaction that is rolled back
/// gives its numbers back, and nothing of ours removes an event.
async fn gone(
    connection: &mut SqliteConnection,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let last: i64 = sqlx::query_scalar(LAST)
        .fetch_one(&mut *connection)
        .await
        .during(ACTION)?;
    let (lowest, highest): (i64, i64) = sqlx::query_as(ENDS)
        .fetch_one(&mut *connection)
        .await
        .during(ACTION)?;
    // So many different numbers from 1 to so many are all of them.
    let all = u64::try_from(last).ok() == Some(findings.audit.events);
    if all && highest == last && lowest >= last.min(1) {
        return Ok(());
    }
    for strange in [lowest, highest] {
        if strange < 0 || strange > last {
            findings.push(numbers(strange, strange, "was never given"));
        }
    }
    let mut missing: Vec<(i64, i64)> = sqlx::query_as(MISSING)
        .bind(GAPS)
        .fetch_all(&mut *connection)
        .await
        .during(ACTION)?;
    if highest < last {
        missing.push((highest + 1, last));
    }
    for (from, to) in missing {
        let what = if from == to { "is gone" } else { "are gone" };
        findings.push(numbers(from, to, what));
    }
    Ok(())
}

/// A finding about numbers of events.
fn numbers(from: i64, to: i64, what: &str) -> Finding {
    Finding {
        account: None,
        table: EVENTS.to_owned(),
        key: Vec::new(),
        what: if from == to {
            format!("event {from} {what}")
        } else {
            format!("events {from} to {to} {what}")
        },
    }
}
