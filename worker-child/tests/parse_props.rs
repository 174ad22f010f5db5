//! Properties of the parsers: pieces do not matter, damage never passes, nothing hangs.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

#[path = "parse_props/reference.rs"]
mod reference;

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use worker_child::parse::{
    Caps, JsonItems, JsonStep, ParseError, ParseErrorKind, Progress, Unpack, XmlItems, XmlStep,
    tree_to_json,
};

const PATH: [&str; 3] = ["R", "A", "I"];

/// Small caps, so that generated input reaches them.
fn tight() -> Caps {
    Caps {
        text_bytes: 400,
        item_bytes: 2000,
        item_nodes: 200,
        envelope_bytes: 3000,
        window_bytes: 48,
        ..Caps::default()
    }
}

type Outcome = (Vec<String>, Result<(), ParseError>);

/// Pieces of the given sizes, over and over.
fn pieces<'a>(bytes: &'a [u8], sizes: &'a [usize]) -> impl Iterator<Item = &'a [u8]> + 'a {
    let mut rest = bytes;
    let mut sizes = sizes.iter().cycle();
    std::iter::from_fn(move || {
        let size = (*sizes.next()?).min(rest.len());
        let (piece, after) = rest.split_at(size);
        rest = after;
        (size > 0).then_some(piece)
    })
}

fn read_xml(text: &[u8], sizes: &[usize], caps: Caps) -> Outcome {
    let mut xml = XmlItems::new(&PATH, caps);
    let mut items = Vec::new();
    let mut pieces = pieces(text, sizes);
    let largest = sizes
        .iter()
        .max()
        .copied()
        .unwrap_or_default()
        .min(text.len());
    for _ in 0..text.len() * 6 + 1000 {
        match xml.next() {
            Ok(XmlStep::Item { root, .. }) => {
                let mut json = String::new();
                tree_to_json(root, &[], &mut json);
                items.push(json);
            }
            Ok(XmlStep::Yield) => {}
            Ok(XmlStep::NeedMore) => {
                match pieces.next() {
                    Some(piece) => xml.feed(piece),
                    None => xml.end(),
                }
                let most = 2 * (caps.text_bytes + (64 << 10) + largest + caps.window_bytes);
                assert!(xml.space().capacity() <= most, "buffer beyond its bound");
            }
            Ok(XmlStep::End) => return (items, xml.finish().map(|_| ())),
            Err(error) => return (items, Err(error)),
        }
    }
    panic!("no end after {} bytes", text.len());
}

fn read_json(text: &[u8], sizes: &[usize], caps: Caps) -> (Outcome, serde_json::Value) {
    let mut page = JsonItems::new("orders", caps);
    let mut items = Vec::new();
    let mut pieces = pieces(text, sizes);
    let largest = sizes
        .iter()
        .max()
        .copied()
        .unwrap_or_default()
        .min(text.len());
    for _ in 0..text.len() * 6 + 1000 {
        match page.next() {
            Ok(JsonStep::Item { json, .. }) => items.push(json.to_owned()),
            Ok(JsonStep::Yield) => {}
            Ok(JsonStep::NeedMore) => {
                let Some(piece) = pieces.next() else {
                    return match page.finish() {
                        Ok(end) => ((items, Ok(())), end.page.into()),
                        Err(error) => ((items, Err(error)), serde_json::Value::Null),
                    };
                };
                page.feed(piece);
                let most = 2 * (caps.item_bytes + largest + 4 * caps.window_bytes);
                assert!(page.space().capacity() <= most, "buffer beyond its bound");
            }
            Err(error) => return ((items, Err(error)), serde_json::Value::Null),
        }
    }
    panic!("no end after {} bytes", text.len());
}

fn unpack(raw: &[u8], sizes: &[usize]) -> (Vec<u8>, Result<(), ParseError>) {
    let mut unpack = Unpack::new(Caps::default());
    let mut decoded = Vec::new();
    for mut input in pieces(raw, sizes) {
        for _ in 0..raw.len() * 6 + 1000 {
            let before = decoded.len();
            match unpack.step(&mut input, &mut decoded) {
                Err(error) => return (decoded, Err(error)),
                Ok(Progress::NeedInput) => break,
                Ok(Progress::More) => assert!(decoded.len() - before <= 64 << 10),
            }
        }
        assert!(input.is_empty(), "no end after {} bytes", raw.len());
    }
    (decoded, unpack.finish().map(|_| ()))
}

