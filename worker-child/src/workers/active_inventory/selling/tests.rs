//! The pages of Trading as conversations, and records held against fixtures.

use serde_json::Value as Json;
use shared::time::Timestamp;

use super::*;
use crate::parse::ParseErrorKind;
use crate::workers::fixture::{assert_stored, read_xml, shown};

const SELLING: &str = include_str!("../../../../../tests/fixtures/active_inventory/selling.xml");
const EXPECTED: &str =
    include_str!("../../../../../tests/fixtures/active_inventory/expected_selling.json");
const STORED: &str =
    include_str!("../../../../../tests/fixtures/active_inventory/stored_selling.json");
const PAGES: [(&str, &str); 4] = [
    (
        "selling_plain.xml",
        include_str!("../../../../../tests/fixtures/active_inventory/selling_plain.xml"),
    ),
    (
        "selling_text.xml",
        include_str!("../../../../../tests/fixtures/active_inventory/selling_text.xml"),
    ),
    (
        "selling_variations.xml",
        include_str!("../../../../../tests/fixtures/active_inventory/selling_variations.xml"),
    ),
    (
        "selling_odd.xml",
        include_str!("../../../../../tests/fixtures/active_inventory/selling_odd.xml"),
    ),
];

fn span() -> Span {
    Span {
        first: Timestamp(0),
        last: Timestamp(1),
    }
}

fn begun() -> Selling {
    let mut selling = Selling::new(Site::of("EBAY_DE"));
    selling.begin(span());
    selling
}

/// Reads a body with the worker; returns its records and what it says.
fn read(selling: &mut Selling, xml: &str) -> (Vec<Record>, Call) {
    let Shape::Call { item_path, tells } = SHAPE else {
        panic!("not a call");
    };
    let mut records = Vec::new();
    let (summary, told) = read_xml(xml, item_path, tells, |item| {
        selling.records(Item::Xml(item), &mut records).unwrap();
    });
    let call = Call {
        items: summary.items,
        told,
        warnings: Vec::new(),
    };
    (records, call)
}

/// A page of these listings, which tells this total, or none.
fn page_of(total: Option<u64>, ids: &[u64]) -> String {
    let item = |id: &u64| format!("<Item><ItemID>{id}</ItemID></Item>");
    let items: String = ids.iter().map(item).collect();
    let total = total.map_or_else(String::new, |total| {
        format!(
            "<PaginationResult><TotalNumberOfEntries>{total}</TotalNumberOfEntries></PaginationResult>"
        )
    });
    answer(&format!(
        "<ActiveList><ItemArray>{items}</ItemArray>{total}</ActiveList>"
    ))
}

fn answer(inside: &str) -> String {
    format!("<GetMyeBaySellingResponse><Ack>Success</Ack>{inside}</GetMyeBaySellingResponse>")
}

/// What comes after the page, in short.
fn turn(selling: &mut Selling, xml: &str) -> String {
    let (_, call) = read(selling, xml);
    short(selling.next(Reply::Call(call)))
}

fn short(next: Result<Next, Failure>) -> String {
    match next {
        Ok(Next::Fetch(request)) => {
            let body = request.body.unwrap();
            let number = body.split("<PageNumber>").nth(1).unwrap();
            format!("page {}", number.split('<').next().unwrap())
        }
        Ok(Next::Again(why)) => format!("again: {why}"),
        Ok(Next::Complete(total)) => format!("{} of {:?}", total.items, total.announced),
        Ok(Next::Probe(_)) => "probe".to_owned(),
        Err(failure) => failure.to_string(),
    }
}

#[test]
fn the_call() {
    let mut selling = Selling::new(Site::of("EBAY_DE"));
    let request = selling.begin(span());
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
        <GetMyeBaySellingRequest xmlns=\"urn:ebay:apis:eBLBaseComponents\"><ActiveList>\
        <Include>true</Include><Sort>StartTime</Sort><Pagination>\
        <EntriesPerPage>200</EntriesPerPage><PageNumber>1</PageNumber></Pagination></ActiveList>\
        </GetMyeBaySellingRequest>";
    assert_eq!(request.body.as_deref(), Some(body));
    let site = ("X-EBAY-API-SITEID", "77".to_owned());
    assert!(request.headers.contains(&site), "{:?}", request.headers);
}

