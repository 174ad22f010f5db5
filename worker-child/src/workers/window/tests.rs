//! Slices, second readings and the deep pass, with the orders reader.

use serde_json::{Map, json};
use shared::failure::Failure;
use shared::window::DeepOrder;

use super::*;
use crate::parse::json::Member;
use crate::workers::orders::Orders;
use crate::workers::step::Page;

const HOUR: i64 = 3_600_000;
fn window(until: i64) -> WindowOrder {
    WindowOrder {
        cursor: Timestamp(0),
        until: Timestamp(until),
        step_ms: 3_600_000,
        overlap_ms: 60_000,
        deep: None,
    }
}

fn orders(until: i64) -> Windowed<Orders> {
    Windowed::new(window(until), Timestamp(i64::MAX), Orders::default())
}

fn order(id: &str) -> String {
    let time = "2026-06-18T12:00:00.000Z";
    json!({"orderId": id, "creationDate": time, "lastModifiedDate": time, "lineItems": []})
        .to_string()
}

/// Feeds a page: its total and the ids of its orders.
fn page(orders: &mut Windowed<Orders>, total: u64, ids: &[&str]) -> Result<Step, Failure> {
    for id in ids {
        orders
            .records(Item::Json(&order(id)), &mut Vec::new())
            .unwrap();
    }
    let mut members = Map::new();
    members.insert("total".to_owned(), json!(total));
    let page = Page {
        members,
        list: Member::Array,
        items: ids.len() as u64,
    };
    orders.step(Reply::Page(page), Timestamp(0))
}

fn query(step: &Step, name: &str) -> String {
    let Step::Fetch(request) = step else {
        panic!("no request: {step:?}");
    };
    let found = request.query.iter().find(|(key, _)| *key == name);
    found.unwrap().1.clone()
}

fn go(orders: &mut Windowed<Orders>) -> Step {
    orders.step(Reply::Go, Timestamp(0)).unwrap()
}

#[test]
fn slices_follow_each_other_and_only_the_first_overlaps() {
    let mut orders = orders(2 * HOUR);
    let first = go(&mut orders);
    assert_eq!(
        query(&first, "filter"),
        "lastmodifieddate:[1969-12-31T23:59:00.000Z..1970-01-01T00:59:59.999Z]"
    );
    assert_eq!(query(&first, "fieldGroups"), "TAX_BREAKDOWN");
    let done = page(&mut orders, 0, &[]).unwrap();
    let slice = next_slice(&window(2 * HOUR), Timestamp(0)).unwrap();
    assert_eq!(
        done,
        Step::SliceDone(Completed {
            mark: Mark::Slice(slice),
            items: 0,
            announced: Some(0),
        })
    );
    assert_eq!(orders.slice(), Some(slice));
    let second = go(&mut orders);
    assert_eq!(
        query(&second, "filter"),
        "lastmodifieddate:[1970-01-01T01:00:00.000Z..1970-01-01T01:59:59.999Z]"
    );
    assert!(matches!(page(&mut orders, 0, &[]), Ok(Step::SliceDone(_))));
    assert_eq!(go(&mut orders), Step::Done);
}

#[test]
fn no_slice_begins_after_take_until() {
    let mut orders = Windowed::new(window(2 * HOUR), Timestamp(5), Orders::default());
    assert!(matches!(go(&mut orders), Step::Fetch(_)));
    page(&mut orders, 0, &[]).unwrap();
    assert_eq!(orders.step(Reply::Go, Timestamp(6)).unwrap(), Step::Done);
}

#[test]
fn a_set_that_changes_is_read_once_more_then_incomplete() {
    // (pages of one reading as (total, ids), words of the failure, why)
    type Pages<'a> = &'a [(u64, &'a [&'a str])];
    let cases: [(Pages<'_>, &str); 5] = [
        (&[(3, &["a", "b"]), (4, &["c"])], "total went from 3 to 4"),
        (
            &[(3, &["a", "b"]), (3, &[])],
            "the page at offset 2 is empty",
        ),
        (&[(3, &["a", "b"]), (3, &["b"])], "2 different items came"),
        (&[(1, &["a", "b"])], "2 different items came, total is 1"),
        (&[(2, &[])], "the page at offset 0 is empty, total is 2"),
    ];
    for (pages, words) in cases {
        let mut orders = orders(HOUR);
        let mut last = Ok(go(&mut orders));
        for reading in 0..2 {
            for (total, ids) in pages {
                last = page(&mut orders, *total, ids);
            }
            if reading == 0 {
                assert_eq!(query(last.as_ref().unwrap(), "offset"), "0", "{words}");
            }
        }
        let Err(Failure::Incomplete { what, .. }) = last else {
            panic!("{words}: {last:?}");
        };
        assert!(what.contains(words), "{what}");
    }
}

#[test]
fn a_second_reading_that_agrees_is_good() {
    let mut orders = orders(HOUR);
    go(&mut orders);
    page(&mut orders, 2, &["a"]).unwrap();
    let again = page(&mut orders, 3, &["b"]).unwrap();
    assert_eq!(query(&again, "offset"), "0");
    let done = page(&mut orders, 2, &["a", "b"]).unwrap();
    assert!(matches!(done, Step::SliceDone(_)), "{done:?}");
}

#[test]
fn the_deep_pass_follows_the_window_and_moves_no_cursor() {
    let mut order = window(HOUR);
    order.deep = Some(DeepOrder {
        from: Timestamp(-2 * HOUR),
        until: Timestamp(HOUR / 2),
    });
    let mut orders = Windowed::new(order, Timestamp(i64::MAX), Orders::default());
    let mut marks = Vec::new();
    let mut step = go(&mut orders);
    while matches!(step, Step::Fetch(_)) {
        let Ok(Step::SliceDone(completed)) = page(&mut orders, 0, &[]) else {
            panic!("an empty window is complete");
        };
        marks.push(match completed.mark {
            Mark::Slice(slice) => ("slice", slice.start.0, slice.end.0),
            Mark::Deep(slice) => ("deep", slice.start.0, slice.end.0),
            Mark::Snapshot(_) | Mark::Rescan(_) => panic!("not in window mode"),
        });
        step = go(&mut orders);
    }
    assert_eq!(step, Step::Done);
    let deep = |start, end| ("deep", start, end);
    assert_eq!(
        marks,
        [
            ("slice", 0, HOUR),
            deep(-2 * HOUR, -HOUR),
            deep(-HOUR, 0),
            deep(0, HOUR / 2)
        ]
    );
}
