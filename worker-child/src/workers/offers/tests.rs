//! The reading of SKUs and their offers as conversations, and records held against fixtures.

use serde_json::{Map, Value as Json, json};

use super::*;
use crate::fetch::errors::parse_errors;
use crate::workers::fixture::{assert_stored, shown};
use shared::time::Timestamp;

const ITEMS_PAGE: &str = include_str!("../../../../tests/fixtures/offers/items.json");
const PAGE: &str = include_str!("../../../../tests/fixtures/offers/page.json");
const NONE: &str = include_str!("../../../../tests/fixtures/offers/empty.json");
const NO_ITEMS: &str = include_str!("../../../../tests/fixtures/offers/no_items.json");
const NO_OFFER_HERE: &str = include_str!("../../../../tests/fixtures/offers/no_offer.json");
const EXPECTED: &str = include_str!("../../../../tests/fixtures/offers/expected.json");

fn span() -> Span {
    Span {
        first: Timestamp(0),
        last: Timestamp(1),
    }
}

const STORED: &str = include_str!("../../../../tests/fixtures/offers/stored.json");
const STORED_PAGES: [(&str, &str); 4] = [
    (
        "plain.json",
        include_str!("../../../../tests/fixtures/offers/plain.json"),
    ),
    (
        "places.json",
        include_str!("../../../../tests/fixtures/offers/places.json"),
    ),
    (
        "auctions.json",
        include_str!("../../../../tests/fixtures/offers/auctions.json"),
    ),
    (
        "odd.json",
        include_str!("../../../../tests/fixtures/offers/odd.json"),
    ),
];

/// A request or the end, in short.
fn short(next: &Next) -> String {
    match next {
        Next::Fetch(request) => request.target().replace("/sell/inventory/v1/", ""),
        Next::Again(why) => format!("again: {why}"),
        Next::Complete(total) => format!("{} offers", total.items),
        Next::Probe(_) => "probe".to_owned(),
    }
}

/// Hands a page over as `session` does; returns what is wanted next and the ids of the records.
fn read_page(offers: &mut Offers, page: &str) -> (Result<Next, Failure>, Vec<String>) {
    let Json::Object(mut members) = serde_json::from_str(page).unwrap() else {
        panic!("not an object");
    };
    let list = ["inventoryItems", "offers"]
        .into_iter()
        .find_map(|name| members.remove(name));
    let mut records = Vec::new();
    let items = list.as_ref().and_then(Json::as_array);
    for item in items.into_iter().flatten() {
        let item = item.to_string();
        offers.records(Item::Json(&item), &mut records).unwrap();
    }
    let page = Page {
        members,
        items: items.map_or(0, Vec::len) as u64,
        list: if items.is_some() {
            Member::Array
        } else {
            Member::Absent
        },
    };
    let ids = records.iter().map(|row| row.key.join("/")).collect();
    (offers.next(Reply::Page(page)), ids)
}

fn items(total: u64, skus: &[&str]) -> String {
    let list: Vec<Json> = skus.iter().map(|sku| json!({"sku": sku})).collect();
    json!({"total": total, "inventoryItems": list}).to_string()
}

fn offers_of(total: u64, ids: &[&str]) -> String {
    let list: Vec<Json> = ids.iter().map(|id| json!({"offerId": id})).collect();
    json!({"total": total, "offers": list}).to_string()
}

/// Pages, each with what must be asked for after it.
fn conversation(offers: &mut Offers, lines: &[(String, &str)]) {
    for (number, (page, expected)) in lines.iter().enumerate() {
        let next = match read_page(offers, page).0 {
            Ok(next) => short(&next),
            Err(failure) => failure.to_string(),
        };
        assert_eq!(next, *expected, "line {number}: {page}");
    }
}

fn begun() -> Offers {
    let mut offers = Offers::default();
    offers.begin(span());
    offers
}

