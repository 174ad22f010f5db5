//! What the hash notices, and that a stored row gives the hash of the record it came from.

use shared::table::Table;

use super::*;

fn record(values: Vec<Value>, payload: &str) -> Record {
    Record {
        table: Table::OrderLineItems,
        key: vec!["1".to_owned(), "2".to_owned()],
        values,
        ebay_time: None,
        payload: payload.to_owned(),
        volatile: String::new(),
    }
}

fn hash(record: &Record) -> ContentHash {
    content(record, &mut vec![9; 3])
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn content_decides_and_nothing_else() {
    let base = record(vec![text("a"), text("b")], "{}");
    let mut same = base.clone();
    same.volatile = "{\"views\":1}".to_owned();
    same.ebay_time = Some(Timestamp(1));
    assert_eq!(hash(&base), hash(&same));

    let others = [
        record(vec![text("ab"), text("")], "{}"),
        record(vec![text("a"), Value::Null], "{}"),
        record(vec![text("a"), Value::Absent], "{}"),
        record(vec![Value::Absent, text("b")], "{}"),
        record(vec![text("a"), Value::Decimal("b".to_owned())], "{}"),
        record(vec![text("b"), text("a")], "{}"),
        record(vec![Value::Integer(1), text("b")], "{}"),
        record(vec![Value::Time(Timestamp(1)), text("b")], "{}"),
        record(vec![text("a"), text("b")], "{\"a\":1}"),
    ];
    for (at, one) in others.iter().enumerate() {
        assert!(!hash(&base).same(&hash(one)), "{at}");
        for other in others.iter().skip(at + 1) {
            assert!(!hash(one).same(&hash(other)), "{at}");
        }
    }
}

#[test]
fn the_halves_are_independent() {
    let base = hash(&record(vec![Value::Null], "{}"));
    let payload = hash(&record(vec![Value::Null], "{\"a\":1}"));
    let columns = hash(&record(vec![Value::Integer(1)], "{}"));
    assert!(base.same_columns(&payload) && !base.same_payload(&payload));
    assert!(base.same_payload(&columns) && !base.same_columns(&columns));
}

/// A listing of which the report tells quantity and source.
fn listing(source: &str) -> Record {
    let mut values = vec![Value::Absent; Table::ActiveInventory.def().columns.len()];
    values[1] = Value::Integer(3);
    values[2] = Value::Decimal("1.50".to_owned());
    values[9] = text(source);
    Record {
        table: Table::ActiveInventory,
        ..record(values, "{}")
    }
}

#[test]
fn a_mark_is_no_content() {
    assert_eq!(hash(&listing("report")), hash(&listing("trading")));
}

#[test]
fn what_is_absent_survives_being_stored() {
    let hash = hash(&listing("report"));
    let bytes = hash.to_bytes();
    assert_eq!(bytes.len(), 40);
    // Title, currency, listing type, condition, start, end, URL.
    assert_eq!(
        bytes.get(32..),
        Some(&[0b1111_1001, 1, 0, 0, 0, 0, 0, 0][..])
    );
    assert_eq!(ContentHash::from_bytes(&bytes), Some(hash));
    for bad in [0, 31, 33, 39, 41] {
        assert_eq!(ContentHash::from_bytes(&vec![0; bad]), None, "{bad}");
    }
}

/// The cells of a row that was created from the record.
fn cells(record: &Record) -> Vec<Cell> {
    let cell = |value: &Value| Cell::from_value(value.clone()).unwrap_or(Cell::Null);
    record.values.iter().map(cell).collect()
}

fn every_kind() -> Record {
    let values = Table::ALL[5]
        .def()
        .columns
        .iter()
        .map(|column| match column.kind {
            Kind::Text | Kind::Mark => text("a"),
            Kind::Integer => Value::Integer(-7),
            Kind::Decimal => Value::Decimal("-0.10".to_owned()),
            Kind::Time => Value::Time(Timestamp(1_790_000_000_001)),
            Kind::Boolean => Value::Boolean(true),
        });
    Record {
        table: Table::Messages,
        ..record(values.collect(), "{\"a\":1}")
    }
}

#[test]
fn a_stored_row_has_the_hash_of_its_record() {
    let mut with_null = every_kind();
    with_null.values[3] = Value::Null;
    for record in [every_kind(), with_null, listing("report")] {
        let stored = hash(&record);
        let again = of_stored(record.table.def(), &cells(&record), &record.payload, stored);
        assert_eq!(again, Some(stored));
    }
}

#[test]
fn a_stored_row_that_was_tampered_with_has_another() {
    for record in [every_kind(), listing("report")] {
        let def = record.table.def();
        let stored = hash(&record);
        for (at, column) in def.columns.iter().enumerate() {
            let mut tampered = cells(&record);
            tampered[at] = match &tampered[at] {
                Cell::Null => Cell::Text("2026-01-01T00:00:00.000Z".to_owned()),
                Cell::Text(_) | Cell::Integer(_) => Cell::Null,
            };
            let again = of_stored(def, &tampered, &record.payload, stored);
            let noticed = again.is_none_or(|again| !again.same(&stored));
            // Neither a mark nor what the source did not tell is in the hash.
            let in_hash = column.kind != Kind::Mark && record.values[at] != Value::Absent;
            assert_eq!(noticed, in_hash, "{}", column.name);
        }
        let again = of_stored(def, &cells(&record), "{\"a\":2}", stored).unwrap();
        assert!(again.same_columns(&stored) && !again.same_payload(&stored));
    }
    let record = every_kind();
    let mut tampered = cells(&record);
    tampered[10] = Cell::Text("yesterday".to_owned());
    assert_eq!(
        of_stored(record.table.def(), &tampered, "{}", hash(&record)),
        None
    );
}
