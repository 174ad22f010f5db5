//! What records mean for stored rows, as tables.

use shared::table::Table;

use super::*;

const A: u8 = 1;
const B: u8 = 2;

fn hash(content: u8) -> ContentHash {
    ContentHash::from_bytes(&[content; 32]).unwrap()
}

fn row(content: u8, time: Option<i64>) -> Stored {
    Stored {
        row_id: 7,
        hash: hash(content),
        shape_version: 1,
        ebay_time: time.map(Timestamp),
        ended: false,
        mark: None,
    }
}

fn decide(content: u8, time: Option<i64>, seen: bool, stored: Option<&Stored>) -> Change {
    let incoming = Incoming {
        hash: &hash(content),
        shape_version: 1,
        ebay_time: time.map(Timestamp),
        seen,
        mark: Mark::Untold,
    };
    classify(incoming, stored)
}

#[test]
fn changes() {
    assert_eq!(decide(A, None, false, None), Change::Created);
    let (same, other) = (row(A, None), row(B, None));
    let (same_5, other_5) = (row(A, Some(5)), row(B, Some(5)));
    let mut ended = row(A, Some(5));
    ended.ended = true;
    let mut shape = row(B, Some(5));
    shape.shape_version = 9;
    let cases = [
        // (time, stored, expected, why)
        (None, &same, Change::Unchanged, "same"),
        (None, &other, Change::Updated, "no times"),
        (Some(5), &other_5, Change::Updated, "equal times"),
        (Some(6), &other_5, Change::Updated, "newer"),
        (Some(4), &other_5, Change::Stale, "older"),
        (Some(4), &same_5, Change::Stale, "older and the same"),
        (Some(4), &other, Change::Updated, "stored time unknown"),
        (None, &other_5, Change::Updated, "new time unknown"),
        (Some(4), &shape, Change::Stale, "older, other shape"),
        (Some(5), &shape, Change::Reshaped, "other shape"),
        (Some(5), &ended, Change::Reopened, "ended, the same"),
        (Some(4), &ended, Change::Reopened, "ended, older"),
    ];
    for (time, stored, expected, why) in cases {
        assert_eq!(decide(A, time, false, Some(stored)), expected, "{why}");
    }
}

#[test]
fn marks() {
    let version = Mark::Version;
    let source = Mark::Source;
    let cases = [
        // (content, mark, stored mark, expected, why)
        (A, Mark::Untold, Some("1"), Change::Unchanged, "not told"),
        (B, Mark::Untold, Some("1"), Change::Updated, "not told"),
        (A, version(Some("1")), Some("1"), Change::Unchanged, "same"),
        (A, version(Some("2")), Some("1"), Change::Marked, "newer"),
        (A, version(Some("1")), None, Change::Marked, "first version"),
        (A, version(None), Some("1"), Change::Marked, "no version"),
        (B, version(Some("2")), Some("1"), Change::Updated, "both"),
        (B, version(Some("1")), Some("1"), Change::Updated, "content"),
        (A, source(Some("b")), Some("a"), Change::Marked, "same"),
        (B, source(Some("b")), Some("a"), Change::Resourced, "both"),
        (B, source(Some("a")), Some("a"), Change::Updated, "one API"),
        (B, source(Some("a")), None, Change::Resourced, "unknown API"),
    ];
    for (content, mark, stored_mark, expected, why) in cases {
        let mut stored = row(A, None);
        stored.mark = stored_mark.map(str::to_owned);
        let incoming = Incoming {
            hash: &hash(content),
            shape_version: 1,
            ebay_time: None,
            seen: false,
            mark,
        };
        let told = classify(incoming, Some(&stored));
        assert_eq!(told, expected, "{why}: {mark:?} over {stored_mark:?}");
        stored.shape_version = 2;
        let told = classify(incoming, Some(&stored));
        assert_eq!(told, Change::Reshaped, "{why}: a shape goes before marks");
        stored.ended = true;
        assert_eq!(classify(incoming, Some(&stored)), Change::Reopened, "{why}");
    }
}

#[test]
fn a_mark_is_found_among_the_values() {
    let values = |table: Table, mark: Value| {
        let columns = table.def().columns;
        let mut values = vec![Value::Text("a".to_owned()); columns.len()];
        if let Some(last) = values.last_mut() {
            *last = mark;
        }
        values
    };
    let text = || Value::Text("m".to_owned());
    let cases = [
        (Table::ActiveInventory, text(), Mark::Source(Some("m"))),
        (Table::ActiveInventory, Value::Null, Mark::Source(None)),
        (Table::ActiveInventory, Value::Absent, Mark::Untold),
        (Table::Cases, text(), Mark::Version(Some("m"))),
        (Table::Returns, Value::Null, Mark::Version(None)),
        (Table::Orders, text(), Mark::Untold),
    ];
    for (table, value, expected) in cases {
        let values = values(table, value);
        assert_eq!(Mark::of(table.def(), &values), expected, "{table:?}");
    }
}

#[test]
fn events_of_changed_rows() {
    let differing = |columns, known, payload| Difference {
        columns,
        known,
        payload,
    };
    let nothing = differing(false, false, false);
    let payload = differing(false, false, true);
    let new_column = differing(true, false, true);
    let known = differing(true, true, true);
    let (updated, reshaped) = (Some(EventKind::Updated), Some(EventKind::Reshaped));
    let cases = [
        (Change::Updated, nothing, None),
        (Change::Updated, payload, updated),
        (Change::Updated, new_column, updated),
        (Change::Reopened, new_column, updated),
        (Change::Reshaped, nothing, None),
        (Change::Reshaped, payload, reshaped),
        (Change::Reshaped, known, reshaped),
        (Change::Resourced, nothing, None),
        (Change::Resourced, payload, reshaped),
        (Change::Resourced, new_column, reshaped),
        (Change::Resourced, known, updated),
        (Change::Marked, nothing, None),
        (Change::Marked, known, None),
    ];
    for (change, difference, expected) in cases {
        assert_eq!(
            event(change, difference),
            expected,
            "{change:?} {difference:?}"
        );
    }
}

#[test]
fn a_snapshot_may_not_contradict_itself() {
    let cases = [
        (None, row(A, None), Change::Unchanged),
        (None, row(B, None), Change::Contradiction),
        (Some(4), row(B, Some(5)), Change::Contradiction),
    ];
    for (time, stored, expected) in cases {
        assert_eq!(decide(A, time, true, Some(&stored)), expected);
    }
}

#[test]
fn differences_are_json() {
    let mut differences = Differences::new();
    assert!(differences.is_empty());
    differences.push(
        "title",
        &Cell::Null,
        &Cell::Text("a\"\\\n\u{1}é".to_owned()),
    );
    differences.push("quantity", &Cell::Integer(-1), &Cell::Integer(2));
    let text = differences.finish();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        value,
        serde_json::json!({"title": [null, "a\"\\\n\u{1}é"], "quantity": [-1, 2]})
    );
}

#[test]
fn keys_are_json() {
    for key in [vec!["a"], vec!["", "b\u{1f}\u{7f}", "ü\t'\"\\/"]] {
        let key: Vec<String> = key.into_iter().map(str::to_owned).collect();
        assert_eq!(key_json(&key), serde_json::to_string(&key).unwrap());
    }
}
