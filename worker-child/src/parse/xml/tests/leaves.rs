//! Elements with nothing but text, which are taken whole: the same as those that are not.

use super::{run, small};
use crate::parse::{Caps, ParseErrorKind};

#[test]
fn what_follows_a_leaf() {
    let table = [
        ("<a>1</a> \n <b>2</b>", r#"{"a":"1","b":"2"}"#),
        ("<a>1</a>  <!--c-->t", r##"{"#text":"  t","a":"1"}"##),
        ("<a>1</a> <![CDATA[x]]>", r##"{"#text":" x","a":"1"}"##),
        ("<a>1</a> t<b> </b>", r##"{"#text":" t","a":"1","b":" "}"##),
        ("<a>1</a> &amp;", r##"{"#text":" &","a":"1"}"##),
        ("t<a>1</a >u", r##"{"#text":"tu","a":"1"}"##),
        ("<a>\"\\\t</a><b>é</b>", r#"{"a":"\"\\\t","b":"é"}"#),
        (
            "<x:a>1</x:a><a b=\"2\">3</a>",
            r##"{"a":["1",{"#text":"3","@b":"2"}]}"##,
        ),
        (
            "<a x:b=\"2\"></a><a xmlns=\"u\">4</a>",
            r#"{"a":[{"@x:b":"2"},"4"]}"#,
        ),
        ("<v>1</v><w>\r\n</w>", r#"{"v":["1"],"w":"\n"}"#),
    ];
    for (inside, expected) in table {
        let text = format!("<R><A><I>{inside}</I></A></R>");
        for (piece, caps) in [(usize::MAX, Caps::default()), (1, small())] {
            let (found, end) = run(text.as_bytes(), piece, caps);
            assert_eq!(found, [expected], "{inside}: {:?}", end.err());
        }
    }
}

#[test]
fn caps_hold_for_leaves_as_for_others() {
    let caps = Caps {
        window_bytes: 1 << 10,
        text_bytes: 20,
        ..small()
    };
    let table = [
        "<a>1</a>".repeat(12),
        "<a b=\"2\">1</a>".repeat(6),
        format!("<a>{}</a>", "x".repeat(21)),
        format!("<a>{}</a>", "12345678901234567890").repeat(11),
        "<b><b><b><a>1</a></b></b></b>".to_owned(),
    ];
    for leaves in table {
        let document = |inside: &str| format!("<R><A><I>{inside}</I></A></R>");
        let (_, whole) = run(document(&leaves).as_bytes(), usize::MAX, caps);
        // With a space in its end tag an element is taken in parts.
        let parts = leaves.replace("</a>", "</a >");
        let (_, parts) = run(document(&parts).as_bytes(), usize::MAX, caps);
        let (whole, parts) = (whole.expect_err(&leaves), parts.expect_err(&leaves));
        assert_eq!(whole.kind, ParseErrorKind::TooLarge, "{leaves}: {whole}");
        assert_eq!(whole.what, parts.what, "{leaves}");
        // The spaces make the item too long somewhere else.
        if !whole.what.starts_with("item longer") {
            assert_eq!(whole.path, parts.path, "{leaves}");
        }
    }
}
