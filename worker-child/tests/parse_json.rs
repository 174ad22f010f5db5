//! Properties of the JSON tree: it accepts what `serde_json` accepts, says the same of what it does
//! not, and finds and writes the same values.
#![expect(clippy::unwrap_used, reason = "test code")]

use proptest::prelude::*;
use serde_json::Value;
use worker_child::parse::field::{Found, Source};
use worker_child::parse::json::{Json, JsonTree, JsonValue, canonical};
use worker_child::parse::{Caps, ParseErrorKind};

/// A document as somebody might write it: any white space, escapes where none are needed, names
/// that come twice.
fn document() -> impl Strategy<Value = String> {
    let string = prop_oneof![
        "[a-z]{0,20}".prop_map(|text| format!("\"{text}\"")),
        ".{0,6}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        prop::sample::select(vec![
            r#""\u0041\/\b""#,
            r#""\ud83d\ude00é\\""#,
            r#""\"""#,
            "\"\u{7f}\u{2028}\"",
            r#""\\\\""#,
            r#""sixteen letters!\n""#,
        ])
        .prop_map(str::to_owned),
    ];
    let number = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter_map("finite", |number| serde_json::Number::from_f64(number)
            .map(|number| number.to_string())),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,12})?([eE][-+]?[0-9]{1,2})?",
        Just("-0".to_owned()),
        Just("1.50".to_owned()),
        Just("999999999999999999".to_owned()),
        Just("-1000000000000000000".to_owned()),
    ];
    let word = prop::sample::select(vec!["null", "true", "false"]).prop_map(str::to_owned);
    let blank = || prop::sample::select(vec!["", "", "", " ", "\n", "\r\n\t "]);
    let leaf = prop_oneof![string.clone(), number, word];
    let value = leaf.prop_recursive(4, 60, 8, move |inner| {
        let names = prop_oneof![
            3 => "[a-c]{1,2}".prop_map(|text| format!("\"{text}\"")),
            2 => "lineItem(Id|Cost|)".prop_map(|text| format!("\"{text}\"")),
            1 => string.clone(),
        ];
        let member = (blank(), names, blank(), blank(), inner.clone(), blank());
        let member =
            member.prop_map(|(a, name, b, c, value, d)| format!("{a}{name}{b}:{c}{value}{d}"));
        let element = (blank(), inner, blank()).prop_map(|(a, value, b)| format!("{a}{value}{b}"));
        prop_oneof![
            prop::collection::vec(member, 0..12).prop_map(|all| format!("{{{}}}", all.join(","))),
            prop::collection::vec(element, 0..5).prop_map(|all| format!("[{}]", all.join(","))),
        ]
    });
    (blank(), value, blank()).prop_map(|(a, value, b)| format!("{a}{value}{b}"))
}

/// The same everywhere in both.
fn assert_same(ours: Json<'_>, theirs: &Value, path: &str) {
    assert_eq!(ours.canonical(), theirs.to_string(), "{path}");
    let expected = match theirs {
        Value::Null => JsonValue::Null,
        Value::Bool(value) => JsonValue::Bool(*value),
        Value::Number(number) => JsonValue::Number(number),
        Value::String(text) => JsonValue::Text(text),
        Value::Array(_) => JsonValue::Array,
        Value::Object(_) => JsonValue::Object,
    };
    assert_eq!(ours.value(), expected, "{path}");
    assert_eq!(ours.as_str(), theirs.as_str(), "{path}");
    assert_eq!(ours.is_null(), theirs.is_null(), "{path}");
    let text: Value = serde_json::from_str(ours.text()).unwrap();
    assert_eq!(&text, theirs, "{path}");
    let elements: Option<Vec<_>> = ours.as_array().map(Iterator::collect);
    assert_eq!(elements.is_some(), theirs.is_array(), "{path}");
    let elements = elements.into_iter().flatten();
    for (ours, theirs) in elements.zip(theirs.as_array().into_iter().flatten()) {
        assert_same(ours, theirs, &format!("{path}[]"));
    }
    for (name, theirs) in theirs.as_object().into_iter().flatten() {
        let found = ours.get(name).unwrap();
        assert_same(found, theirs, &format!("{path}.{name}"));
        if !name.contains('.') {
            assert_eq!(ours.find(name), theirs_at(theirs), "{path}.{name}");
        }
    }
    assert!(ours.get("absent").is_none());
}

fn theirs_at(value: &Value) -> Found<'_> {
    match value {
        Value::Null => Found::Absent,
        Value::Bool(value) => Found::Bool(*value),
        Value::Number(number) => Found::Number(number),
        Value::String(text) => Found::Text(text),
        Value::Array(_) => Found::Other("an array"),
        Value::Object(_) => Found::Other("an object"),
    }
}

