//! Small documents, whole and cut, against what must come out.

mod leaves;
mod paths;

use super::{XmlItems, XmlStep, tree_to_json};
use crate::parse::{Caps, ParseError, ParseErrorKind};

const PATH: [&str; 3] = ["R", "A", "I"];
const ARRAYS: [&str; 1] = ["v"];

/// Small windows, so that every event is cut somewhere.
fn small() -> Caps {
    Caps {
        text_bytes: 200,
        depth: 6,
        item_bytes: 300,
        item_nodes: 12,
        envelope_bytes: 400,
        window_bytes: 16,
        ..Caps::default()
    }
}

/// Items as canonical text, fed in pieces of `piece` bytes, and how it ended.
fn run(text: &[u8], piece: usize, caps: Caps) -> (Vec<String>, Result<XmlItems, ParseError>) {
    let mut xml = XmlItems::new(&PATH, caps);
    let mut found = Vec::new();
    let mut pieces = text.chunks(piece);
    loop {
        match xml.next() {
            Ok(XmlStep::Item {
                root,
                byte,
                raw_bytes,
                index,
                ..
            }) => {
                assert_eq!(index, found.len() as u64);
                let raw =
                    &text[usize::try_from(byte).unwrap()..][..usize::try_from(raw_bytes).unwrap()];
                assert!(raw.starts_with(b"<") && raw.ends_with(b">"), "{raw:?}");
                let mut json = String::new();
                tree_to_json(root, &ARRAYS, &mut json);
                found.push(json);
            }
            Ok(XmlStep::Yield) => {}
            Ok(XmlStep::NeedMore) => match pieces.next() {
                Some(piece) => xml.feed(piece),
                None => xml.end(),
            },
            Ok(XmlStep::End) => {
                let end = xml.finish();
                return (found, end.map(|_| xml));
            }
            Err(error) => {
                assert_eq!(xml.next().unwrap_err(), error, "an error stays");
                assert_eq!(xml.finish().unwrap_err(), error, "an error stays");
                return (found, Err(error));
            }
        }
    }
}

fn items(text: &str) -> Vec<String> {
    let mut whole = None;
    for (piece, caps) in [(usize::MAX, Caps::default()), (1, small()), (7, small())] {
        let (found, end) = run(text.as_bytes(), piece, caps);
        assert!(end.is_ok(), "{text}: {end:?}");
        assert_eq!(whole.get_or_insert_with(|| found.clone()), &found);
    }
    whole.unwrap()
}

fn failure(text: &[u8], caps: Caps) -> ParseError {
    let (_, end) = run(text, usize::MAX, caps);
    let error = end.expect_err(&String::from_utf8_lossy(text));
    let (_, cut) = run(text, 1, caps);
    assert_eq!(cut.unwrap_err(), error, "same error however it is cut");
    error
}

/// One item with this inside.
fn item(inside: &str) -> String {
    format!("<R><A><I>{inside}</I></A></R>")
}

