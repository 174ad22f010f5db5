//! Records as JSON and bodies as items, to hold them against hand-written expectations. Tests only.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};
use shared::record::{Record, Value};
use shared::table::Table;

use crate::parse::xml::XmlSummary;
use crate::parse::{Caps, Node, XmlItems, XmlStep};

/// The record as a fixture's `expected.json` writes it; columns that are absent are left out.
pub(crate) fn shown(record: &Record) -> Json {
    let def = record.table.def();
    assert_eq!(record.key.len(), def.key.len(), "key of {}", def.name);
    assert_eq!(record.values.len(), def.columns.len(), "{}", def.name);
    let mut row = Map::new();
    for (column, value) in def.columns.iter().zip(&record.values) {
        assert!(value.fits(column.kind), "{}.{}", def.name, column.name);
        let value = match value {
            Value::Absent => continue,
            Value::Null => Json::Null,
            Value::Text(text) | Value::Decimal(text) => json!(text),
            Value::Integer(number) => json!(number),
            Value::Time(time) => json!(time.to_string()),
            Value::Boolean(yes) => json!(yes),
        };
        row.insert(column.name.to_owned(), value);
    }
    let payload: Json = serde_json::from_str(&record.payload).unwrap();
    assert_eq!(record.payload, payload.to_string(), "payload is canonical");
    let mut shown = json!({
        "table": def.name,
        "key": record.key,
        "ebay_time": record.ebay_time.map(|time| time.to_string()),
        "row": row,
        "payload": payload,
    });
    if !record.volatile.is_empty() {
        let volatile: Json = serde_json::from_str(&record.volatile).unwrap();
        assert_eq!(
            record.volatile,
            volatile.to_string(),
            "volatile is canonical"
        );
        shown["volatile"] = volatile;
    }
    shown
}

/// Asserts that the records are the rows of a file in a `stored.json`: lists of values in the order
/// of its `columns`, in the order of the body.
pub(crate) fn assert_stored(records: &[Record], stored: &Json, file: &str) {
    let columns = stored["columns"].as_array().unwrap();
    let rows = stored[file].as_array().unwrap();
    assert_eq!(records.len(), rows.len(), "{file}");
    for (record, row) in records.iter().zip(rows) {
        let mut found = shown(record)["row"].clone();
        for (name, part) in record.table.def().key.iter().zip(&record.key) {
            found[*name] = json!(part);
        }
        let row = row.as_array().unwrap();
        assert_eq!(columns.len(), row.len(), "{file}: {row:?}");
        for (column, value) in columns.iter().zip(row) {
            let column = column.as_str().unwrap();
            assert_eq!(&found[column], value, "{file} {:?} {column}", record.key);
        }
    }
}

/// Feeds an XML body item by item; returns what it says besides its items, and the texts that
/// `tells` names.
pub(crate) fn read_xml(
    xml: &str,
    item_path: &[&str],
    tells: &[&'static str],
    mut take: impl FnMut(Node<'_>),
) -> (XmlSummary, BTreeMap<&'static str, String>) {
    let mut items = XmlItems::new(item_path, Caps::default());
    items.feed(xml.as_bytes());
    items.end();
    loop {
        match items.next().unwrap() {
            XmlStep::Item { root, .. } => take(root),
            XmlStep::Yield | XmlStep::NeedMore => {}
            XmlStep::End => break,
        }
    }
    let root = items.envelope().unwrap();
    let told = tells
        .iter()
        .filter_map(|path| Some((*path, root.text_at(path)?.to_owned())))
        .collect();
    (items.finish().unwrap(), told)
}

/// The names of a table's columns, those of the key first, as a fixture's `stored.json` has them.
pub(crate) fn column_names(table: Table) -> Json {
    let def = table.def();
    let columns = def.columns.iter().map(|column| column.name);
    def.key.iter().copied().chain(columns).collect()
}

/// The record's key and values in that order.
pub(crate) fn listed(record: &Record) -> Json {
    let shown = shown(record);
    let columns = record.table.def().columns.iter();
    let values = columns.map(|column| shown["row"][column.name].clone());
    let key = record.key.iter().map(|part| json!(part));
    key.chain(values).collect()
}
