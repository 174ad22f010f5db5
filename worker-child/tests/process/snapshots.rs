//! Snapshots read page by page, from the network to frames: what is a snapshot and what is none.

use shared::attempt::{ListingSource, RunMode, SnapshotOrder};
use shared::wire::message::{FromChild, Mark};
use shared::worker::Worker;

use crate::child::{Child, attempt};
use crate::server::{Answer, Asked, Log, serve};

const ITEMS: &[u8] = include_bytes!("../../../tests/fixtures/offers/items.json");
const NO_ITEMS: &[u8] = include_bytes!("../../../tests/fixtures/offers/no_items.json");
const OFFERS: &[u8] = include_bytes!("../../../tests/fixtures/offers/page.json");
const NO_OFFERS: &[u8] = include_bytes!("../../../tests/fixtures/offers/empty.json");
const NO_OFFER: &[u8] = include_bytes!("../../../tests/fixtures/offers/no_offer.json");
const SELLING: &str = include_str!("../../../tests/fixtures/active_inventory/selling.xml");

/// What a run came to.
#[derive(Debug)]
struct Ended {
    /// `done`, or the failure.
    how: String,
    /// Records in all batches.
    rows: usize,
    /// Items of the committed snapshot, if there is one.
    items: Option<u64>,
    asked: Vec<Asked>,
}

fn run(
    worker: Worker,
    listings: ListingSource,
    answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
) -> Ended {
    let (port, log): (u16, Log) = serve(answer);
    let mode = RunMode::Snapshot(SnapshotOrder {
        last_taken_at: None,
        state: None,
        listings,
    });
    let mut attempt = attempt(port, vec![mode]);
    attempt.runs[0].worker = worker;
    "EBAY_GB".clone_into(&mut attempt.marketplace);
    let mut child = Child::started(&attempt);
    let said = child.converse();
    assert_eq!(said.last(), Some(&FromChild::Bye), "{said:?}");
    assert!(child.end().status.success());
    let mut ended = Ended {
        how: "done".to_owned(),
        rows: 0,
        items: None,
        asked: log.lock().unwrap().clone(),
    };
    for message in said {
        match message {
            FromChild::Batch { records, .. } => ended.rows += records.len(),
            FromChild::Checkpoint { mark, counts, .. } => {
                assert!(matches!(mark, Mark::Snapshot(_)), "{mark:?}");
                ended.items = Some(counts.items);
            }
            FromChild::RunFailed { failure, .. } => ended.how = failure.to_string(),
            _ => {}
        }
    }
    ended
}

