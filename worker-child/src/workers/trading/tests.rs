//! Requests as text, what answers tell, pages.

use super::*;
use crate::workers::read::Total;

const SHAPE: Shape = Shape::Call {
    item_path: &["GetOrdersResponse", "OrderArray", "Order"],
    tells: &[TOTAL],
};

fn answer(items: u64, told: &[(&'static str, &str)]) -> Call {
    Call {
        items,
        told: told
            .iter()
            .map(|(path, text)| (*path, (*text).to_owned()))
            .collect(),
        warnings: Vec::new(),
    }
}

#[test]
fn a_call_is_xml_with_its_name_and_site_in_headers() {
    let elements = Elements::default()
        .text("OrderRole", "<Buyer> & \"co\"")
        .page(2, 100);
    let request = call("GetOrders", Site::of("EBAY_DE"), &elements, SHAPE);
    assert_eq!(request.target(), "/ws/api.dll");
    assert_eq!(request.auth, Auth::Trading);
    assert!(request.may_be_missing && !request.may_be_empty);
    assert_eq!(
        request.headers,
        [
            ("X-EBAY-API-CALL-NAME", "GetOrders".to_owned()),
            ("X-EBAY-API-SITEID", "77".to_owned()),
            ("X-EBAY-API-COMPATIBILITY-LEVEL", "1451".to_owned()),
        ]
    );
    assert_eq!(
        request.body.as_deref(),
        Some(concat!(
            r#"<?xml version="1.0" encoding="UTF-8"?>"#,
            r#"<GetOrdersRequest xmlns="urn:ebay:apis:eBLBaseComponents">"#,
            r#"<OrderRole>&lt;Buyer&gt; &amp; "co"</OrderRole>"#,
            "<Pagination><EntriesPerPage>100</EntriesPerPage><PageNumber>2</PageNumber></Pagination>",
            "</GetOrdersRequest>"
        ))
    );
}

#[test]
fn marketplaces_have_sites() {
    let cases = [
        ("EBAY_US", 0),
        ("EBAY_GB", 3),
        ("EBAY_DE", 77),
        ("EBAY_SG", 216),
        ("EBAY_JP", 0),
        ("", 0),
    ];
    for (marketplace, number) in cases {
        assert_eq!(Site::of(marketplace), Site(number), "{marketplace}");
    }
}

#[test]
fn what_an_answer_tells() {
    let cases = [
        (None, Ok(None), Ok(None)),
        (Some(""), Ok(None), Ok(None)),
        (Some("5"), Ok(Some(5)), Err("\"5\" is not true or false")),
        (Some("true"), Err("\"true\" is not a count"), Ok(Some(true))),
        (
            Some("false"),
            Err("\"false\" is not a count"),
            Ok(Some(false)),
        ),
        (
            Some("-1"),
            Err("\"-1\" is not a count"),
            Err("\"-1\" is not true or false"),
        ),
    ];
    for (text, as_count, as_flag) in cases {
        let call = answer(0, &text.map_or(vec![], |text| vec![(TOTAL, text)]));
        let words = |failure: Failure| failure.what().to_owned();
        let expected = as_count.map_err(str::to_owned);
        assert_eq!(count(&call, TOTAL).map_err(words), expected, "{text:?}");
        let expected = as_flag.map_err(str::to_owned);
        assert_eq!(flag(&call, TOTAL).map_err(words), expected, "{text:?}");
    }
}

#[test]
fn pages_must_agree_with_what_the_answer_says_of_others() {
    let complete = |items| {
        Some(Next::Complete(Total {
            items,
            announced: Some(items),
        }))
    };
    let again = |words: &str| Some(Next::Again(words.to_owned()));
    let cases = [
        (2, &["a", "b"][..], Some(false), complete(2)),
        (2, &["a", "b"], None, complete(2)),
        (3, &["a", "b"], Some(true), None),
        (3, &["a", "b"], None, None),
        (0, &[], Some(false), complete(0)),
        (
            2,
            &["a", "b"],
            Some(true),
            again("2 of 2 items came, and the answer says that there are some more"),
        ),
        (
            3,
            &["a", "b"],
            Some(false),
            again("2 of 3 items came, and the answer says that there are no more"),
        ),
        (
            2,
            &["a", "a"],
            Some(true),
            again("1 different items came, total is 2"),
        ),
    ];
    for (announced, ids, more, expected) in cases {
        let mut paging = Paging::default();
        for id in ids {
            paging.saw(id);
        }
        let call = answer(ids.len() as u64, &[]);
        let turned = turn(&mut paging, &call, announced, more);
        assert_eq!(turned, expected, "{announced} {ids:?} {more:?}");
    }
}
