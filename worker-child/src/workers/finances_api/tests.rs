//! Pages as tables: what is complete, what contradicts itself, what is no page.

use serde_json::{Map, json};
use shared::time::Timestamp;

use super::*;
use crate::workers::read::Total;

/// A reply: a 204, or the page around its items and the ids of these.
enum Came {
    Nothing,
    Page(Json, &'static [&'static str]),
    /// A page without a list.
    Bare(Json),
}

use Came::{Bare, Nothing, Page as Paged};

fn span() -> Span {
    Span {
        first: Timestamp(0),
        last: Timestamp(59_999),
    }
}

fn feed(pages: &mut Pages, came: &Came) -> Result<Next, Failure> {
    let members = |json: &Json| json.as_object().cloned().unwrap_or_else(Map::new);
    let reply = match came {
        Nothing => Reply::Empty,
        Bare(json) => Reply::Page(Page {
            members: members(json),
            list: Member::Absent,
            items: 0,
        }),
        Paged(json, ids) => {
            for id in *ids {
                pages.saw(id);
            }
            Reply::Page(Page {
                members: members(json),
                list: Member::Array,
                items: ids.len() as u64,
            })
        }
    };
    pages.next(reply)
}

/// Feeds the replies; all but the last must ask for more.
fn read(came: &[Came]) -> Result<Next, Failure> {
    let mut pages = Pages::new(&TRANSACTIONS);
    let mut last = Ok(Next::Fetch(pages.begin(span())));
    for came in came {
        assert!(matches!(last, Ok(Next::Fetch(_))), "over before: {last:?}");
        last = feed(&mut pages, came);
    }
    last
}

#[test]
fn requests() {
    let mut pages = Pages::new(&PAYOUTS);
    let first = pages.begin(span());
    assert_eq!(
        first.target(),
        "/sell/finances/v1/payout?filter=payoutDate%3A%5B1970-01-01T00%3A00%3A00.000Z..\
         1970-01-01T00%3A00%3A59.999Z%5D&limit=200&offset=0"
    );
    assert_eq!((first.base, first.may_be_empty), (Base::Apiz, true));
    let next = feed(&mut pages, &Paged(json!({"total": 3}), &["a", "b"]));
    let Ok(Next::Fetch(next)) = next else {
        panic!("not asked again: {next:?}");
    };
    assert_eq!((next.base, next.may_be_empty), (Base::Apiz, true));
    assert!(next.target().ends_with("&limit=200&offset=2"));
    // Read once more, nothing is left of the first reading.
    assert_eq!(pages.begin(span()), first);
    let done = feed(&mut pages, &Paged(json!({}), &["a"]));
    assert!(matches!(done, Ok(Next::Complete(_))), "{done:?}");
}