fn offers(items: Answer, offers: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Ended {
    run(Worker::Offers, ListingSource::Report, move |asked, _| {
        if asked
            .line
            .starts_with("GET /sell/inventory/v1/inventory_item?")
        {
            items.clone()
        } else {
            offers(&asked.line)
        }
    })
}

fn selling(answer: Answer) -> Ended {
    run(
        Worker::ActiveInventory,
        ListingSource::Trading,
        move |_, _| answer.clone(),
    )
}

#[test]
fn offers_of_every_sku() {
    let ended = offers(Answer::new(200, ITEMS), |line| {
        if line.contains("sku=MUG-RED&") {
            Answer::new(200, OFFERS)
        } else if line.contains("sku=Lampe") {
            Answer::new(200, NO_OFFERS)
        } else {
            Answer::new(404, NO_OFFER)
        }
    });
    assert_eq!(
        (ended.how.as_str(), ended.rows, ended.items),
        ("done", 2, Some(2))
    );
    let lines: Vec<&str> = ended
        .asked
        .iter()
        .map(|asked| asked.line.as_str())
        .collect();
    assert_eq!(
        lines,
        [
            "GET /sell/inventory/v1/inventory_item?limit=200&offset=0",
            "GET /sell/inventory/v1/offer?sku=MUG-RED&limit=100&offset=0",
            "GET /sell/inventory/v1/offer?sku=A%26B%20%3CC%3E%20%22D%22%20%27E%27&limit=100&offset=0",
            "GET /sell/inventory/v1/offer?sku=Lampe%20Gr%C3%B6%C3%9Fe%2042%20%C2%BD&limit=100&offset=0",
        ]
    );
    for asked in &ended.asked {
        for header in ["accept-language: en-US", "content-language: en-US"] {
            assert!(asked.headers.contains(&header.to_owned()), "{asked:?}");
        }
    }
}

#[test]
fn nothing_is_a_snapshot_too() {
    let none = offers(Answer::new(200, NO_ITEMS), |_| Answer::new(500, ""));
    assert_eq!((none.how.as_str(), none.items), ("done", Some(0)));
    let missing = offers(Answer::new(200, ITEMS), |_| Answer::new(404, NO_OFFER));
    assert_eq!((missing.how.as_str(), missing.items), ("done", Some(0)));
    let empty = offers(Answer::new(200, ITEMS), |_| Answer::new(200, NO_OFFERS));
    assert_eq!((empty.how.as_str(), empty.items), ("done", Some(0)));

    let absent = "<GetMyeBaySellingResponse><Ack>Success</Ack></GetMyeBaySellingResponse>";
    let zero = "<GetMyeBaySellingResponse><Ack>Success</Ack><ActiveList><PaginationResult>\
        <TotalNumberOfEntries>0</TotalNumberOfEntries></PaginationResult></ActiveList>\
        </GetMyeBaySellingResponse>";
    for body in [absent, zero] {
        let ended = selling(Answer::new(200, body));
        assert_eq!((ended.how.as_str(), ended.items), ("done", Some(0)));
    }
}

#[test]
fn offers_that_are_not_whole_are_no_snapshot() {
    let more = String::from_utf8(OFFERS.to_vec()).unwrap();
    let more = more.replace("\"total\": 2", "\"total\": 3");
    let other = r#"{"errors":[{"errorId":25710,"message":"We didn't find the resource"}]}"#;
    let page = r#"{"errors":[{"errorId":25706,"message":"invalid pagination"}]}"#;
    let good = || Answer::new(200, ITEMS);
    let cases = [
        (
            good(),
            Answer::new(200, more),
            "incomplete: 2 different items came, total is 3",
        ),
        (good(), Answer::new(204, ""), "bad_data: eBay answered 204"),
        (good(), Answer::new(404, ""), "bad_data: eBay answered 404"),
        (
            good(),
            Answer::new(404, other),
            "bad_data: eBay answered 404: 25710",
        ),
        (
            good(),
            Answer::new(400, page),
            "bad_data: eBay answered 400: 25706",
        ),
        (
            good(),
            Answer::new(500, ""),
            "transient: eBay answered 500 (tried 3 times)",
        ),
        (
            good(),
            Answer::new(200, &OFFERS[..OFFERS.len() - 3]),
            "incomplete: ",
        ),
        (
            good(),
            Answer::new(200, OFFERS).cut(60),
            "transient: body was cut off",
        ),
        (Answer::new(204, ""), good(), "bad_data: eBay answered 204"),
        (
            Answer::new(404, NO_OFFER),
            good(),
            "bad_data: eBay answered 404: 25713",
        ),
        (Answer::new(200, "{}"), good(), "bad_data: total is missing"),
    ];
    for (items, of_a_sku, words) in cases {
        let ended = offers(items, move |_| of_a_sku.clone());
        assert!(ended.how.starts_with(words), "{words}: {}", ended.how);
        assert_eq!(ended.items, None, "{words}");
    }
}

#[test]
fn listings_of_the_selling_page() {
    let ended = selling(Answer::new(200, SELLING));
    assert_eq!(
        (ended.how.as_str(), ended.rows, ended.items),
        ("done", 4, Some(3))
    );
    let [asked] = ended.asked.as_slice() else {
        panic!("{:?}", ended.asked);
    };
    assert_eq!(asked.line, "POST /ws/api.dll");
    for header in [
        "x-ebay-api-call-name: GetMyeBaySelling",
        "x-ebay-api-siteid: 3",
        "content-type: text/xml",
    ] {
        assert!(asked.headers.contains(&header.to_owned()), "{asked:?}");
    }
}

#[test]
fn listings_that_are_not_whole_are_no_snapshot() {
    let failed = |ack: &str| {
        let errors = format!(
            "<Ack>{ack}</Ack><Errors><LongMessage>Input is bad.</LongMessage><ErrorCode>37</ErrorCode>\
             <SeverityCode>Error</SeverityCode></Errors>"
        );
        SELLING.replace("<Ack>Success</Ack>", &errors)
    };
    let more = SELLING.replace("Entries>3<", "Entries>4<");
    assert_ne!(more, SELLING);
    let cases = [
        (
            Answer::new(200, failed("Failure")),
            "bad_data: Ack is Failure: 37",
        ),
        (
            Answer::new(200, failed("PartialFailure")),
            "bad_data: Ack is PartialFailure: 37",
        ),
        (
            Answer::new(200, SELLING.replace("<Ack>Success</Ack>", "")),
            "bad_data: there is no Ack",
        ),
        (Answer::new(200, more), "incomplete: 3 different items came"),
        (
            Answer::new(200, &SELLING.as_bytes()[..SELLING.len() - 30]),
            "incomplete: ",
        ),
        (
            Answer::new(200, SELLING).cut(200),
            "transient: body was cut off",
        ),
        (Answer::new(204, ""), "bad_data: eBay answered 204"),
        (
            Answer::new(503, ""),
            "transient: eBay answered 503 (tried 3 times)",
        ),
    ];
    for (answer, words) in cases {
        let ended = selling(answer);
        assert!(ended.how.starts_with(words), "{words}: {}", ended.how);
        assert_eq!(ended.items, None, "{words}");
    }
}

#[test]
fn many_listings_are_left_to_the_report() {
    let listings = ListingSource::Auto { report_above: 2 };
    let ended = run(Worker::ActiveInventory, listings, |asked, _| {
        if asked.line.starts_with("POST /ws/") {
            Answer::new(200, SELLING)
        } else {
            Answer::new(403, "")
        }
    });
    assert!(ended.how.starts_with("forbidden"), "{ended:?}");
    assert_eq!((ended.rows, ended.items), (0, None));
    assert!(ended.asked[0].body.contains("<EntriesPerPage>1<"));
    assert!(ended.asked[1].line.contains("/sell/feed/v1/inventory_task"));
    assert_eq!(ended.asked.len(), 2);

    let listings = ListingSource::Auto { report_above: 3 };
    let ended = run(Worker::ActiveInventory, listings, |_, _| {
        Answer::new(200, SELLING)
    });
    assert_eq!(
        (ended.how.as_str(), ended.rows, ended.items),
        ("done", 4, Some(3))
    );
    assert_eq!(ended.asked.len(), 2);
}
