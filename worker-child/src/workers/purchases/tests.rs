//! Pages, lines and amounts against fixtures, and real answers where they are at hand.

use serde_json::Value as Json;
use shared::record::Value;
use shared::time::Timestamp;

use super::*;
use crate::workers::fixture::{call, listed, sample, shown};
use crate::workers::read::Total;

const PAGE: &[u8] = include_bytes!("../../../../tests/fixtures/purchases/page.xml");
const EXPECTED: &str = include_str!("../../../../tests/fixtures/purchases/expected.json");
const PLAIN: &[u8] = include_bytes!("../../../../tests/fixtures/purchases/plain.xml");
const STORED: &str = include_str!("../../../../tests/fixtures/purchases/stored.json");
const EMPTY: &[u8] = include_bytes!("../../../../tests/fixtures/purchases/empty.xml");

fn begun() -> (Purchases, Request) {
    let mut purchases = Purchases::new(Site::of("EBAY_GB"));
    let request = purchases.begin(Span {
        first: Timestamp(0),
        last: Timestamp(3_599_999),
    });
    (purchases, request)
}

fn read(body: &[u8]) -> (Result<Next, String>, Vec<Record>) {
    let (mut purchases, request) = begun();
    let mut records = Vec::new();
    let next = call(&mut purchases, &request, body, &mut records);
    (next, records)
}

fn complete(items: u64) -> Next {
    Next::Complete(Total {
        items,
        announced: Some(items),
    })
}

/// An answer with these orders, its total and what it says of further pages.
fn answer(ids: &[&str], total: &str, rest: &str) -> String {
    let order = |id: &&str| {
        format!(
            "<Order><OrderID>{id}</OrderID><TransactionArray><Transaction>\
             <OrderLineItemID>{id}</OrderLineItemID></Transaction></TransactionArray></Order>"
        )
    };
    let orders: String = ids.iter().map(order).collect();
    format!(
        "<GetOrdersResponse><Ack>Success</Ack><PaginationResult>{total}</PaginationResult>\
         <OrderArray>{orders}</OrderArray>{rest}</GetOrdersResponse>"
    )
}

fn total(total: u64) -> String {
    format!("<TotalNumberOfEntries>{total}</TotalNumberOfEntries>")
}

#[test]
fn what_is_asked() {
    let (_, request) = begun();
    assert_eq!(request.headers[0].1, "GetOrders");
    assert_eq!(request.headers[1].1, "3");
    let body = request.body.unwrap();
    let (_, asked) = body.split_once("<DetailLevel>").unwrap();
    assert_eq!(
        asked,
        "ReturnAll</DetailLevel>\
         <ModTimeFrom>1970-01-01T00:00:00.000Z</ModTimeFrom>\
         <ModTimeTo>1970-01-01T00:59:59.999Z</ModTimeTo><OrderRole>Buyer</OrderRole>\
         <Pagination><EntriesPerPage>100</EntriesPerPage><PageNumber>1</PageNumber></Pagination>\
         </GetOrdersRequest>"
    );
}

#[test]
fn fixture() {
    let (next, records) = read(PAGE);
    assert_eq!(next, Ok(complete(2)));
    let expected: Vec<Json> = serde_json::from_str(EXPECTED).unwrap();
    let shown: Vec<Json> = records.iter().map(shown).collect();
    assert_eq!(shown, expected);
}

#[test]
fn twenty_lines() {
    let (next, records) = read(PLAIN);
    assert_eq!(next, Ok(complete(18)));
    let stored: Json = serde_json::from_str(STORED).unwrap();
    let rows: Vec<Json> = records.iter().map(listed).collect();
    assert_eq!(Json::from(rows), stored["plain.xml"]);
    assert_eq!(records.len(), 20);
}

#[test]
fn an_empty_window_is_complete() {
    let containers = answer(&[], &total(0), "<HasMoreOrders>false</HasMoreOrders>");
    for body in [EMPTY, containers.as_bytes()] {
        assert_eq!(read(body), (Ok(complete(0)), vec![]));
    }
}

