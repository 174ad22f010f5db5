//! Tables of values at paths, in JSON and in XML.

use serde_json::{Value, json};

use super::{
    boolean_opt, decimal, decimal_opt, id, id_opt, integer, integer_opt, text, text_opt, timestamp,
    timestamp_opt,
};
use crate::parse::{Caps, Node, ParseErrorKind, XmlItems, XmlStep};

/// The value that all functions under test are asked for.
fn at(value: &Value) -> Value {
    json!({"a": {"b": value}, "other": 1})
}

fn with_xml(inside: &str, check: impl FnOnce(Node<'_>)) {
    let mut xml = XmlItems::new(&["R"], Caps::default());
    xml.feed(format!("<R>{inside}</R>").as_bytes());
    xml.end();
    loop {
        match xml.next().unwrap() {
            XmlStep::Item { root, .. } => return check(root),
            XmlStep::Yield => {}
            XmlStep::NeedMore | XmlStep::End => panic!("no item in {inside}"),
        }
    }
}

#[test]
fn text_and_identifiers() {
    let table = [
        (json!("x"), Some("x"), Some("x")),
        (json!(""), None, None),
        (json!(null), None, None),
        (json!(5_012_345_678_i64), None, Some("5012345678")),
        (json!(1.5), None, None),
        (json!(true), None, None),
        (json!({}), None, None),
        (json!([]), None, None),
    ];
    for (value, as_text, as_id) in table {
        let value = at(&value);
        assert_eq!(text(&value, "a.b").ok(), as_text, "{value}");
        assert_eq!(id(&value, "a.b").ok().as_deref(), as_id, "{value}");
    }
    assert_eq!(text_opt(&at(&json!(null)), "a.b"), Ok(None));
    assert_eq!(text_opt(&at(&json!("")), "a.b"), Ok(Some("")));
    assert_eq!(text_opt(&at(&json!(1)), "other.b"), Ok(None));
    assert_eq!(id_opt(&at(&json!("")), "a.b"), Ok(None));
}

#[test]
fn numbers() {
    let table = [
        (json!(7), Some(7), Some("7")),
        (json!("-7"), Some(-7), Some("-7")),
        (json!("12.50"), None, Some("12.50")),
        (json!(143.99), None, Some("143.99")),
        (json!("+1"), Some(1), None),
        (json!("1e3"), None, None),
        (json!(1e300), None, None),
        (json!("."), None, None),
        (json!("1."), None, None),
        (json!("-"), None, None),
        (json!(""), None, None),
        (json!(null), None, None),
        (json!(true), None, None),
        (json!("9".repeat(65)), None, None),
    ];
    for (value, as_integer, as_decimal) in table {
        let value = at(&value);
        assert_eq!(integer(&value, "a.b").ok(), as_integer, "{value}");
        assert_eq!(
            decimal(&value, "a.b").ok().as_deref(),
            as_decimal,
            "{value}"
        );
    }
    assert_eq!(integer_opt(&at(&json!("")), "a.b"), Ok(None));
    assert_eq!(decimal_opt(&at(&json!(null)), "a.b"), Ok(None));
}

#[test]
fn times_and_booleans() {
    let table = [
        (json!("1970-01-01T00:00:01.5Z"), Some(1500)),
        (json!("2015-05-15T03:52:39.000Z"), Some(1_431_661_959_000)),
        (json!("2015-05-15T05:52:39+02:00"), Some(1_431_661_959_000)),
        (json!("2015-05-15"), None),
        (json!(""), None),
        (json!(1_431_661_959), None),
    ];
    for (value, expected) in table {
        assert_eq!(timestamp(&at(&value), "a.b").ok(), expected, "{value}");
    }
    assert_eq!(timestamp_opt(&at(&json!("")), "a.b"), Ok(None));
    assert_eq!(boolean_opt(&at(&json!(false)), "a.b"), Ok(Some(false)));
    assert_eq!(boolean_opt(&at(&json!("true")), "a.b"), Ok(Some(true)));
    assert_eq!(boolean_opt(&at(&json!(null)), "a.b"), Ok(None));
    assert!(boolean_opt(&at(&json!("yes")), "a.b").is_err());
}

#[test]
fn errors_name_the_path_and_what_was_found() {
    let error = decimal(&at(&json!("12,5")), "a.b").unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::BadData);
    assert_eq!(error.path, "a.b");
    assert_eq!(error.what, "expected a decimal, found \"12,5\"");
    let error = text(&at(&json!(1)), "a.c").unwrap_err();
    assert_eq!(error.what, "value is missing");
    let error = integer(&at(&json!([1])), "a.b").unwrap_err();
    assert_eq!(error.what, "expected an integer, found an array");
}

#[test]
fn elements_answer_like_members() {
    with_xml(
        "<P c='USD'>9.90</P><Q>3</Q><T><W>1970-01-01T00:00:00Z</W></T><E/>",
        |root| {
            assert_eq!(decimal(root, "P").as_deref(), Ok("9.90"));
            assert_eq!(integer(root, "Q"), Ok(3));
            assert_eq!(timestamp(root, "T.W"), Ok(0));
            assert_eq!(text_opt(root, "E"), Ok(Some("")));
            assert_eq!(integer_opt(root, "E"), Ok(None));
            assert_eq!(text_opt(root, "X.Y"), Ok(None));
            assert_eq!(
                text(root, "T").unwrap_err().what,
                "expected text, found an element"
            );
            assert_eq!(text(root, "X").unwrap_err().path, "X");
        },
    );
}
