//! When a snapshot begins, and that a row is sent once, with a reader of one page.

use serde_json::json;
use shared::attempt::ListingSource;
use shared::record::Value;
use shared::table::Table;

use super::*;
use crate::fetch::request::{Request, Shape};
use crate::workers::read::{Next, Total};

const MINUTE: i64 = 60_000;

/// Reads two pages; an item is its offer id and its SKU, and so are its rows.
#[derive(Debug, Default)]
struct Reader {
    pages: u32,
    again: bool,
}

fn page() -> Request {
    Request::get("/page", Shape::Page { member: "items" })
}

impl ReadSpan for Reader {
    fn begin(&mut self, _span: Span) -> Request {
        self.pages = 0;
        page()
    }

    fn keyed(&self) -> Option<Keyed> {
        None
    }

    fn passed_over(&mut self, _id: &str) {}

    fn next(&mut self, _reply: Reply) -> Result<Next, Failure> {
        self.pages += 1;
        Ok(match self.pages {
            1 => Next::Fetch(page()),
            _ if self.again => Next::Again("it changed".to_owned()),
            _ => Next::Complete(Total::default()),
        })
    }

    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        let Item::Json(text) = item else {
            return Err(ParseError::bad(0, "no JSON"));
        };
        for row in text.split(' ') {
            let (id, sku) = row.split_once('=').unwrap();
            out.push(Record {
                table: Table::Offers,
                key: vec![id.to_owned()],
                values: vec![Value::Text(sku.to_owned())],
                ebay_time: None,
                payload: json!({ "sku": sku }).to_string(),
                volatile: String::new(),
            });
        }
        Ok(())
    }
}

fn snapshot(last_taken_at: Option<i64>, again: bool) -> Snapshot<Reader> {
    let order = SnapshotOrder {
        last_taken_at: last_taken_at.map(Timestamp),
        state: None,
        listings: ListingSource::Report,
    };
    let reader = Reader { pages: 0, again };
    Snapshot::new(&order, Timestamp(600 * MINUTE), reader)
}

fn sent(snapshot: &mut Snapshot<Reader>, items: &[&str]) -> String {
    let mut out = Vec::new();
    for item in items {
        snapshot.records(Item::Json(item), &mut out).unwrap();
    }
    let row = |row: &Record| {
        let Value::Text(sku) = &row.values[0] else {
            panic!("{row:?}");
        };
        format!("{}={sku}", row.key[0])
    };
    out.iter().map(row).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_snapshot_is_newer_than_the_one_before() {
    let cases = [
        (None, 5, "begins"),
        (Some(4), 5, "begins"),
        (Some(5), 5, "snoozes until 6"),
        (Some(5 + 5 * MINUTE), 5, "snoozes until 300006"),
        (Some(6 + 5 * MINUTE), 5, "incomplete"),
        (None, 600 * MINUTE, "begins"),
        (None, 600 * MINUTE + 1, "snoozes until 36000001"),
    ];
    for (last, now, expected) in cases {
        let mut snapshot = snapshot(last, false);
        let became = match snapshot.step(Reply::Go, Timestamp(now)) {
            Ok(Step::Fetch(_)) => "begins".to_owned(),
            Ok(Step::Snooze(until)) => format!("snoozes until {}", until.0),
            Ok(other) => format!("{other:?}"),
            Err(failure) => failure.name().to_owned(),
        };
        assert_eq!(became, expected, "{last:?} at {now}");
    }
}

#[test]
fn its_time_is_when_reading_began() {
    let mut snapshot = snapshot(None, false);
    snapshot.step(Reply::Go, Timestamp(7)).unwrap();
    snapshot.step(Reply::Item, Timestamp(8)).unwrap();
    let done = snapshot.step(Reply::Item, Timestamp(9)).unwrap();
    let Step::SliceDone(completed) = done else {
        panic!("not done: {done:?}");
    };
    assert_eq!(completed.mark, Mark::Snapshot(Timestamp(7)));
    let end = snapshot.step(Reply::Go, Timestamp(9)).unwrap();
    assert_eq!(end, Step::Done);
}

#[test]
fn a_row_is_sent_once_whatever_becomes_of_it() {
    let mut snapshot = snapshot(None, true);
    snapshot.step(Reply::Go, Timestamp(7)).unwrap();
    assert_eq!(sent(&mut snapshot, &["1=a", "2=a 3=a"]), "1=a 2=a 3=a");
    snapshot.step(Reply::Item, Timestamp(8)).unwrap();
    assert_eq!(sent(&mut snapshot, &["3=b", "4=a"]), "4=a");
    // The second reading finds other things.
    let again = snapshot.step(Reply::Item, Timestamp(8)).unwrap();
    assert!(matches!(again, Step::Fetch(_)), "{again:?}");
    assert_eq!(sent(&mut snapshot, &["1=c", "5=c 2=c"]), "5=c");
    snapshot.step(Reply::Item, Timestamp(9)).unwrap();
    let failed = snapshot.step(Reply::Item, Timestamp(9)).unwrap_err();
    assert_eq!(failed.name(), "incomplete");
}

#[test]
fn rows_of_one_item_that_contradict_each_other_are_all_sent() {
    let mut snapshot = snapshot(None, false);
    assert_eq!(sent(&mut snapshot, &["1=a 1=b"]), "1=a 1=b");
}
