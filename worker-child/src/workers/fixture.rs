//! Records as JSON, to hold them against hand-written expectations. Tests only.

use serde_json::{Map, Value as Json, json};
use shared::record::{Record, Value};
use shared::table::Table;

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
    assert_eq!(record.volatile, "");
    json!({
        "table": def.name,
        "key": record.key,
        "ebay_time": record.ebay_time.map(|time| time.to_string()),
        "row": row,
        "payload": payload,
    })
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