/// What stands in an element: text of every kind, elements, and markup that
/// contains what looks like other markup.
fn content() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-z ]{0,8}",
        "[é€😀>\\]\r\n\t]{1,4}",
        Just("&amp;".to_owned()),
        Just("&#x41;&lt;".to_owned()),
        Just("\n   ".to_owned()),
        Just("<![CDATA[ </I><I> ]]>".to_owned()),
        Just("<!-- </I> > & -->".to_owned()),
        Just("<?p </I> ?>".to_owned()),
        Just("<b c='1' d=\"</I>\"/>".to_owned()),
        Just("<x:b e='&gt;\n' >t</x:b >".to_owned()),
        Just("<b c=\"1 é>\">t</b>".to_owned()),
        Just("<x:b y:c=\"&gt;\">\r\n<b/>\r</x:b>".to_owned()),
        Just("<b c=\"1\" c2=\"2\">            t</b>".to_owned()),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        ("[a-c]", prop::collection::vec(inner, 0..4))
            .prop_map(|(name, inside)| format!("<{name}>{}</{name}>", inside.concat()))
    })
}

fn document() -> impl Strategy<Value = String> {
    let item = prop::collection::vec(content(), 0..4);
    let between = prop_oneof![
        Just(""),
        Just("\n  "),
        Just("<!-- <I> -->"),
        Just("<Ack>Success</Ack>"),
        Just("<o><I>no</I></o>"),
    ];
    prop::collection::vec((between, item), 0..6).prop_map(|items| {
        let items: Vec<String> = items
            .iter()
            .map(|(before, inside)| format!("{before}<I>{}</I>", inside.concat()))
            .collect();
        format!("<?xml version='1.0'?>\n<R><A>{}</A></R>", items.concat())
    })
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        "[a-z\\\\\"\\]\\[{},:é😀\n]{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map("orders|[a-c\"]", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn page() -> impl Strategy<Value = (serde_json::Value, bool)> {
    let rest = prop::collection::btree_map("[a-z]{0,3}", json_value(), 0..3);
    let items = prop::collection::vec(json_value(), 0..5);
    (rest, items, any::<bool>()).prop_map(|(rest, items, pretty)| {
        let mut page: serde_json::Map<_, _> = rest.into_iter().collect();
        page.insert("orders".to_owned(), items.into());
        (page.into(), pretty)
    })
}

fn page_text((page, pretty): &(serde_json::Value, bool)) -> String {
    if *pretty {
        serde_json::to_string_pretty(page).unwrap()
    } else {
        page.to_string()
    }
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1..90usize, 1..6)
}

/// Places to change, and the bytes to put there.
fn damage() -> impl Strategy<Value = Vec<(prop::sample::Index, Vec<u8>, usize)>> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..3),
        prop::sample::select(vec![
            &b"<"[..],
            b">",
            b"</",
            b"/>",
            b"&",
            b";",
            b"<!--",
            b"]]>",
            b"'",
            b"\"",
            b"<!",
            b"{",
            b"}",
            b"[",
            b"]",
            b",",
            b"\\",
            b"PK",
            b"<I>",
            b"</I>",
            b"\"orders\":[",
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), bytes, 0..3usize), 1..4)
}