#[test]
fn pages_are_followed() {
    let (mut purchases, mut request) = begun();
    let pages = [(&["a", "b"][..], true), (&["c"], false)];
    let mut out = Vec::new();
    for (number, (ids, more)) in pages.into_iter().enumerate() {
        let page = format!("<PageNumber>{}</PageNumber>", number + 1);
        assert!(request.body.as_ref().unwrap().contains(&page));
        let rest = format!(
            "<HasMoreOrders>{more}</HasMoreOrders>\
             <ReturnedOrderCountActual>{}</ReturnedOrderCountActual>",
            ids.len()
        );
        let body = answer(ids, &total(3), &rest);
        match call(&mut purchases, &request, body.as_bytes(), &mut out) {
            Ok(Next::Fetch(next)) => request = next,
            last => {
                assert_eq!((last, number), (Ok(complete(3)), 1));
                return;
            }
        }
    }
    panic!("more pages are asked for");
}

#[test]
fn what_does_not_agree_is_read_again() {
    let more = |more: bool| format!("<HasMoreOrders>{more}</HasMoreOrders>");
    let failure = |code: &str| {
        format!(
            "<GetOrdersResponse><Ack>Failure</Ack><Errors><ErrorCode>{code}</ErrorCode>\
             <SeverityCode>Error</SeverityCode></Errors></GetOrdersResponse>"
        )
    };
    let returned = "<ReturnedOrderCountActual>2</ReturnedOrderCountActual>";
    let cases = [
        (
            answer(&["a"], &total(1), returned),
            "1 orders came in a page of 2",
        ),
        (
            answer(&["a"], &total(1), &more(true)),
            "1 of 1 items came, and the answer says that there are some more",
        ),
        (
            answer(&["a"], &total(2), &more(false)),
            "1 of 2 items came, and the answer says that there are no more",
        ),
        (
            answer(&[], &total(2), &more(true)),
            "the page at offset 0 is empty, total is 2",
        ),
        (
            answer(&["a", "a"], &total(2), ""),
            "1 different items came, total is 2",
        ),
        (
            answer(&["a", "b"], &total(1), ""),
            "2 different items came, total is 1",
        ),
        (failure("340"), "Ack is Failure: 340"),
    ];
    for (body, words) in cases {
        let (next, _) = read(body.as_bytes());
        assert_eq!(next, Ok(Next::Again(words.to_owned())));
    }
}

#[test]
fn orders_that_make_no_sense_are_errors() {
    let order = |inside: &str| {
        format!(
            "<GetOrdersResponse><Ack>Success</Ack><OrderArray><Order>{inside}</Order>\
             </OrderArray></GetOrdersResponse>"
        )
    };
    let line = |inside: &str| {
        order(&format!(
            "<OrderID>1</OrderID><TransactionArray><Transaction>\
             <OrderLineItemID>2</OrderLineItemID></Transaction><Transaction>{inside}</Transaction>\
             </TransactionArray>"
        ))
    };
    #[rustfmt::skip]
    let cases = [
        (order("<OrderStatus>Active</OrderStatus>"), "value is missing in OrderID"),
        (order("<OrderID>1</OrderID>"), "order has no line in TransactionArray"),
        (order("<OrderID>1</OrderID><TransactionArray/>"), "order has no line in TransactionArray"),
        (line(""), "value is missing in TransactionArray.Transaction[1].OrderLineItemID"),
        (line("<TransactionID>1</TransactionID>"), "value is missing in TransactionArray.Transaction[1]"),
        (line("<OrderLineItemID>3</OrderLineItemID><QuantityPurchased>x</QuantityPurchased>"), "expected an integer"),
        (line("<OrderLineItemID>3</OrderLineItemID><TransactionPrice>1e3</TransactionPrice>"), "expected a decimal"),
        (line("<OrderLineItemID>3</OrderLineItemID><PaidTime>soon</PaidTime>"), "expected a time"),
    ];
    for (body, words) in cases {
        let failed = read(body.as_bytes()).0.unwrap_err();
        assert!(failed.contains(words), "{words}: {failed}");
    }
}