#[test]
fn pages_are_read_until_the_total_has_come() {
    let mut selling = begun();
    assert_eq!(turn(&mut selling, &page_of(Some(5), &[1, 2])), "page 2");
    assert_eq!(turn(&mut selling, &page_of(Some(5), &[3, 4])), "page 3");
    assert_eq!(turn(&mut selling, &page_of(Some(5), &[5])), "5 of Some(5)");
}

#[test]
fn nothing_listed_is_success() {
    let nothing = [
        answer(""),
        answer("<ActiveList/>"),
        answer("<ActiveList><ItemArray/></ActiveList>"),
    ];
    for xml in nothing {
        assert_eq!(turn(&mut begun(), &xml), "0 of None", "{xml}");
    }
    let zero = "<ActiveList><PaginationResult><TotalNumberOfPages>0</TotalNumberOfPages>\
        <TotalNumberOfEntries>0</TotalNumberOfEntries></PaginationResult></ActiveList>";
    assert_eq!(turn(&mut begun(), &answer(zero)), "0 of Some(0)");
}

#[test]
fn what_contradicts_itself_is_read_again() {
    let cases = [
        (
            vec![page_of(Some(3), &[1, 2]), page_of(Some(4), &[3])],
            "again: total went from 3 to 4",
        ),
        (
            vec![page_of(Some(3), &[1, 2]), page_of(Some(3), &[2])],
            "again: 2 different items came, total is 3",
        ),
        (
            vec![page_of(Some(3), &[1, 2]), page_of(Some(3), &[])],
            "again: the page at offset 2 is empty, total is 3",
        ),
        (
            vec![page_of(Some(3), &[1, 2]), answer("")],
            "again: page 2 tells no total, it was 3",
        ),
        (
            vec![page_of(Some(1), &[1, 2])],
            "again: 2 different items came, total is 1",
        ),
        (
            vec![page_of(Some(2), &[])],
            "again: the page at offset 0 is empty, total is 2",
        ),
    ];
    for (pages, expected) in cases {
        let mut selling = begun();
        let mut next = String::new();
        for page in &pages {
            next = turn(&mut selling, page);
        }
        assert_eq!(next, expected, "{pages:?}");
        // And that begins with the first page.
        selling.begin(span());
        assert_eq!(turn(&mut selling, &page_of(Some(1), &[1])), "1 of Some(1)");
    }
    let past_the_end = || Reply::Missing("340".to_owned());
    assert_eq!(short(begun().next(past_the_end())), "again: 340");
    let mut shrunk = begun();
    turn(&mut shrunk, &page_of(Some(3), &[1, 2]));
    assert_eq!(short(shrunk.next(past_the_end())), "again: 340");
}

#[test]
fn a_total_that_is_not_told_is_found_by_reading_on() {
    assert_eq!(turn(&mut begun(), &page_of(None, &[1, 2])), "2 of None");
    let full: Vec<u64> = (0..LIMIT).collect();
    let mut selling = begun();
    assert_eq!(turn(&mut selling, &page_of(None, &full)), "page 2");
    let past_the_end = Reply::Missing("340".to_owned());
    assert_eq!(short(selling.next(past_the_end)), "200 of None");
    let mut selling = begun();
    turn(&mut selling, &page_of(None, &full));
    assert_eq!(turn(&mut selling, &page_of(None, &[1_000])), "201 of None");
}

#[test]
fn answers_that_make_no_sense() {
    let total = "<ActiveList><PaginationResult><TotalNumberOfEntries>many\
        </TotalNumberOfEntries></PaginationResult></ActiveList>";
    let failed = turn(&mut begun(), &answer(total));
    assert!(
        failed.starts_with("bad_data: \"many\" is not a count"),
        "{failed}"
    );
    let failed = begun().next(Reply::Empty).unwrap_err();
    assert_eq!(failed.name(), "bug", "a 204 is never handed over");
}

#[test]
fn fixture() {
    let mut selling = begun();
    let (records, call) = read(&mut selling, SELLING);
    let shown: Vec<Json> = records.iter().map(shown).collect();
    let expected: Vec<Json> = serde_json::from_str(EXPECTED).unwrap();
    assert_eq!(shown.len(), expected.len());
    for (shown, expected) in shown.iter().zip(&expected) {
        assert_eq!(shown, expected);
    }
    assert_eq!(short(selling.next(Reply::Call(call))), "3 of Some(3)");
}

