//! JSON text of an XML element in one canonical form, so that equal content
//! has equal bytes.

use super::node::Node;
use crate::parse::json::{push_json_escaped, push_json_string};

/// Appends the canonical JSON text of an element: keys sorted bytewise, no
/// white space.
///
/// An element with nothing but text is a string. Otherwise it is an object:
/// attributes as `@name` (namespace declarations dropped), text, if any, as
/// `#text`, child elements by local name. A child is an array if it is named
/// in `arrays` or is repeated.
pub fn tree_to_json(node: Node<'_>, arrays: &[&str], out: &mut String) {
    let mut members = Vec::new();
    write(node, arrays, &mut members, out);
}

/// A member of an object: an attribute's value or a child element.
#[derive(Clone, Copy)]
enum Member<'a> {
    Attr(&'a str, &'a str),
    Text(&'a str),
    Child(&'a str, Node<'a>),
}

impl<'a> Member<'a> {
    /// The key, with its mark first, so that it sorts as the whole key does.
    fn key(&self) -> (&'static str, &'a str) {
        match *self {
            Member::Text(_) => ("#text", ""),
            Member::Attr(name, _) => ("@", name),
            Member::Child(name, _) => ("", name),
        }
    }

    fn same_key(&self, other: &Member<'_>) -> bool {
        self.key() == other.key()
    }
}

/// `members` is a stack shared by all levels; a level uses what it pushed.
fn write<'a>(node: Node<'a>, arrays: &[&str], members: &mut Vec<Member<'a>>, out: &mut String) {
    let base = members.len();
    let attrs = node.attrs().filter(|(name, _)| !is_declaration(name));
    members.extend(attrs.map(|(name, value)| Member::Attr(name, value)));
    members.extend(
        node.children()
            .map(|child| Member::Child(child.name(), child)),
    );
    if members.len() == base {
        push_json_string(node.text(), out);
        return;
    }
    if !node.text().is_empty() {
        members.push(Member::Text(node.text()));
    }
    if let Some(level) = members.get_mut(base..) {
        // Stable: repeated elements keep their order.
        level.sort_by(|a, b| {
            let ((am, an), (bm, bn)) = (a.key(), b.key());
            if am == bm {
                return an.cmp(bn);
            }
            am.bytes()
                .chain(an.bytes())
                .cmp(bm.bytes().chain(bn.bytes()))
        });
    }
    out.push('{');
    let mut at = base;
    while let Some(first) = members.get(at).copied() {
        let level = members.get(at..).unwrap_or_default();
        let count = level.iter().take_while(|m| m.same_key(&first)).count();
        if at > base {
            out.push(',');
        }
        let (mark, name) = first.key();
        out.push('"');
        out.push_str(mark);
        push_json_escaped(name, out);
        out.push_str("\":");
        let end = at + count.max(1);
        write_values((at, end), arrays, members, out);
        at = end;
    }
    members.truncate(base);
    out.push('}');
}

/// Writes the members `range`, which share one key, as one value.
fn write_values(
    (start, end): (usize, usize),
    arrays: &[&str],
    members: &mut Vec<Member<'_>>,
    out: &mut String,
) {
    let array = end - start > 1
        || matches!(members.get(start), Some(Member::Child(name, _)) if arrays.contains(name));
    if array {
        out.push('[');
    }
    for at in start..end {
        if at > start {
            out.push(',');
        }
        match members.get(at).copied() {
            Some(Member::Attr(_, text) | Member::Text(text)) => push_json_string(text, out),
            Some(Member::Child(_, child)) => write(child, arrays, members, out),
            None => {}
        }
    }
    if array {
        out.push(']');
    }
}

fn is_declaration(name: &str) -> bool {
    name == "xmlns" || name.starts_with("xmlns:")
}