fn damaged(text: &[u8], damage: &[(prop::sample::Index, Vec<u8>, usize)]) -> Vec<u8> {
    let mut text = text.to_vec();
    for (at, bytes, lost) in damage {
        let start = at.index(text.len() + 1);
        let end = (start + lost).min(text.len());
        text.splice(start..end, bytes.iter().copied());
    }
    text
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn xml_items_are_those_of_the_reference(text in document(), sizes in sizes()) {
        let (items, end) = read_xml(text.as_bytes(), &sizes, tight());
        prop_assert!(end.is_ok() || end.as_ref().unwrap_err().kind == ParseErrorKind::TooLarge, "{end:?}");
        let (whole, whole_end) = read_xml(text.as_bytes(), &[usize::MAX], Caps::default());
        prop_assert_eq!(whole_end, Ok(()));
        prop_assert_eq!(&whole[..items.len()], &items[..]);
        prop_assert_eq!(Some(whole), reference::items(&text, &PATH));
    }

    #[test]
    fn damaged_xml_is_judged_alike_in_any_pieces(
        text in document(), damage in damage(), sizes in sizes()
    ) {
        let text = damaged(text.as_bytes(), &damage);
        let (whole, end) = read_xml(&text, &[usize::MAX], Caps::default());
        let (cut, cut_end) = read_xml(&text, &sizes, Caps { window_bytes: 48, ..Caps::default() });
        prop_assert_eq!(&cut_end, &end);
        prop_assert_eq!(&cut, &whole);
        if end.is_ok() {
            // What we accept, a whole-document reader accepts with the same content.
            let text = String::from_utf8(text).unwrap();
            prop_assert_eq!(Some(whole), reference::items(&text, &PATH));
        }
    }

    #[test]
    fn xml_cut_anywhere_fails(text in document(), at in any::<prop::sample::Index>()) {
        let text = &text.as_bytes()[..at.index(text.len())];
        let (_, end) = read_xml(text, &[7, 64], tight());
        prop_assert!(end.is_err());
    }

    #[test]
    fn json_items_are_those_of_serde_json(page in page(), sizes in sizes()) {
        let text = page_text(&page);
        let ((items, end), rest) = read_json(text.as_bytes(), &sizes, Caps { window_bytes: 48, ..Caps::default() });
        prop_assert_eq!(end, Ok(()));
        let mut page = page.0;
        let expected = page.as_object_mut().unwrap().remove("orders").unwrap();
        let items: Vec<serde_json::Value> =
            items.iter().map(|item| serde_json::from_str(item).unwrap()).collect();
        prop_assert_eq!(serde_json::Value::from(items), expected);
        prop_assert_eq!(rest, page);
    }

    #[test]
    fn damaged_json_is_judged_as_serde_json_does(
        page in page(), damage in damage(), sizes in sizes()
    ) {
        let text = damaged(page_text(&page).as_bytes(), &damage);
        let ((items, end), rest) = read_json(&text, &sizes, Caps::default());
        let items: Result<Vec<serde_json::Value>, _> =
            items.iter().map(|item| serde_json::from_str(item)).collect();
        let expected = serde_json::from_slice::<serde_json::Map<_, _>>(&text);
        match (end, items, expected) {
            (Ok(()), Ok(items), Ok(mut expected)) => {
                let orders = expected.remove("orders").unwrap_or_default();
                let orders = if orders.is_null() { Vec::<()>::new().into() } else { orders };
                prop_assert_eq!(serde_json::Value::from(items), orders);
                prop_assert_eq!(rest, serde_json::Value::Object(expected));
            }
            (Ok(()), Ok(_), Err(error)) => prop_assert!(false, "accepted: {error}"),
            // A second member of that name, or one that is no array, is refused here only.
            (Err(_), _, _) | (Ok(()), Err(_), _) => {}
        }
        prop_assert!(read_json(&text, &sizes, tight()).0.0.len() <= text.len());
    }

    #[test]
    fn json_cut_anywhere_is_incomplete(page in page(), at in any::<prop::sample::Index>()) {
        let text = page_text(&page);
        let text = &text.as_bytes()[..at.index(text.len())];
        let ((_, end), _) = read_json(text, &[5, 80], Caps::default());
        prop_assert_eq!(end.unwrap_err().kind, ParseErrorKind::Incomplete);
    }

    #[test]
    fn random_bytes_end_everywhere(
        bytes in prop::collection::vec(any::<u8>(), 0..300), sizes in sizes()
    ) {
        let (_, xml) = read_xml(&bytes, &sizes, tight());
        prop_assert!(xml.is_err());
        let _ = read_json(&bytes, &sizes, tight());
        for magic in [&b""[..], b"PK\x03\x04", b"\x1f\x8b\x08"] {
            let (_, end) = unpack(&[magic, &bytes].concat(), &sizes);
            prop_assert!(magic.is_empty() || end.is_err());
        }
    }

    #[test]
    fn packed_text_comes_back_or_fails(
        text in document(), damage in damage(), sizes in sizes(), at in any::<prop::sample::Index>()
    ) {
        let raw = gzip(text.as_bytes());
        let (decoded, end) = unpack(&raw, &sizes);
        prop_assert_eq!((decoded.as_slice(), end), (text.as_bytes(), Ok(())));
        let (_, cut) = unpack(&raw[..at.index(raw.len())], &sizes);
        prop_assert_eq!(cut.unwrap_err().kind, ParseErrorKind::Incomplete);
        let raw = damaged(&raw, &damage);
        if raw.starts_with(b"\x1f\x8b") {
            let (decoded, end) = unpack(&raw, &sizes);
            prop_assert!(end.is_err() || decoded == text.as_bytes());
        }
    }
}
