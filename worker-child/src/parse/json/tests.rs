//! Small pages, whole and cut, against what must come out.

use super::{Envelope, JsonItems, JsonStep, Member};
use crate::parse::{Caps, ParseError, ParseErrorKind};

fn small() -> Caps {
    Caps {
        depth: 6,
        item_bytes: 60,
        item_nodes: 10,
        envelope_bytes: 80,
        window_bytes: 8,
        ..Caps::default()
    }
}

fn run(text: &[u8], piece: usize, caps: Caps) -> (Vec<String>, Result<Envelope, ParseError>) {
    let mut page = JsonItems::new("orders", caps);
    let mut found = Vec::new();
    let mut pieces = text.chunks(piece);
    loop {
        match page.next() {
            Ok(JsonStep::Item {
                json,
                value,
                byte,
                index,
                ..
            }) => {
                let parsed: serde_json::Value = serde_json::from_str(json).unwrap();
                assert_eq!(value.canonical(), parsed.to_string());
                assert_eq!(value.text(), json);
                assert_eq!(index, found.len() as u64);
                let at = usize::try_from(byte).unwrap();
                assert_eq!(&text[at..at + json.len()], json.as_bytes());
                found.push(json.to_owned());
            }
            Ok(JsonStep::Yield) => {}
            Ok(JsonStep::NeedMore) => match pieces.next() {
                Some(piece) => page.feed(piece),
                None => return (found, page.finish()),
            },
            Err(error) => {
                assert_eq!(page.next().unwrap_err(), error, "an error stays");
                assert_eq!(page.finish().unwrap_err(), error, "an error stays");
                return (found, Err(error));
            }
        }
    }
}

fn pages(text: &str) -> (Vec<String>, Envelope) {
    let (found, end) = run(text.as_bytes(), usize::MAX, Caps::default());
    let (cut, cut_end) = run(text.as_bytes(), 1, small());
    assert_eq!((&cut, &cut_end), (&found, &end), "{text}");
    (found, end.unwrap_or_else(|error| panic!("{text}: {error}")))
}

fn failure(text: &[u8], caps: Caps) -> ParseError {
    let (_, end) = run(text, usize::MAX, caps);
    let error = end.expect_err(&String::from_utf8_lossy(text));
    let (_, cut) = run(text, 1, caps);
    assert_eq!(cut.unwrap_err(), error, "same error however it is cut");
    error
}

