//! Items at several paths of one document.

use crate::parse::Caps;
use crate::parse::xml::{XmlItems, XmlStep, tree_to_json};

#[test]
fn items_at_several_paths_are_told_apart() {
    let paths: [&[&str]; 4] = [
        &["R", "A", "I"],
        &["S", "B"],
        &["R", "A", "J"],
        &["R", "C", "I"],
    ];
    let table: [(&str, &[(usize, &str)]); 3] = [
        (
            "<R><A><I>1</I><J>2</J><K>no</K></A><C><J>no</J><I>3</I></C><A><I>4</I></A></R>",
            &[(0, "\"1\""), (2, "\"2\""), (3, "\"3\""), (0, "\"4\"")],
        ),
        ("<S><A><I>no</I></A><B>1</B></S>", &[(1, "\"1\"")]),
        ("<S/>", &[]),
    ];
    for (text, expected) in table {
        let mut xml = XmlItems::any(&paths, Caps::default());
        xml.feed(text.as_bytes());
        xml.end();
        let mut found = Vec::new();
        loop {
            match xml.next().unwrap() {
                XmlStep::Item { root, list, .. } => {
                    let mut json = String::new();
                    tree_to_json(root, &[], &mut json);
                    found.push((list, json));
                }
                XmlStep::Yield | XmlStep::NeedMore => {}
                XmlStep::End => break,
            }
        }
        xml.finish().unwrap();
        let found: Vec<(usize, &str)> = found
            .iter()
            .map(|(list, json)| (*list, json.as_str()))
            .collect();
        assert_eq!(found, expected, "{text}");
    }
    let mut xml = XmlItems::any(&paths, Caps::default());
    xml.feed(b"<T/>");
    xml.end();
    assert!(matches!(xml.next(), Ok(XmlStep::Yield)));
    assert_eq!(xml.next().unwrap_err().what, "wrong document: root T");
}