#[test]
fn twenty_listings() {
    let stored: Json = serde_json::from_str(STORED).unwrap();
    let mut count = 0;
    for (file, xml) in PAGES {
        let mut selling = begun();
        let (records, call) = read(&mut selling, xml);
        assert_stored(&records, &stored, file);
        count += call.items;
        assert_eq!(short(selling.next(Reply::Call(call))), "5 of Some(5)");
    }
    assert_eq!(count, 20);
}

/// The records of one `Item`, or the first error.
fn one(inside: &str) -> Result<Vec<Record>, ParseError> {
    let xml = answer(&format!(
        "<ActiveList><ItemArray><Item>{inside}</Item></ItemArray></ActiveList>"
    ));
    let Shape::Call { item_path, .. } = SHAPE else {
        panic!("not a call");
    };
    let mut records = Vec::new();
    let mut pushed = Ok(String::new());
    read_xml(&xml, item_path, &[], |item| {
        pushed = push(Item::Xml(item), &mut records);
    });
    pushed.map(|_| records)
}

#[test]
fn listings_that_make_no_sense_name_the_path() {
    let cases = [
        ("<Title>1</Title>", "ItemID"),
        ("<ItemID></ItemID>", "ItemID"),
        ("<ItemID>1</ItemID><Title><b/></Title>", "Title"),
        (
            "<ItemID>1</ItemID><QuantityAvailable>many</QuantityAvailable>",
            "QuantityAvailable",
        ),
        (
            "<ItemID>1</ItemID><Quantity>1</Quantity><SellingStatus><QuantitySold>x</QuantitySold></SellingStatus>",
            "SellingStatus.QuantitySold",
        ),
        (
            "<ItemID>1</ItemID><SellingStatus><CurrentPrice>1,0</CurrentPrice></SellingStatus>",
            "SellingStatus.CurrentPrice",
        ),
        (
            "<ItemID>1</ItemID><ListingDetails><StartTime>today</StartTime></ListingDetails>",
            "ListingDetails.StartTime",
        ),
        (
            "<ItemID>1</ItemID><Variations><Variation/><Variation><Quantity>q</Quantity></Variation></Variations>",
            "Variations.Variation[1].Quantity",
        ),
    ];
    for (inside, path) in cases {
        assert_eq!(one(inside).unwrap_err().path, path, "{inside}");
    }
}

#[test]
fn what_moves_on_its_own_is_no_change() {
    let before = one(
        "<ItemID>1</ItemID><TimeLeft>P2D</TimeLeft><WatchCount>1</WatchCount>\
        <Variations><Variation><WatchCount>1</WatchCount></Variation></Variations>",
    )
    .unwrap();
    let after = one("<ItemID>1</ItemID><TimeLeft>P1D</TimeLeft><WatchCount>9</WatchCount>\
        <HitCount>7</HitCount><Variations><Variation><WatchCount>8</WatchCount></Variation></Variations>")
    .unwrap();
    assert_eq!(
        (&before[0].values, &before[0].payload),
        (&after[0].values, &after[0].payload)
    );
    assert_ne!(before[0].volatile, after[0].volatile);
}

#[test]
fn a_sale_of_one_variation_is_no_change_of_another() {
    let listing = |sold: u32| {
        one(&format!(
            "<ItemID>1</ItemID><Quantity>9</Quantity><SellingStatus><QuantitySold>{sold}</QuantitySold></SellingStatus>\
             <QuantityAvailable>{}</QuantityAvailable><Variations><Variation><SKU>a</SKU><Quantity>5</Quantity>\
             <SellingStatus><QuantitySold>{sold}</QuantitySold></SellingStatus></Variation>\
             <Variation><SKU>b</SKU><Quantity>4</Quantity></Variation></Variations>",
            9 - sold
        ))
        .unwrap()
    };
    let (before, after) = (listing(1), listing(2));
    assert_ne!(before[0], after[0]);
    assert_eq!(before[1], after[1]);
}

#[test]
fn rows_of_a_listing_stay_within_the_cap_together() {
    let title = "t".repeat(1 << 19);
    let variations = "<Variation/>".repeat(40);
    let inside =
        format!("<ItemID>1</ItemID><Title>{title}</Title><Variations>{variations}</Variations>");
    let failed = one(&inside).unwrap_err();
    assert_eq!(failed.kind, ParseErrorKind::TooLarge);
    assert_eq!(failed.path, "Variations");
}