#[test]
fn items_are_split_at_the_top_level_only() {
    let table: [(&str, &[&str]); 9] = [
        (r#"{"orders":[]}"#, &[]),
        (r#"{"orders": [ ] }"#, &[]),
        (
            r#"{"orders":[{"a":"]}\"\\"},{}]}"#,
            &[r#"{"a":"]}\"\\"}"#, "{}"],
        ),
        (
            r#"{"orders":[ 1 ,"x, ]",null,[1,[2]] ]}"#,
            &["1", r#""x, ]""#, "null", "[1,[2]]"],
        ),
        (r#"{"a":{"orders":[1]},"orders":[2]}"#, &["2"]),
        (
            r#"{"a":"orders","b":["orders"],"orders":[3],"c":[4]}"#,
            &["3"],
        ),
        (r#"{"\u006frders":[5]}"#, &["5"]),
        ("\u{feff} {\"orders\":[6],\"é\":1}\r\n", &["6"]),
        (r#"{"orders":["é😀"]}"#, &[r#""é😀""#]),
    ];
    for (text, expected) in table {
        let (found, envelope) = pages(text);
        assert_eq!(found, expected, "{text}");
        assert_eq!(envelope.member, Member::Array, "{text}");
        assert_eq!(envelope.items, expected.len() as u64);
        assert_eq!(envelope.bytes, text.len() as u64);
        assert!(!envelope.page.contains_key("orders"));
    }
}

#[test]
fn the_envelope_is_the_rest() {
    let (_, envelope) = pages(r#"{"href":"h","orders":[{"x":1},2],"total":2,"w":[{"y":null}]}"#);
    let page = serde_json::Value::Object(envelope.page);
    assert_eq!(
        page,
        serde_json::json!({"href": "h", "total": 2, "w": [{"y": null}]})
    );
    assert_eq!(pages("{}").1.member, Member::Absent);
    assert_eq!(pages(r#"{"orders":null}"#).1.member, Member::Null);
}

#[test]
fn malformed_pages_are_bad_data_with_their_place() {
    let table: [(&[u8], u64, &str); 25] = [
        (b"<html>", 0, "page is no JSON object"),
        (b" [1]", 1, "page is an array"),
        (b"\"x\"", 0, "page is no JSON object"),
        (b"\xef\xbb{}", 2, "page is no JSON object"),
        (b"{}x", 2, "bytes after the end of the page"),
        (b"{}{}", 2, "bytes after the end of the page"),
        (b"{,}", 1, "unexpected ','"),
        (b"{\"a\"}", 4, "unexpected '}'"),
        (b"{\"a\":}", 5, "missing value"),
        (b"{\"a\":1,}", 7, "unexpected '}'"),
        (b"{\"a\":1 2}", 7, "unexpected '2'"),
        (b"{\"orders\":{}}", 10, "orders is an object"),
        (b"{\"orders\":\"x\"}", 10, "orders is a string"),
        (b"{\"orders\":7}", 10, "orders is no array"),
        (b"{\"orders\":[],\"orders\":[]}", 21, "second member orders"),
        (
            b"{\"orders\":[],\"ord\\u0065rs\":[]}",
            26,
            "second member orders",
        ),
        (b"{\"orders\":[1,]}", 13, "missing item"),
        (b"{\"orders\":[,1]}", 11, "missing item"),
        (b"{\"orders\":[1 2]}", 13, "unexpected '2'"),
        (b"{\"orders\":[1}", 12, "unexpected '}'"),
        (b"{\"orders\":[\"\xff\"]}", 12, "invalid UTF-8"),
        (b"{\"orders\":[11,22],\"a\":\"\xff\"}", 23, "invalid UTF-8"),
        (b"{\"a\":tru,\"orders\":[]}", 8, "expected ident"),
        (b"{\"orders\":[11,22],\"a\":nul}", 25, "expected ident"),
        (b"{\"a\":[1}}", 8, "unexpected '}'"),
    ];
    for (text, byte, what) in table {
        let shown = String::from_utf8_lossy(text);
        let error = match what {
            // Bracket kinds are not skimmed: the end of the page is elsewhere.
            "unexpected '}'" if text.starts_with(b"{\"a\":[") => {
                let (_, end) = run(text, 1, small());
                assert_eq!(end.unwrap_err().kind, ParseErrorKind::BadData);
                continue;
            }
            _ => failure(text, small()),
        };
        assert_eq!(error.kind, ParseErrorKind::BadData, "{shown}: {error}");
        assert_eq!((error.byte, error.what.as_str()), (byte, what), "{shown}");
    }
}

#[test]
fn caps_refuse_with_their_place() {
    let deep = format!("{{\"orders\":[1,{}", "[".repeat(10_000));
    let error = failure(deep.as_bytes(), Caps::default());
    assert_eq!(error.kind, ParseErrorKind::TooLarge);
    assert_eq!((error.path.as_str(), error.byte), ("orders[1]", 13 + 62));
    let table = [
        (format!("{{\"a\":{}", "[".repeat(9)), "", 10),
        (format!("{{\"a\":\"{}\"}}", "x".repeat(90)), "", 0),
        (
            format!("{{\"orders\":[\"{}\"]}}", "x".repeat(60)),
            "orders[0]",
            11,
        ),
        (
            format!("{{\"orders\":[[{}0]]}}", "0,".repeat(10)),
            "orders[0]",
            31,
        ),
        (format!("{{\"a\":[{}0]}}", "0,".repeat(10)), "", 25),
    ];
    for (text, path, byte) in table {
        let error = run(text.as_bytes(), 1, small()).1.expect_err(&text);
        assert_eq!(error.kind, ParseErrorKind::TooLarge, "{text}: {error}");
        assert_eq!(error.path, path, "{text}: {error}");
        if byte > 0 {
            assert_eq!(error.byte, byte, "{text}: {error}");
        }
    }
}

#[test]
fn a_page_cut_anywhere_is_incomplete() {
    let text = r#"{"href":"é","orders":[{"a":"x"},2],"total":2}"#;
    for end in 0..text.len() {
        for piece in [1, usize::MAX] {
            let (_, result) = run(&text.as_bytes()[..end], piece, small());
            let error = result.expect_err("cut page");
            assert_eq!(
                error.kind,
                ParseErrorKind::Incomplete,
                "cut at {end}: {error}"
            );
            assert_eq!(error.byte, end as u64);
        }
    }
}

#[test]
fn the_first_list_that_is_there_has_the_items() {
    let table = [
        (r#"{"b":[1],"a":[2]}"#, Some(1), vec!["1"], Member::Array),
        (
            r#"{"a":null,"b":[1,2],"c":[3]}"#,
            Some(1),
            vec!["1", "2"],
            Member::Array,
        ),
        (r#"{"c":[1],"a":null}"#, Some(0), vec![], Member::Null),
        (r#"{"c":[1]}"#, None, vec![], Member::Absent),
    ];
    for (text, list, expected, member) in table {
        let mut page = JsonItems::any(&["a", "b"], Caps::default());
        page.feed(text.as_bytes());
        let mut found = Vec::new();
        while let JsonStep::Item { json, list: of, .. } = page.next().unwrap() {
            assert_eq!(Some(of), list, "{text}");
            found.push(json.to_owned());
        }
        assert_eq!(found, expected, "{text}");
        let end = page.finish().unwrap();
        assert_eq!(end.member, member, "{text}");
        let others: serde_json::Value = serde_json::from_slice(page.outside()).unwrap();
        assert_eq!(
            others.as_object().unwrap().len(),
            text.matches(':').count(),
            "{text}"
        );
    }
    for text in [r#"{"a":[],"a":[]}"#, r#"{"a":null,"a":[]}"#] {
        let mut page = JsonItems::any(&["a", "b"], Caps::default());
        page.feed(text.as_bytes());
        assert_eq!(page.next().unwrap_err().what, "second member a", "{text}");
    }
}
