//! The history against the simulator's, and against the rows: folded, it is what is stored.

use std::collections::BTreeMap;

use crate::sim::{Kind, Sim};
use serde_json::Value;

use super::db::{self, by_key, json, text};
use super::mirrors::MIRRORS;
use crate::harness::rows::{Database, Row};

/// Columns of a row that are no part of eBay's item, or only marks; `ended_at` is part of the history too.
const OURS: [&str; 11] = [
    "source",
    "summary_version",
    "row_id",
    "account_id",
    "payload",
    "volatile",
    "content_hash",
    "shape_version",
    "ebay_time",
    "first_seen_at",
    "changed_at",
];

/// An item's place in the history: entity and key.
type Item = (String, Vec<String>);

fn events(db: &Database, account: &str) -> BTreeMap<Item, Vec<Row>> {
    let mut items: BTreeMap<Item, Vec<Row>> = BTreeMap::new();
    for event in db::table(db, "ebay_events", account) {
        let key = serde_json::from_value(json(&event, "entity_key")).unwrap();
        items
            .entry((text(&event, "entity"), key))
            .or_default()
            .push(event);
    }
    items
}

/// The sequence of the item's kinds of change.
pub fn kinds(db: &Database, account: &str, entity: &str, key: &[&str]) -> Vec<String> {
    let item = (
        entity.to_owned(),
        key.iter().map(|part| (*part).to_owned()).collect(),
    );
    let found = events(db, account).remove(&item).unwrap_or_default();
    found.iter().map(|event| text(event, "kind")).collect()
}

/// Each item went through exactly the changes that the completed passes could see.
pub fn assert_complete(sim: &Sim, db: &Database, account: &str) {
    let mut expected: BTreeMap<Item, Vec<String>> = BTreeMap::new();
    for event in sim.events(account).unwrap() {
        let kind = match event.kind {
            Kind::Created => "created",
            Kind::Updated => "updated",
            Kind::Ended => "ended",
        };
        let item = (event.entity.to_owned(), event.key);
        expected.entry(item).or_default().push(kind.to_owned());
    }
    let found = events(db, account);
    for (item, kinds) in &expected {
        let found = found.get(item).map_or(&[][..], Vec::as_slice);
        let found = found.iter().map(|event| text(event, "kind"));
        // The same item in another shape is no change of it.
        let found: Vec<String> = found.filter(|kind| kind != "reshaped").collect();
        assert_eq!(&found, kinds, "{account}: history of {item:?}");
    }
    for item in found.keys() {
        assert!(
            expected.contains_key(item),
            "{account}: {item:?} has a history"
        );
    }
}

/// Folding the changes of every item gives exactly the stored rows, and no event says nothing.
pub fn assert_folds(db: &Database, account: &str) {
    let mut events = events(db, account);
    for mirror in &MIRRORS {
        for (key, row) in by_key(db::table(db, mirror.table, account), mirror.key) {
            let name = format!("{account} {} {key:?}", mirror.entity);
            let of_item = events.remove(&(mirror.entity.to_owned(), key));
            let (columns, payload) = fold(&of_item.unwrap_or_default(), &name);
            let ours = |column: &String| {
                OURS.contains(&column.as_str()) || mirror.key.contains(&column.as_str())
            };
            let stored: Row = row
                .iter()
                .filter(|(column, value)| !ours(column) && !value.is_null())
                .map(|(column, value)| (column.clone(), value.clone()))
                .collect();
            assert_eq!(columns, stored, "{name}");
            assert_eq!(payload, json(&row, "payload"), "{name}: payload");
        }
    }
    assert!(
        events.is_empty(),
        "{account}: history without a row: {:?}",
        events.keys()
    );
}

fn fold(events: &[Row], name: &str) -> (Row, Value) {
    let mut columns = Row::new();
    let mut payload = Value::Null;
    for (at, event) in events.iter().enumerate() {
        let kind = text(event, "kind");
        assert_eq!(kind == "created", at == 0, "{name}: event {at} is {kind}");
        let changes = json(event, "changes");
        for (column, change) in changes.as_object().unwrap() {
            let old = columns.remove(column).unwrap_or(Value::Null);
            assert_eq!(old, change[0], "{name}: {column} before event {at}");
            assert_ne!(
                change[0], change[1],
                "{name}: {column} did not change in event {at}"
            );
            if !change[1].is_null() {
                columns.insert(column.clone(), change[1].clone());
            }
        }
        if kind != "ended" {
            let now = json(event, "payload");
            let silent = changes.as_object().unwrap().is_empty() && now == payload;
            assert!(!silent, "{name}: event {at} says nothing");
            payload = now;
        }
    }
    (columns, payload)
}
