//! Records as JSON and bodies as items, to hold them against hand-written expectations; Trading
//! answers to workers. Tests only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};
use shared::record::{Record, Value};
use shared::table::Table;

use super::read::{Next, ReadSpan};
use super::step::{Call, Item, Reply};
use crate::fetch::request::{Request, Shape};
use crate::fetch::trading::{self, Meaning};
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

/// What becomes of a Trading answer to this request: its items go through the worker, and the
/// worker takes the reply. An answer that is no good is an error in words.
pub(crate) fn call<R: ReadSpan>(
    reader: &mut R,
    request: &Request,
    body: &[u8],
    out: &mut Vec<Record>,
) -> Result<Next, String> {
    let Shape::Call { item_path, tells } = request.shape else {
        panic!("no Trading call: {request:?}");
    };
    let mut items = XmlItems::new(item_path, Caps::default());
    items.feed(body);
    items.end();
    loop {
        match items.next().map_err(|error| error.to_string())? {
            XmlStep::Item { root, .. } => reader
                .records(Item::Xml(root), out)
                .map_err(|error| format!("{} in {}", error.what, error.path))?,
            XmlStep::End => break,
            XmlStep::Yield | XmlStep::NeedMore => {}
        }
    }
    let root = items.envelope();
    let tell = |path: &&'static str| Some((*path, root?.text_at(path)?.to_owned()));
    let told = tells.iter().filter_map(tell).collect();
    let summary = items.finish().map_err(|error| error.to_string())?;
    let reply = match trading::meaning(&summary.asides) {
        Meaning::Fine => Reply::Call(Call {
            items: summary.items,
            told,
            warnings: summary.asides.errors,
        }),
        Meaning::PastTheEnd => Reply::Missing(trading::describe(&summary.asides)),
        Meaning::TokenRefused
        | Meaning::Suspended
        | Meaning::CallsUsedUp
        | Meaning::Internal
        | Meaning::Wrong => return Err(trading::describe(&summary.asides)),
    };
    reader.next(reply).map_err(|failure| failure.to_string())
}

/// A real body, where a folder beside the workspace has it; `None` where there is no such folder.
/// One that `EBAY_SAMPLES` names must be there.
pub(crate) fn sample(name: &str) -> Option<Vec<u8>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/ebay-samples");
    let named = std::env::var_os("EBAY_SAMPLES").map(PathBuf::from);
    if named.is_none() && !beside.is_dir() {
        println!("skipped: eBay's samples are not at {}", beside.display());
        return None;
    }
    let path = named.unwrap_or(beside).join(name);
    let body = std::fs::read(&path);
    Some(body.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}
