//! Hand-written pages and details, held against hand-written records. Tests only.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::*;
use crate::workers::fixture::shown;
use crate::workers::read::BodyKind;

/// A worker and what is special about its fixtures.
pub(in crate::workers) struct Fixtures {
    pub(in crate::workers) worker: &'static str,
    pub(in crate::workers) reader: fn(&str) -> PostOrder,
    pub(in crate::workers) bodies: &'static [BodyKind],
}

impl Fixtures {
    fn read(&self, name: &str) -> Json {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../tests/fixtures")
            .join(self.worker)
            .join(name);
        let text = fs::read_to_string(&path);
        let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap()
    }

    /// Reads a page with every detail that it needs, as a run does.
    fn run(&self, page: &Json, details: &Json) -> Vec<Record> {
        let mut reader = (self.reader)("EBAY_US");
        let moment = shared::time::Timestamp(0);
        reader.begin(Span {
            first: moment,
            last: moment,
        });
        let members = page["members"].as_array().unwrap();
        let mut records = Vec::new();
        for member in members {
            let text = serde_json::to_string_pretty(member).unwrap();
            reader.records(Item::Json(&text), &mut records).unwrap();
        }
        assert!(records.is_empty(), "a summary alone is not stored");
        let mut around = page.as_object().unwrap().clone();
        around.remove("members");
        let mut reply = Reply::Page(Page {
            members: around,
            list: Member::Array,
            items: members.len() as u64,
        });
        loop {
            reply = match reader.next(reply).unwrap() {
                Next::Complete(total) => {
                    assert_eq!(total.items, members.len() as u64);
                    return records;
                }
                Next::Probe(probe) => Reply::Needed((0..probe.items.len()).collect()),
                Next::Fetch(request) => {
                    let id = request.path.rsplit('/').next().unwrap();
                    let text = serde_json::to_string_pretty(&details[id]).unwrap();
                    reader.records(Item::Json(&text), &mut records).unwrap();
                    Reply::Item
                }
                Next::Again(why) => panic!("{why}"),
            };
        }
    }

    /// The page and the detail, each read alone, as by hand.
    pub(in crate::workers) fn assert_alone(&self) {
        let [page_kind, detail_kind] = self.bodies else {
            panic!("a page and a detail");
        };
        assert_eq!((page_kind.shape, detail_kind.shape), (PAGE, Shape::Item));
        let stored = self.read("stored.json");
        let page = self.read("page.json");
        let mut records = Vec::new();
        for member in page["members"].as_array().unwrap() {
            let text = member.to_string();
            (page_kind.records)(Item::Json(&text), &mut records).unwrap();
        }
        let members = page["members"].as_array().unwrap();
        let expected = self.read("expected.json");
        let expected = expected.as_array().unwrap();
        assert_eq!(records.len(), expected.len());
        for (position, (record, expected)) in records.iter().zip(expected).enumerate() {
            let volatile = if position == 0 {
                &stored["volatile"]["page.json"]
            } else {
                &Json::Null
            };
            let whole = json!({"summary": members[position]});
            let mut record = plain(record, volatile, &whole);
            record.as_object_mut().unwrap().remove("payload");
            assert_eq!(&record, expected);
        }
        let body = self.read("detail.json");
        let mut records = Vec::new();
        (detail_kind.records)(Item::Json(&body.to_string()), &mut records).unwrap();
        let row = plain(
            &records[0],
            &stored["volatile"]["detail.json"],
            &json!({"detail": body}),
        );
        assert_eq!(records.len(), 1);
        assert_row(&row, &stored["columns"], &stored["detail.json"]);
    }

    /// Twenty items with their details.
    pub(in crate::workers) fn assert_stored(&self) {
        let stored = self.read("stored.json");
        let mut count = 0;
        for file in ["plain.json", "states.json", "amounts.json", "odd.json"] {
            let page = self.read(file);
            let records = self.run(&page, &stored["details"]);
            let expected = stored[file].as_array().unwrap();
            assert_eq!(records.len(), expected.len(), "{file}");
            for (record, expected) in records.iter().zip(expected) {
                let id = &record.key[0];
                let of_id = |member: &&Json| {
                    let own = field::id(*member, (self.reader)("").resource.id);
                    own.as_ref() == Ok(id)
                };
                let members = page["members"].as_array().unwrap();
                let summary = members.iter().find(of_id).unwrap();
                let whole = json!({"detail": stored["details"][id], "summary": summary});
                let row = plain(record, &stored["volatile"][id], &whole);
                assert_row(&row, &stored["columns"], expected);
                let Some(Value::Text(version)) = record.values.last() else {
                    panic!("no version: {record:?}");
                };
                assert_eq!(version.len(), 64);
                count += 1;
            }
        }
        assert_eq!(count, 20);
    }
}

/// The record as a fixture writes it. Payload and what moves on its own must make up the whole.
fn plain(record: &Record, volatile: &Json, whole: &Json) -> Json {
    let mut record = record.clone();
    let aside = std::mem::take(&mut record.volatile);
    let row = shown(&record);
    if volatile.is_null() {
        assert_eq!(aside, "");
        assert_eq!(&row["payload"], whole);
        return row;
    }
    assert_eq!(aside, volatile.to_string());
    assert_ne!(&row["payload"], whole, "what moves is not in the payload");
    let mut payload = row["payload"].clone();
    join(&mut payload, volatile);
    assert_eq!(&payload, whole);
    row
}

fn join(into: &mut Json, other: &Json) {
    match (into, other) {
        (Json::Object(into), Json::Object(other)) => {
            for (name, value) in other {
                join(into.entry(name).or_insert(Json::Null), value);
            }
        }
        (into, other) => *into = other.clone(),
    }
}

fn assert_row(row: &Json, columns: &Json, expected: &Json) {
    let columns = columns.as_array().unwrap();
    let expected = expected.as_array().unwrap();
    assert_eq!(columns.len(), expected.len(), "{expected:?}");
    assert_eq!(row["key"], json!([expected[0]]));
    for (column, value) in columns.iter().zip(expected).skip(1) {
        let name = column.as_str().unwrap();
        assert_eq!(&row["row"][name], value, "{name} of {}", expected[0]);
    }
}