#[test]
fn every_page_of_skus_and_every_page_of_each_ones_offers() {
    let mut offers = Offers::default();
    let first = offers.begin(span());
    assert_eq!(
        first.target(),
        "/sell/inventory/v1/inventory_item?limit=200&offset=0"
    );
    let languages = [
        ("Accept-Language", "en-US".to_owned()),
        ("Content-Language", "en-US".to_owned()),
    ];
    assert_eq!(first.headers, languages);
    let (next, ids) = read_page(&mut offers, &items(3, &["A", "B/1"]));
    assert!(ids.is_empty(), "SKUs are no rows: {ids:?}");
    assert_eq!(short(&next.unwrap()), "inventory_item?limit=200&offset=1");
    conversation(
        &mut offers,
        &[
            (items(3, &["C D"]), "offer?sku=A&limit=100&offset=0"),
            (offers_of(3, &["1", "2"]), "offer?sku=A&limit=100&offset=1"),
            (offers_of(3, &["3"]), "offer?sku=B%2F1&limit=100&offset=0"),
            (offers_of(0, &[]), "offer?sku=C%20D&limit=100&offset=0"),
            (offers_of(1, &["4"]), "4 offers"),
        ],
    );
}

#[test]
fn an_offer_of_two_skus_is_one_offer() {
    let mut offers = begun();
    read_page(&mut offers, &items(2, &["A", "B"])).0.unwrap();
    read_page(&mut offers, &offers_of(2, &["1", "2"]))
        .0
        .unwrap();
    let (end, _) = read_page(&mut offers, &offers_of(2, &["2", "3"]));
    assert_eq!(short(&end.unwrap()), "3 offers");
}

#[test]
fn no_skus_and_skus_without_offers_are_success() {
    for page in [NO_ITEMS.to_owned(), items(0, &[])] {
        let (end, _) = read_page(&mut begun(), &page);
        assert_eq!(short(&end.unwrap()), "0 offers", "{page}");
    }
    let mut offers = begun();
    let (next, _) = read_page(&mut offers, &items(2, &["A", "B"]));
    let Next::Fetch(request) = next.unwrap() else {
        panic!("no request");
    };
    let errors = parse_errors(NO_OFFER_HERE.as_bytes());
    assert_eq!(request.missing_id, errors[0].id);
    let missing = offers.next(Reply::Missing("25713".to_owned())).unwrap();
    assert_eq!(short(&missing), "offer?sku=B&limit=100&offset=0");
    let (end, _) = read_page(&mut offers, NONE);
    assert_eq!(short(&end.unwrap()), "0 offers");
}

#[test]
fn a_list_of_skus_is_never_missing() {
    let failed = begun().next(Reply::Missing("404".to_owned())).unwrap_err();
    assert_eq!(failed.name(), "bug");
}

#[test]
fn what_contradicts_itself_is_read_again() {
    let cases = [
        (
            vec![items(3, &["A"]), items(2, &["B"])],
            "again: total went from 3 to 2",
        ),
        (
            vec![items(2, &["A"]), items(2, &["A"])],
            "again: 1 different items came, total is 2",
        ),
        (
            vec![items(2, &["A"]), items(2, &[])],
            "again: the page at offset 1 is empty, total is 2",
        ),
        (
            vec![items(1, &["A"]), offers_of(2, &["1", "1"])],
            "again: 1 different items came, total is 2",
        ),
        (
            vec![items(1, &["A"]), offers_of(0, &["1"])],
            "again: 1 different items came, total is 0",
        ),
    ];
    for (pages, expected) in cases {
        let mut offers = begun();
        let mut next = String::new();
        for page in &pages {
            next = short(&read_page(&mut offers, page).0.unwrap());
        }
        assert_eq!(next, expected, "{pages:?}");
        // And that begins with the SKUs.
        assert!(offers.begin(span()).target().starts_with(ITEMS));
        assert_eq!(offers.count, 0);
    }
    let mut gone = begun();
    read_page(&mut gone, &items(1, &["A"])).0.unwrap();
    read_page(&mut gone, &offers_of(2, &["1"])).0.unwrap();
    let next = gone.next(Reply::Missing("gone".to_owned())).unwrap();
    assert_eq!(short(&next), "again: gone");
}