type Read = (Vec<Came>, (u64, Option<u64>), &'static str);

fn assert_complete(cases: impl IntoIterator<Item = Read>) {
    for (came, (items, announced), why) in cases {
        let total = Total { items, announced };
        assert_eq!(read(&came), Ok(Next::Complete(total)), "{why}");
    }
}

fn told(items: u64) -> (u64, Option<u64>) {
    (items, Some(items))
}

fn untold(items: u64) -> (u64, Option<u64>) {
    (items, None)
}

#[test]
fn empty_windows() {
    assert_complete([
        (vec![Nothing], untold(0), "an empty window is a 204"),
        (vec![Paged(json!({"total": 0}), &[])], told(0), "total 0"),
        (vec![Bare(json!({"total": 0}))], told(0), "total 0, no list"),
        (vec![Paged(json!({}), &[])], untold(0), "an empty list"),
        (
            vec![Bare(json!({"limit": 1000, "offset": 0}))],
            untold(0),
            "a page without a list",
        ),
    ]);
}

#[test]
fn complete() {
    assert_complete([
        (
            vec![Paged(json!({"total": 2}), &["a", "b"])],
            told(2),
            "all on one page",
        ),
        (
            vec![
                Paged(json!({"total": 3, "next": "/2"}), &["a", "b"]),
                Paged(json!({"total": 3}), &["c"]),
            ],
            told(3),
            "a short page that is not the last",
        ),
        (
            vec![Paged(json!({"next": null, "total": null}), &["a"])],
            untold(1),
            "a short page without a link is the last",
        ),
        (
            vec![
                Paged(json!({"next": "/2"}), &["a", "b"]),
                Paged(json!({"next": ""}), &["c"]),
            ],
            untold(3),
            "a link is followed although the page is short",
        ),
        (
            vec![Paged(json!({"limit": 2}), &["a", "b"]), Nothing],
            untold(2),
            "a full page only makes us look",
        ),
        (
            vec![
                Paged(json!({"limit": 2}), &["a", "b"]),
                Paged(json!({"limit": 2}), &[]),
            ],
            untold(2),
            "an empty page after a full one",
        ),
        (
            vec![
                Paged(json!({"limit": 2}), &["a", "b"]),
                Paged(json!({"limit": 2}), &["c"]),
            ],
            untold(3),
            "a smaller limit than ours makes a full page",
        ),
    ]);
}

fn assert_again(cases: impl IntoIterator<Item = (Vec<Came>, &'static str)>) {
    for (came, words) in cases {
        let Ok(Next::Again(what)) = read(&came) else {
            panic!("not read again: {words}");
        };
        assert!(what.contains(words), "{what}");
    }
}

#[test]
fn contradictions_of_a_total() {
    let three = || Paged(json!({"total": 3}), &["a"]);
    assert_again([
        (vec![three(), Nothing], "the page at offset 1 is a 204"),
        (
            vec![three(), Paged(json!({"total": 3}), &[])],
            "the page at offset 1 is empty, total is 3",
        ),
        (
            vec![three(), Paged(json!({"total": 4}), &["b"])],
            "total went from 3 to 4",
        ),
        (
            vec![three(), Paged(json!({}), &["b"])],
            "some pages tell the total and others do not",
        ),
        (
            vec![Paged(json!({"total": 1}), &["a", "b"])],
            "2 different items came, total is 1",
        ),
        (
            vec![Paged(json!({"total": 2}), &["a", "a"])],
            "1 different items came, total is 2",
        ),
    ]);
}

#[test]
fn contradictions_without_a_total() {
    let linked = || Paged(json!({"next": "/2"}), &["a", "b"]);
    let full = || Paged(json!({"limit": 2}), &["a", "b"]);
    assert_again([
        (vec![linked(), Nothing], "the page at offset 2 is a 204"),
        (
            vec![linked(), Paged(json!({}), &[])],
            "the page at offset 2 is empty",
        ),
        (
            vec![linked(), Paged(json!({"next": "/3"}), &[])],
            "the page at offset 2 is empty",
        ),
        (
            vec![linked(), Paged(json!({"total": 3}), &["c"])],
            "some pages tell the total and others do not",
        ),
        (
            vec![linked(), Paged(json!({}), &["b", "c"])],
            "1 items came more than once",
        ),
        (vec![full(), full()], "2 items came more than once"),
    ]);
}

#[test]
fn pages_that_make_no_sense() {
    let missing = "transactions is missing";
    let cases = [
        (Bare(json!({})), missing),
        (Bare(json!({"errors": [{"errorId": 135_000}]})), missing),
        (Bare(json!({"total": 1, "offset": 0})), missing),
        (Bare(json!({"next": "/2", "offset": 0})), missing),
        (Paged(json!({"total": "1"}), &["a"]), "total is not a count"),
        (Paged(json!({"total": -1}), &["a"]), "total is not a count"),
    ];
    for (came, words) in cases {
        let failed = read(&[came]).unwrap_err();
        assert_eq!((failed.name(), failed.what()), ("bad_data", words));
    }
}

#[test]
fn both_spellings_of_the_tax_are_one() {
    let documented = json!({"eBayCollectedTaxAmount": {"value": "1.0"}, "z": 1});
    let cases = [
        (r#"{"z":1,"eBayCollectedTaxAmount":{"value":"1.0"}}"#, ""),
        (r#"{"z":1,"ebayCollectedTaxAmount":{"value":"1.0"}}"#, ""),
        (
            r#"{"z":1,"ebayCollectedTaxAmount":2,"eBayCollectedTaxAmount":{"value":"1.0"}}"#,
            "the documented one counts",
        ),
    ];
    for (text, why) in cases {
        assert_eq!(json(Item::Json(text)).as_ref(), Ok(&documented), "{why}");
    }
    assert_eq!(json(Item::Json("[7]")), Ok(json!([7])));
}
