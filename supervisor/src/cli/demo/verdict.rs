//! Is the database what the simulated eBay says? Pure: both come as values.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use shared::table::TableDef;

/// A change as `ebay_events` has it: entity, key, kind.
pub(super) type Event = (String, Vec<String>, String);

/// What differs between two sets of rows of a table, in a few words each; empty if nothing does.
///
/// Rows are objects with key and other columns; members that the table lacks do not count.
pub(super) fn row_differences(def: &TableDef, truth: &[Value], stored: &[Value]) -> Vec<String> {
    let truth = by_key(def, truth);
    let stored = by_key(def, stored);
    let mut found = Vec::new();
    for (key, row) in &truth {
        match stored.get(key) {
            None => found.push(format!("{} {key:?} is missing", def.entity)),
            Some(other) if other != row => found.push(format!(
                "{} {key:?} differs: {}",
                def.entity,
                differing(row, other)
            )),
            Some(_) => {}
        }
    }
    let extra = stored.keys().filter(|key| !truth.contains_key(*key));
    found.extend(extra.map(|key| format!("{} {key:?} should not be there", def.entity)));
    found
}

/// What differs between two histories: each item must have gone through the same kinds of change,
/// in the same order.
pub(super) fn event_differences(truth: &[Event], stored: &[Event]) -> Vec<String> {
    let truth = by_item(truth);
    let stored = by_item(stored);
    let items = truth
        .keys()
        .chain(stored.keys().filter(|item| !truth.contains_key(*item)));
    items
        .filter_map(|item| {
            let (expected, got) = (truth.get(item), stored.get(item));
            (expected != got)
                .then(|| format!("history of {item:?}: {got:?} instead of {expected:?}"))
        })
        .collect()
}

/// The rows but those of items that are passed over, whose keys begin with one of these.
pub(super) fn rows_without(def: &TableDef, rows: &[Value], owed: &[String]) -> Vec<Value> {
    let first = def.key.first().copied().unwrap_or_default();
    let stays = |row: &&Value| !owed.contains(&text(row.get(first).unwrap_or(&Value::Null)));
    rows.iter().filter(stays).cloned().collect()
}

/// The history but of items that are passed over.
pub(super) fn events_without(mut events: Vec<Event>, owed: &[String]) -> Vec<Event> {
    events.retain(|(_, key, _)| key.first().is_none_or(|first| !owed.contains(first)));
    events
}

fn by_key(def: &TableDef, rows: &[Value]) -> BTreeMap<Vec<String>, Map<String, Value>> {
    let columns: Vec<&str> = def.columns.iter().map(|column| column.name).collect();
    rows.iter()
        .map(|row| {
            let member = |name: &str| row.get(name).cloned().unwrap_or(Value::Null);
            let key = def.key.iter().map(|name| text(&member(name))).collect();
            let values = columns
                .iter()
                .map(|name| ((*name).to_owned(), member(name)))
                .collect();
            (key, values)
        })
        .collect()
}

fn by_item(events: &[Event]) -> BTreeMap<(&str, &[String]), Vec<&str>> {
    let mut items: BTreeMap<(&str, &[String]), Vec<&str>> = BTreeMap::new();
    for (entity, key, kind) in events {
        items.entry((entity, key)).or_default().push(kind);
    }
    items
}

fn differing(truth: &Map<String, Value>, stored: &Map<String, Value>) -> String {
    let columns = truth
        .iter()
        .filter(|(name, value)| stored.get(*name) != Some(*value));
    let words: Vec<String> = columns
        .map(|(name, value)| {
            format!(
                "{name} is {} instead of {value}",
                stored.get(name).unwrap_or(&Value::Null)
            )
        })
        .collect();
    words.join(", ")
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::table::Table;

    #[test]
    fn rows_are_compared_by_key() {
        let def = Table::OrderLineItems.def();
        let row = |id: &str, quantity: i64| json!({"order_id": "1", "line_item_id": id, "quantity": quantity, "payload": {}});
        let cases = [
            (vec![row("a", 1)], vec![row("a", 1)], 0),
            (vec![row("a", 1), row("b", 1)], vec![row("a", 1)], 1),
            (vec![row("a", 1)], vec![row("a", 2)], 1),
            (vec![], vec![row("a", 1)], 1),
        ];
        for (truth, stored, count) in cases {
            assert_eq!(
                row_differences(def, &truth, &stored).len(),
                count,
                "{truth:?} {stored:?}"
            );
        }
    }

    #[test]
    fn what_is_passed_over_is_not_compared() {
        let def = Table::ActiveInventory.def();
        let row = |id: &str| json!({"item_id": id, "sku": "a"});
        let owed = ["2".to_owned()];
        let rows = rows_without(def, &[row("1"), row("2"), row("22")], &owed);
        assert_eq!(rows, [row("1"), row("22")]);
        let event = |key: &str| ("listing".to_owned(), vec![key.to_owned()], String::new());
        let events = events_without(vec![event("2"), event("1")], &owed);
        assert_eq!(events, [event("1")]);
    }

    #[test]
    fn histories_are_compared_item_by_item() {
        let event =
            |key: &str, kind: &str| ("order".to_owned(), vec![key.to_owned()], kind.to_owned());
        let truth = [
            event("1", "created"),
            event("2", "created"),
            event("1", "updated"),
        ];
        let other_order = [
            event("2", "created"),
            event("1", "created"),
            event("1", "updated"),
        ];
        let doubled = [
            event("1", "created"),
            event("1", "created"),
            event("1", "updated"),
            event("2", "created"),
        ];
        assert_eq!(
            event_differences(&truth, &other_order),
            Vec::<String>::new()
        );
        assert_eq!(event_differences(&truth, &doubled).len(), 1);
        assert_eq!(event_differences(&truth, &truth[..2]).len(), 1);
        assert_eq!(event_differences(&[], &truth[..1]).len(), 1);
    }
}
