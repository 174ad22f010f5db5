//! `bulkhead history`: the life of an item.

mod payload;
mod words;

use serde::Serialize;
use serde_json::Value;

use self::payload::PathAnswer;
use super::args::{BadInput, HistoryQuery};
use super::output::Output;
use super::{Exit, Place, account};
use crate::store::{EventKind, Item, ItemEvent, ItemState, Store};

/// Payloads of more bytes are not compared: parsed, they would take many times their size.
const MOST: u64 = 1 << 20;

#[derive(Serialize)]
struct ItemAnswer {
    account: String,
    entity: &'static str,
    key: Vec<String>,
    /// `open`, `ended` or `missing`.
    state: &'static str,
    ended_at: Option<String>,
    /// How many events there are; `events` has the newest of them.
    events_total: u64,
    events: Vec<EventAnswer>,
}

#[derive(Serialize)]
struct EventAnswer {
    event: i64,
    /// `created`, `updated`, `reopened`, `reshaped` or `ended`.
    kind: &'static str,
    recorded_at: String,
    ebay_time: Option<String>,
    attempt: i64,
    run: u8,
    worker: Option<String>,
    columns: Vec<ColumnAnswer>,
    /// Where the payload differs, if no column does; null if it was not compared.
    payload: Option<Vec<PathAnswer>>,
    /// Places where it differs beside those.
    payload_more: usize,
}

#[derive(Serialize)]
struct ColumnAnswer {
    column: String,
    old: Value,
    new: Value,
}

pub(super) async fn history(
    place: &Place,
    query: &HistoryQuery,
    output: Output,
) -> anyhow::Result<Exit> {
    let store = place.store().await?;
    let accounts = match &query.account {
        Some(name) => vec![account::named(&store, name).await?],
        None => store.readable_accounts().await?.0,
    };
    let mut answers = Vec::new();
    for account in accounts {
        for item in store.items(account.id, query.entity, &query.id).await? {
            answers.push(answer(&store, &account.name, item, query.limit).await?);
        }
    }
    if answers.is_empty() {
        let of = query.account.as_ref().map(|name| format!(" of {name}"));
        return Err(BadInput(format!(
            "no {} {}{} was ever stored; its key is {}",
            query.entity.def().entity,
            words::key(&query.id),
            of.unwrap_or_default(),
            query.entity.def().key.join(", ")
        ))
        .into());
    }
    output.answer(&answers, |answers| words::items(answers))?;
    Ok(Exit::Done)
}

async fn answer(
    store: &Store,
    account: &str,
    item: Item,
    limit: u32,
) -> anyhow::Result<ItemAnswer> {
    let (state, ended_at) = match store.item_state(&item).await? {
        ItemState::Open => ("open", None),
        ItemState::Ended(at) => ("ended", Some(at.to_string())),
        ItemState::Missing => ("missing", None),
    };
    let mut events = Vec::new();
    for event in store.item_events(&item, limit).await? {
        let mut answer = view(event);
        if answer.is_payload_only() {
            let pair = store.payloads(&item, answer.event, MOST).await?;
            answer.compare(pair);
        }
        events.push(answer);
    }
    Ok(ItemAnswer {
        account: account.to_owned(),
        entity: item.table.def().entity,
        key: item.key,
        state,
        ended_at,
        events_total: item.events,
        events,
    })
}

impl EventAnswer {
    /// Whether the event says nothing but that the payload is another one.
    fn is_payload_only(&self) -> bool {
        matches!(self.kind, "updated" | "reshaped") && self.columns.is_empty()
    }

    /// Notes where the payload before differs from the one after.
    fn compare(&mut self, pair: Option<(String, String)>) {
        let found = pair.and_then(|(before, after)| payload::compare(&before, &after));
        self.payload_more = found.as_ref().map_or(0, |found| found.more);
        self.payload = found.map(|found| found.paths);
    }
}

fn view(event: ItemEvent) -> EventAnswer {
    let reopened = event.kind == EventKind::Updated && event.columns.contains_key("ended_at");
    let columns = event.columns.into_iter();
    let columns = columns.map(|(column, [old, new])| ColumnAnswer { column, old, new });
    EventAnswer {
        event: event.event,
        kind: if reopened {
            "reopened"
        } else {
            event.kind.name()
        },
        recorded_at: event.recorded_at.to_string(),
        ebay_time: event.ebay_time.map(|at| at.to_string()),
        attempt: event.attempt.0,
        run: event.run.0,
        worker: event.worker,
        columns: columns.collect(),
        payload: Some(Vec::new()),
        payload_more: 0,
    }
}
