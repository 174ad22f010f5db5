//! Whether what a child claims is legal. Pure.

use std::time::Duration;

use shared::failure::{Failure, Place};
use shared::record::{MAX_KEY_PART, MAX_RECORD, Record, Value};
use shared::table::{Kind, Table, TableDef};
use shared::time::Timestamp;
use shared::wire::message::{MAX_PROBES, MAX_VERSION, Probed};
use shared::worker::Worker;

/// The years that sort as text and can be read back: 0000 to 9999.
const YEARS: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

/// How far ahead of our clock a snapshot's time may be.
const CLOCK_SLACK: Duration = Duration::from_hours(24);

/// The longest id of a pending report, bytes.
pub(super) const MAX_TASK_ID: usize = 256;

/// What is illegal about a record, if anything is. The message never repeats the child's data but
/// the key.
pub(super) fn record(worker: Worker, record: &Record) -> Result<(), String> {
    let def = record.table.def();
    if !worker.tables().contains(&record.table) {
        return Err(format!("{worker} may not write {}", def.name));
    }
    let name = || format!("{} {}", def.entity, key_text(&record.key));
    key(def, &record.key)?;
    if record.values.len() != def.columns.len() {
        return Err(format!(
            "{}: {} columns instead of {}",
            name(),
            record.values.len(),
            def.columns.len()
        ));
    }
    for (column, value) in def.columns.iter().zip(&record.values) {
        if !value.fits(column.kind) || !sane(column.kind, value) {
            return Err(format!(
                "{}: {} does not fit its column",
                name(),
                column.name
            ));
        }
    }
    if record.ebay_time.is_some_and(|time| !is_sane_time(time)) {
        return Err(format!("{}: time out of range", name()));
    }
    if record.size() > MAX_RECORD {
        return Err(format!("{}: {} bytes", name(), record.size()));
    }
    if !record.payload.starts_with('{') {
        return Err(format!("{}: payload is not an object", name()));
    }
    if !record.volatile.is_empty() && !record.volatile.starts_with('{') {
        return Err(format!("{}: volatile is not an object", name()));
    }
    Ok(())
}

/// What is illegal about a probe, if anything is.
pub(super) fn probe(worker: Worker, table: Table, items: &[Probed]) -> Result<(), String> {
    let def = table.def();
    if !worker.tables().contains(&table) {
        return Err(format!("{worker} may not probe {}", def.name));
    }
    if !def.columns.iter().any(|column| column.kind == Kind::Mark) {
        return Err(format!("a probe of {}, which has no versions", def.name));
    }
    if items.is_empty() || items.len() > MAX_PROBES {
        return Err(format!("a probe of {} items", items.len()));
    }
    for item in items {
        key(def, &item.key)?;
        if item.version.len() > MAX_VERSION || item.version.contains('\0') {
            return Err(format!(
                "{} {}: version too long or with a NUL",
                def.entity,
                key_text(&item.key)
            ));
        }
    }
    Ok(())
}

fn key(def: &TableDef, key: &[String]) -> Result<(), String> {
    let fault = |what: String| Err(format!("{} {}: {what}", def.entity, key_text(key)));
    if key.len() != def.key.len() {
        return fault(format!(
            "{} key parts instead of {}",
            key.len(),
            def.key.len()
        ));
    }
    if key.first().is_some_and(String::is_empty) {
        return fault("empty key".to_owned());
    }
    // SQLite's JSON functions, which look keys up, end a text at a NUL.
    let bad_part = |part: &String| part.len() > MAX_KEY_PART || part.contains('\0');
    if key.iter().any(bad_part) {
        return fault("key part too long or with a NUL".to_owned());
    }
    Ok(())
}

/// Whether a time can be stored as text and read back.
pub(super) fn is_sane_time(time: Timestamp) -> bool {
    YEARS.contains(&time.0)
}

fn sane(kind: Kind, value: &Value) -> bool {
    match value {
        Value::Time(time) => is_sane_time(*time),
        // A longer one could never be asked about.
        Value::Text(text) if kind == Kind::Mark => {
            text.len() <= MAX_VERSION && !text.contains('\0')
        }
        Value::Null
        | Value::Absent
        | Value::Text(_)
        | Value::Integer(_)
        | Value::Decimal(_)
        | Value::Boolean(_) => true,
    }
}

/// A key for a message, shortened and escaped.
pub(super) fn key_text(key: &[String]) -> String {
    let parts: Vec<String> = key
        .iter()
        .take(4)
        .map(|part| {
            let short: String = part.chars().take(64).collect();
            short.escape_debug().to_string()
        })
        .collect();
    parts.join("/")
}