#[test]
fn an_item_becomes_canonical_json() {
    let table = [
        ("", "\"\""),
        (" x ", "\" x \""),
        ("<b>2</b><a>1</a>", r#"{"a":"1","b":"2"}"#),
        ("<a/><a>1</a>", r#"{"a":["","1"]}"#),
        ("<v>1</v>", r#"{"v":["1"]}"#),
        ("<v/>", r#"{"v":[""]}"#),
        ("\n <a> </a>\n", r#"{"a":" "}"#),
        (
            r#"<p c="USD">9.0</p>"#,
            r##"{"p":{"#text":"9.0","@c":"USD"}}"##,
        ),
        (r#"<p c='a"&apos;&#10;b'/>"#, r#"{"p":{"@c":"a\"'\nb"}}"#),
        (
            r#"<p xmlns="u" xmlns:x="v" x:c="1"/>"#,
            r#"{"p":{"@x:c":"1"}}"#,
        ),
        ("<x:a>1</x:a>", r#"{"a":"1"}"#),
        (
            "a&amp;b &lt;&gt;&quot;&apos;&#65;&#x20ac;",
            "\"a&b <>\\\"'A€\"",
        ),
        ("&amp; &amp;", "\"& &\""),
        ("<a>1&amp;<![CDATA[<&]]>2</a>", r#"{"a":"1&<&2"}"#),
        ("<a><![CDATA[]]></a>", r#"{"a":""}"#),
        ("<a>x<!-- </I> > -->y<?p </I> >?>z</a>", r#"{"a":"xyz"}"#),
        ("a<b/>c <d/> e", r##"{"#text":"ac  e","b":"","d":""}"##),
        (
            "<a>x<b>1</b>y<b>2</b>z</a><c>w</c>",
            r##"{"a":{"#text":"xyz","b":["1","2"]},"c":"w"}"##,
        ),
        ("l1\r\nl2\rl3&#13;", "\"l1\\nl2\\nl3\\r\""),
        ("a > b", "\"a > b\""),
        (
            "\u{feff}<a>\u{feff}</a>é€😀",
            "{\"#text\":\"\u{feff}é€😀\",\"a\":\"\u{feff}\"}",
        ),
        ("<a >1</a\n>", r#"{"a":"1"}"#),
        ("<I>nested</I>", r#"{"I":"nested"}"#),
    ];
    for (inside, expected) in table {
        assert_eq!(items(&item(inside)), [expected], "{inside}");
    }
}

#[test]
fn markup_inside_other_markup_does_not_end_an_item() {
    for inside in [
        "<![CDATA[</I><I>]]>",
        "<!-- </I><I> -->",
        "<a b=\"</I>\" c='>'/>",
        "<?pi </I> ?>",
    ] {
        let text = format!("<R><A><I>{inside}<k>1</k></I><I>2</I></A></R>");
        let found = items(&text);
        assert_eq!(found.len(), 2, "{inside}");
        assert!(found[0].contains(r#""k":"1""#), "{inside}");
    }
}

#[test]
fn only_the_item_path_makes_items() {
    let found =
        items("<R><I>0</I><A><B><I>0</I></B><x:I>1</x:I><I/></A><A><I>2</I></A><I>0</I></R>");
    assert_eq!(found, ["\"1\"", "\"\"", "\"2\""]);
    assert!(items("<R><A/></R>").is_empty());
    assert!(
        items("\u{feff} \n<?xml version='1.0' encoding='utf-8'?><!-- c --><R/> <!-- c -->\n")
            .is_empty()
    );
}

#[test]
fn asides_and_envelope_hold_what_is_outside() {
    let text = "<R><Ack>Failure</Ack><A n='1'><I>1</I><Errors><ErrorCode>1008</ErrorCode>\
                <SeverityCode>LMS.ERROR</SeverityCode><LongMessage>long</LongMessage></Errors>\
                <I><Ack>inside</Ack></I></A><P><T>7</T></P></R>";
    let (found, end) = run(text.as_bytes(), 5, small());
    assert_eq!(found.len(), 2);
    let mut xml = end.unwrap();
    let asides = xml.finish().unwrap().asides;
    assert_eq!(asides.acks, ["Failure"]);
    assert_eq!((asides.error_count, asides.errors.len()), (1, 1));
    let error = &asides.errors[0];
    assert_eq!(
        (error.code.as_str(), error.severity.as_str()),
        ("1008", "LMS.ERROR")
    );
    assert_eq!((error.short.as_str(), error.long.as_str()), ("", "long"));
    let envelope = xml.envelope().unwrap();
    assert_eq!(envelope.text_at("P.T"), Some("7"));
    assert_eq!(envelope.child("A").unwrap().attr("n"), Some("1"));
    assert_eq!(envelope.child("A").unwrap().children().count(), 0);
    assert!(envelope.child("Ack").is_none());
}

#[test]
fn layout_between_items_leaves_nothing_behind() {
    let text = format!("<R>\n<A>{}\n</A>\n</R>", "\n  <I/>\n  <Ack/>".repeat(200));
    let (found, end) = run(text.as_bytes(), 64, small());
    assert_eq!(found.len(), 200);
    let xml = end.unwrap();
    assert_eq!(xml.envelope().unwrap().text_at("A"), Some(""));
}

#[test]
fn asides_are_bounded() {
    let errors = format!(
        "<Errors><LongMessage>{}</LongMessage></Errors>",
        "é".repeat(90)
    )
    .repeat(40);
    let text = format!("<R><A>{errors}{}</A></R>", "<Ack>x</Ack>".repeat(40));
    let (_, end) = run(text.as_bytes(), 64, small());
    let asides = end.unwrap().finish().unwrap().asides;
    assert_eq!(
        (asides.acks.len(), asides.errors.len(), asides.error_count),
        (16, 16, 40)
    );
}

#[test]
fn malformed_documents_are_bad_data_with_their_place() {
    let table: [(&[u8], u64, &str); 25] = [
        (b"<R><A><I><a>1</b></I></A></R>", 13, "R/A/I/a"),
        (b"<R><A></I></A></R>", 6, "R/A"),
        (b"</R>", 0, ""),
        (b"<Q/>", 0, ""),
        (b"<R/><R/>", 4, ""),
        (b"<R/>x", 4, ""),
        (b"x<R/>", 0, ""),
        (b"&amp;<R/>", 0, ""),
        (b"<R/><![CDATA[]]>", 4, ""),
        (b"<R>&nbsp;</R>", 3, "R"),
        (b"<R>&#0;</R>", 3, "R"),
        (b"<R>a & b</R>", 5, "R"),
        (b"<R a='&x;'/>", 0, "R"),
        (b"<R a='1' a='2'/>", 0, "R"),
        (b"<R a=1/>", 0, "R"),
        (b"<R><1/></R>", 3, "R"),
        (b"<R><></></R>", 3, "R"),
        (b"<R><a<b/></R>", 3, "R"),
        (b"<!DOCTYPE R><R/>", 0, ""),
        (b"<!DOCTYPE R [<!ENTITY a '>", 0, ""),
        (b"<R><!x></R>", 3, "R"),
        (b"<R><?xml version='1.0'?></R>", 3, "R"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><R/>", 0, ""),
        (b"<R><A><I>a\x01</I></A></R>", 10, "R/A/I"),
        (b"<R><A><I>a\xc3(</I></A></R>", 10, "R/A/I"),
    ];
    let caps = Caps {
        window_bytes: 1,
        ..small()
    };
    for (text, byte, path) in table {
        let shown = String::from_utf8_lossy(text);
        let error = failure(text, caps);
        assert_eq!(error.kind, ParseErrorKind::BadData, "{shown}: {error}");
        assert_eq!(error.byte, byte, "{shown}: {error}");
        assert_eq!(error.path, path, "{shown}: {error}");
    }
}

#[test]
fn invalid_utf8_is_found_everywhere() {
    for text in [
        &b"<R><!-- \xff --></R>"[..],
        b"<R><![CDATA[\xff]]></R>",
        b"<R><a\xff/></R>",
        b"<R a='\xff'/>",
        b"<R></R\xff>",
        b"<R><?p \xff?></R>",
        b"<R/>\xff",
    ] {
        let at = text.iter().position(|b| *b == 0xff).unwrap() as u64;
        let error = failure(text, small());
        assert_eq!(
            (error.kind, error.byte),
            (ParseErrorKind::BadData, at),
            "{error}"
        );
    }
}

#[test]
fn caps_refuse_with_their_place() {
    let nested = "<n>".repeat(9);
    let table = [
        (item(&"x".repeat(201)), "R/A/I", Some(0)),
        (item(&"x&amp;".repeat(101)), "R/A/I", Some(0)),
        (
            item(&format!("<![CDATA[{}]]>", "x".repeat(201))),
            "R/A/I",
            Some(0),
        ),
        (item(&nested), "R/A/I/n/n/n", Some(0)),
        (
            item("<a/>").replace("</A>", &"<a/>".repeat(120)),
            "R/A/a",
            None,
        ),
        (item(&"<a/>".repeat(13)), "R/A/I/a", Some(0)),
        (
            item(&format!("<a>{0}</a><a>{0}</a>", "x".repeat(199))),
            "R/A/I",
            Some(0),
        ),
    ];
    for (text, path, index) in table {
        let error = failure(text.as_bytes(), small());
        assert_eq!(error.kind, ParseErrorKind::TooLarge, "{text}: {error}");
        assert_eq!(
            (error.path.as_str(), error.item),
            (path, index),
            "{text}: {error}"
        );
    }
    let attributes: Vec<String> = (0..65).map(|n| format!("a{n}='1'")).collect();
    let error = failure(
        format!("<R {}/>", attributes.join(" ")).as_bytes(),
        Caps::default(),
    );
    assert_eq!(error.kind, ParseErrorKind::TooLarge);
}

#[test]
fn a_giant_text_is_refused_without_being_held() {
    for opening in [
        "<R><A><I>",
        "<R><A><I><![CDATA[",
        "<R><!--",
        "<R a='",
        "<R ",
    ] {
        let mut xml = XmlItems::new(&PATH, Caps::default());
        xml.feed(opening.as_bytes());
        let mut fed = 0;
        let error = loop {
            match xml.next() {
                Ok(XmlStep::NeedMore) => {
                    xml.feed(&vec![b'x'; 64 << 10]);
                    fed += 64 << 10;
                    assert!(fed < 3 << 20, "not refused: {opening}");
                }
                Ok(_) => {}
                Err(error) => break error,
            }
            assert!(xml.buffer_capacity() <= 3 << 20);
        };
        assert_eq!(error.kind, ParseErrorKind::TooLarge, "{opening}");
    }
}

#[test]
fn a_document_cut_anywhere_is_no_success() {
    let text =
        "<?xml version=\"1.0\"?><R><A><I a='1'>x&amp;<![CDATA[é]]></I><!-- c --><I/></A></R>";
    for end in 0..text.len() {
        let (_, whole) = run(&text.as_bytes()[..end], usize::MAX, Caps::default());
        assert!(whole.is_err(), "cut at {end}");
        let (_, pieces) = run(&text.as_bytes()[..end], 3, small());
        assert!(pieces.is_err(), "cut at {end}, in pieces");
    }
    let (_, end) = run(b"<R><A><I>1", 3, small());
    let error = end.unwrap_err();
    assert_eq!(
        (error.kind, error.path.as_str()),
        (ParseErrorKind::Incomplete, "R/A/I")
    );
}