#[test]
fn answers_that_are_no_page_are_errors() {
    let ack = |ack: &str| format!("<GetOrdersResponse><Ack>{ack}</Ack></GetOrdersResponse>");
    let (cut, _) = std::str::from_utf8(PAGE).unwrap().split_at(2_000);
    #[rustfmt::skip]
    let cases = [
        (String::new(), "empty document"),
        (cut.to_owned(), "document ends"),
        ("{}".to_owned(), "text outside the root element"),
        (answer(&[], "", ""), "bad_data: total is missing"),
        (answer(&[], "<TotalNumberOfEntries>x</TotalNumberOfEntries>", ""), "bad_data: \"x\" is not a count"),
        (answer(&[], &total(0), "<HasMoreOrders>maybe</HasMoreOrders>"), "bad_data: \"maybe\" is not true"),
        ("<GetOrdersResponse/>".to_owned(), "there is no Ack"),
        (ack("PartialFailure"), "Ack is PartialFailure"),
        (ack("Failure"), "Ack is Failure"),
    ];
    for (body, words) in cases {
        let failed = read(body.as_bytes()).0.unwrap_err();
        assert!(failed.contains(words), "{words}: {failed}");
    }
}

#[test]
fn what_an_order_becomes_is_bounded() {
    // Each line repeats what the order says: 2 MiB that 9 short lines make 18 of.
    let line =
        |number| format!("<Transaction><OrderLineItemID>{number}</OrderLineItemID></Transaction>");
    let lines: String = (0..9).map(line).collect();
    let long =
        "<BuyerCheckoutMessage>".to_owned() + &"x".repeat(1 << 20) + "</BuyerCheckoutMessage>";
    let body = format!(
        "<GetOrdersResponse><Ack>Success</Ack><OrderArray><Order><OrderID>1</OrderID>{long}{}\
         <TransactionArray>{lines}</TransactionArray></Order></OrderArray></GetOrdersResponse>",
        long.replace("Checkout", "")
    );
    let failed = read(body.as_bytes()).0.unwrap_err();
    assert!(failed.contains("order makes records of over"), "{failed}");
}

/// Real answers, redacted; of a seller, but of the same type.
#[test]
fn real_answers() {
    let text = |text: &str| Value::Text(text.to_owned());
    let decimal = |text: &str| Value::Decimal(text.to_owned());
    let answer = |name: &str| Some(read(&sample(&format!("trading/{name}"))?));

    let Some((next, records)) = answer("GetOrders_de_eur_variations_2015_1_GetOrders.xml") else {
        return;
    };
    assert_eq!(next, Ok(complete(5)));
    let keys: Vec<&str> = records
        .iter()
        .map(|record| record.key[0].as_str())
        .collect();
    assert_eq!(
        keys,
        [
            "261869293885-1616104762016",
            "261869293885-1616104763016",
            "261869293885-1616104927016",
            "261869293885-1616104928016",
            "261869293885-1616130054016"
        ]
    );
    let last = &records[4].values;
    assert_eq!(last[3], text("Inventorum T-Shirt[Blau,M]"));
    assert_eq!(
        last[5..9],
        [
            Value::Integer(2),
            decimal("1.0"),
            decimal("8.29"),
            text("EUR")
        ]
    );

    let states = ["3", "5", "7"].map(|number| {
        let answer = answer(&format!("order_state_changes_2015_{number}_GetOrders.xml"));
        let (next, records) = answer.unwrap();
        assert_eq!(next, Ok(complete(1)));
        records.into_iter().next().unwrap()
    });
    let time = |text: &str| Value::Time(Timestamp::parse(text).unwrap());
    let paid = time("2015-05-05T12:27:13.000Z");
    let shipped = time("2015-05-05T12:27:15.000Z");
    let of = |record: &Record| {
        (
            record.values[10].clone(),
            record.values[11].clone(),
            record.values[14].clone(),
        )
    };
    assert_eq!(of(&states[0]), (Value::Null, Value::Null, text("Active")));
    assert_eq!(
        of(&states[1]),
        (paid.clone(), Value::Null, text("Completed"))
    );
    assert_eq!(of(&states[2]), (paid, shipped, text("Completed")));
    assert!(states.is_sorted_by_key(|record| record.ebay_time));

    // As stored, a blank line stands before its declaration, which is not XML.
    let empty = sample("trading/GetOrders_empty_page.xml").unwrap();
    let empty = String::from_utf8(empty).unwrap();
    let (_, empty) = empty.split_once("?>").unwrap();
    assert_eq!(read(empty.as_bytes()), (Ok(complete(0)), vec![]));
}