/// Both judge the text alike.
fn judge(text: &str) {
    let theirs = serde_json::from_str::<Value>(text);
    let caps = Caps {
        depth: 1000,
        ..Caps::default()
    };
    match (JsonTree::parse(text, &caps), theirs) {
        (Ok(ours), Ok(theirs)) => assert_same(ours.root(), &theirs, ""),
        (Err(ours), Err(theirs)) => {
            if ours.kind == ParseErrorKind::BadData {
                let (line, column) = (theirs.line(), theirs.column());
                let place = format!("(line {line}, column {column} of the item)");
                assert!(ours.what.ends_with(&place), "{text:?}: {ours} / {theirs}");
                assert!(ours.byte <= text.len() as u64, "{text:?}: {ours}");
            }
        }
        (ours, theirs) => assert_eq!(ours.is_ok(), theirs.is_ok(), "{text:?}"),
    }
}

/// What is put into a text to damage it.
fn splinter() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,2}",
        prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\u{1}", "\n", "0", "-",
            "+", ".", "e", "01", "1e999", "tru", "null", "nul", "{}", "[[", "\"a\":",
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn valid_documents_are_the_same(text in document()) {
        prop_assert!(serde_json::from_str::<Value>(&text).is_ok() || text.contains('e'), "{}", text);
        judge(&text);
    }

    #[test]
    fn damaged_documents_are_judged_alike(
        text in document(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), splinter(), 0..3_usize), 1..3),
    ) {
        let mut text: Vec<char> = text.chars().collect();
        for (at, splinter, lost) in damage {
            let start = at.index(text.len() + 1);
            let end = (start + lost).min(text.len());
            text.splice(start..end, splinter.chars());
        }
        judge(&text.into_iter().collect::<String>());
    }

    #[test]
    fn a_cut_document_is_refused(text in "[{\\[\"]".prop_flat_map(|_| document()), at in any::<prop::sample::Index>()) {
        let cut = at.index(text.len());
        if let Some(text) = text.get(..cut) {
            judge(text);
        }
    }
}

const ODD: &[&str] = &[
    "",
    " ",
    "-",
    "-0",
    "-00",
    "00",
    "01",
    "1.",
    ".1",
    "1e",
    "1e+",
    "1E5",
    "1e400",
    "-1e400",
    "123456789012345678",
    "1234567890123456789",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "\"\\x\"",
    "\"\\ud800\"",
    "\"\\ud800\\u0041\"",
    "\"\\udc00\"",
    "\"a\u{0}b\"",
    "\"\t\"",
    "tru",
    "truex",
    "true x",
    "[1,]",
    "[,1]",
    "{\"a\":1,}",
    "{,}",
    "{\"a\"}",
    "{\"a\":}",
    "{1:2}",
    "[1 2]",
    "{\"a\":1 \"b\":2}",
    "[\"\\u00e9\"]",
    "{\"\\u0061\":1,\"a\":2,\"b\":3}",
    "{\"aaaaaaaab\":1,\"aaaaaaaaa\":2,\"aaaaaaaa\":3}",
    "{\"a\":1,\"a\\u0000\":2}",
    "\u{feff}1",
    "[1]\u{b}",
    // The same beginnings of names in another order, and twice.
    r#"[{"lineItemId":1,"lineItemCost":2},{"lineItemCost":1,"lineItemId":2},
        {"lineItemCost":3,"lineItemCost":4},{"lineItemId":1,"lineItemCost":2}]"#,
    "nul",
    "n",
];

#[test]
fn odd_documents_are_judged_alike() {
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    for text in ODD {
        judge(text);
    }
    for levels in [126, 127, 128, 129] {
        assert_eq!(
            serde_json::from_str::<Value>(&deep(levels)).is_ok(),
            JsonTree::parse(
                &deep(levels),
                &Caps {
                    depth: 1000,
                    ..Caps::default()
                }
            )
            .is_ok(),
            "{levels}"
        );
    }
}

#[test]
fn caps_and_places() {
    let caps = Caps {
        depth: 3,
        item_nodes: 5,
        ..Caps::default()
    };
    let table = [
        (
            r#"{"a":[{"b":[]}]}"#,
            ParseErrorKind::TooLarge,
            11,
            "a[0].b",
        ),
        ("[1,2,3,4,5]", ParseErrorKind::TooLarge, 10, "[4]"),
        (
            r#"{"a":[1,{"b":x}]}"#,
            ParseErrorKind::BadData,
            13,
            "a[1].b",
        ),
        ("{\n\"é\":\n [1 2]}", ParseErrorKind::BadData, 12, "é"),
    ];
    for (text, kind, byte, path) in table {
        let error = JsonTree::parse(text, &caps).unwrap_err();
        assert_eq!((error.kind, error.byte), (kind, byte), "{text}: {error}");
        assert_eq!(error.path, path, "{text}: {error}");
    }
}

#[test]
fn parts_are_slices_of_the_whole() {
    let text = r#"{"z":1,"list":[{"b":1,"a":2},"x",[ ]],"a":0}"#;
    let tree = JsonTree::parse(text, &Caps::default()).unwrap();
    let list = tree.root().get("list");
    let (whole, parts) = tree.root().canonical_parts(list);
    let value: Value = serde_json::from_str(text).unwrap();
    assert_eq!(whole, canonical(&value));
    let parts: Vec<&str> = parts
        .into_iter()
        .map(|part| whole.get(part).unwrap())
        .collect();
    assert_eq!(parts, [r#"{"a":2,"b":1}"#, "\"x\"", "[]"]);
}