/// Whether a snapshot's time is newer than the last one's and not ahead of our clock.
pub(super) fn taken_at(
    taken_at: Timestamp,
    last: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Failure> {
    if let Some(last) = last.filter(|last| taken_at <= *last) {
        return Err(Failure::Incomplete {
            what: format!(
                "report of {taken_at} is older than the last committed report, of {last}"
            ),
            place: Place::default(),
        });
    }
    if taken_at > now.plus(CLOCK_SLACK) {
        return Err(Failure::BadData {
            what: format!("report of {taken_at} is more than a day in the future"),
            place: Place::default(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Record {
        let mut values = vec![Value::Null; Table::OrderLineItems.def().columns.len()];
        values[3] = Value::Integer(2);
        values[4] = Value::Decimal("1.50".to_owned());
        Record {
            table: Table::OrderLineItems,
            key: vec!["1".to_owned(), String::new()],
            values,
            ebay_time: Some(Timestamp(0)),
            payload: "{}".to_owned(),
            volatile: String::new(),
        }
    }

    type Spoil = fn(&mut Record);

    #[test]
    fn records() {
        assert_eq!(record(Worker::Orders, &good()), Ok(()));
        let cases: [(Spoil, &str); 14] = [
            (|r| r.table = Table::ActiveInventory, "orders may not write"),
            (|r| r.table = Table::Orders, "2 key parts instead of 1"),
            (|r| r.key[0].clear(), "empty key"),
            (|r| r.key[1] = "a\0".to_owned(), "NUL"),
            (|r| r.key[1] = "x".repeat(MAX_KEY_PART + 1), "too long"),
            (|r| drop(r.values.pop()), "6 columns instead of 7"),
            (
                |r| r.values[3] = Value::Text("2".to_owned()),
                "quantity does not fit",
            ),
            (
                |r| r.values[4] = Value::Decimal("1,50".to_owned()),
                "total does not fit",
            ),
            (
                |r| r.values[0] = Value::Time(Timestamp(0)),
                "sku does not fit",
            ),
            (
                |r| r.ebay_time = Some(Timestamp(i64::MAX)),
                "time out of range",
            ),
            (
                |r| r.payload = format!("{{{}", " ".repeat(MAX_RECORD)),
                "bytes",
            ),
            (|r| r.payload = "[]".to_owned(), "payload is not an object"),
            (|r| r.payload.clear(), "payload is not an object"),
            (|r| r.volatile = "1".to_owned(), "volatile is not an object"),
        ];
        for (spoil, expected) in cases {
            let mut bad = good();
            spoil(&mut bad);
            let what = record(Worker::Orders, &bad).unwrap_err();
            assert!(what.contains(expected), "{what} / {expected}");
            assert!(what.len() < 200, "{what}");
        }
    }

    #[test]
    fn a_mark_is_no_longer_than_a_probe_may_ask() {
        let columns = Table::Returns.def().columns;
        let mark = |text: String| {
            let mut values = vec![Value::Null; columns.len()];
            values[columns.len() - 1] = Value::Text(text);
            Record {
                table: Table::Returns,
                key: vec!["5".to_owned()],
                values,
                ..good()
            }
        };
        let longest = mark("v".repeat(MAX_VERSION));
        assert_eq!(record(Worker::Returns, &longest), Ok(()));
        for bad in ["v".repeat(MAX_VERSION + 1), "a\0".to_owned()] {
            let what = record(Worker::Returns, &mark(bad)).unwrap_err();
            assert!(what.contains("summary_version does not fit"), "{what}");
        }
    }

    #[test]
    fn probes() {
        let item = |key: &[&str], version: &str| Probed {
            key: key.iter().map(|part| (*part).to_owned()).collect(),
            version: version.to_owned(),
        };
        let longest = "v".repeat(MAX_VERSION);
        let good = [item(&["5"], &longest), item(&["5"], "")];
        assert_eq!(probe(Worker::Returns, Table::Returns, &good), Ok(()));
        let too_long = format!("{longest}v");
        let (returns, one) = (Worker::Returns, item(&["5"], "v"));
        let cases = [
            (
                Worker::Cases,
                Table::Returns,
                vec![one.clone()],
                "cases may not probe ebay_returns",
            ),
            (
                Worker::Orders,
                Table::Orders,
                vec![one.clone()],
                "a probe of ebay_orders, which has no versions",
            ),
            (returns, Table::Returns, Vec::new(), "a probe of 0 items"),
            (
                returns,
                Table::Returns,
                vec![one.clone(); MAX_PROBES + 1],
                "a probe of 1001 items",
            ),
            (
                returns,
                Table::Returns,
                vec![one.clone(), item(&["5", "6"], "v")],
                "return 5/6: 2 key parts instead of 1",
            ),
            (returns, Table::Returns, vec![item(&[""], "v")], "empty key"),
            (returns, Table::Returns, vec![item(&["a\0"], "v")], "NUL"),
            (
                returns,
                Table::Returns,
                vec![one.clone(), item(&["5"], &too_long)],
                "return 5: version too long",
            ),
            (
                returns,
                Table::Returns,
                vec![item(&["5"], "a\0")],
                "version too long or with a NUL",
            ),
        ];
        for (worker, table, items, expected) in cases {
            let what = probe(worker, table, &items).unwrap_err();
            assert!(what.contains(expected), "{what} / {expected}");
            assert!(what.len() < 200, "{what}");
        }
    }

    #[test]
    fn times_that_cannot_be_read_back_are_refused() {
        for time in [*YEARS.start(), *YEARS.end()].map(Timestamp) {
            assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
            assert!(is_sane_time(time));
        }
        assert!(!is_sane_time(Timestamp(YEARS.end() + 1)));
        assert!(!is_sane_time(Timestamp(YEARS.start() - 1)));
    }

    #[test]
    fn times_of_snapshots() {
        let day = 86_400_000;
        let cases = [
            (5, None, 5, None),
            (5, Some(4), 5, None),
            (5, Some(5), 5, Some("incomplete")),
            (5, Some(6), 5, Some("incomplete")),
            (5 + day, None, 5, None),
            (6 + day, None, 5, Some("bad_data")),
        ];
        for (taken, last, now, expected) in cases {
            let result = taken_at(Timestamp(taken), last.map(Timestamp), Timestamp(now));
            assert_eq!(
                result.as_ref().err().map(Failure::name),
                expected,
                "{taken} {last:?}"
            );
        }
    }
}