#[test]
fn a_page_that_came_twice_names_its_skus_once() {
    let mut offers = begun();
    let mut none = Vec::new();
    offers
        .records(Item::Json(r#"{"sku":"A"}"#), &mut none)
        .unwrap();
    // The page broke off behind its first item and came again.
    let (next, _) = read_page(&mut offers, &items(2, &["A", "B"]));
    assert_eq!(short(&next.unwrap()), "offer?sku=A&limit=100&offset=0");
    let missing = offers.next(Reply::Missing(String::new())).unwrap();
    assert_eq!(short(&missing), "offer?sku=B&limit=100&offset=0");
}

#[test]
fn pages_that_make_no_sense() {
    let cases = [
        (json!({}), "total is missing"),
        (json!({"total": "3"}), "total is not a count"),
        (json!({"total": -1}), "total is not a count"),
        (json!({"total": 1}), "inventoryItems is missing"),
    ];
    for (page, words) in cases {
        let failed = read_page(&mut begun(), &page.to_string()).0.unwrap_err();
        assert_eq!((failed.name(), failed.what()), ("bad_data", words));
    }
    let mut offers = begun();
    read_page(&mut offers, &items(1, &["A"])).0.unwrap();
    let failed = read_page(&mut offers, r#"{"total":1}"#).0.unwrap_err();
    assert_eq!(failed.what(), "offers is missing");
    let failed = offers.next(Reply::Empty).unwrap_err();
    assert_eq!(failed.name(), "bug", "a 204 is never handed over");
}

#[test]
fn fixture() {
    let mut offers = begun();
    let (next, _) = read_page(&mut offers, ITEMS_PAGE);
    assert_eq!(
        short(&next.unwrap()),
        "offer?sku=MUG-RED&limit=100&offset=0"
    );
    let page: Map<String, Json> = serde_json::from_str(PAGE).unwrap();
    let page = page["offers"].as_array().unwrap();
    let mut records = Vec::new();
    for offer in page {
        let text = serde_json::to_string_pretty(offer).unwrap();
        offers.records(Item::Json(&text), &mut records).unwrap();
    }
    let mut expected: Vec<Json> = serde_json::from_str(EXPECTED).unwrap();
    assert_eq!(records.len(), expected.len());
    for ((record, expected), offer) in records.iter().zip(&mut expected).zip(page) {
        expected["payload"] = offer.clone();
        assert_eq!(&shown(record), expected);
    }
}

#[test]
fn twenty_offers() {
    let stored: Json = serde_json::from_str(STORED).unwrap();
    let mut count = 0;
    for (file, page) in STORED_PAGES {
        let page: Json = serde_json::from_str(page).unwrap();
        let mut records = Vec::new();
        for offer in page["offers"].as_array().unwrap() {
            push(Item::Json(&offer.to_string()), &mut records).unwrap();
        }
        assert_stored(&records, &stored, file);
        count += records.len();
    }
    assert_eq!(count, 20);
}

#[test]
fn items_that_make_no_sense_name_the_path() {
    for sku in [json!(null), json!(""), json!(7), json!(["a"])] {
        let item = json!({ "sku": sku }).to_string();
        let failed = begun().records(Item::Json(&item), &mut Vec::new());
        assert_eq!(failed.unwrap_err().path, "sku", "{item}");
    }
    let cases = [
        (json!({}), "offerId"),
        (json!({"offerId": ""}), "offerId"),
        (json!({"offerId": {}}), "offerId"),
        (json!({"offerId": "1", "sku": 7}), "sku"),
        (
            json!({"offerId": "1", "pricingSummary": {"price": {"value": "1,0"}}}),
            "pricingSummary.price.value",
        ),
        (
            json!({"offerId": "1", "availableQuantity": "many"}),
            "availableQuantity",
        ),
        (
            json!({"offerId": "1", "listing": {"soldQuantity": 0.5}}),
            "listing.soldQuantity",
        ),
        (
            json!({"offerId": "1", "listingPolicies": {"returnPolicyId": []}}),
            "listingPolicies.returnPolicyId",
        ),
    ];
    for (offer, path) in cases {
        let failed = push(Item::Json(&offer.to_string()), &mut Vec::new());
        assert_eq!(failed.unwrap_err().path, path, "{offer}");
    }
    let failed = push(Item::Json("{\"a\":1,}"), &mut Vec::new());
    let words = failed.unwrap_err().what;
    assert!(words.contains("line 1, column 8 of the item"), "{words}");
}
