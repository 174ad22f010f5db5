//! JSON text of an XML element in one canonical form, so that equal content
//! has equal bytes.

use std::ops::Range;

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
    let mut members = Vec::with_capacity(32);
    write(node, arrays, &mut members, out);
}

/// Appends the canonical JSON text of the child elements with the wanted names, as an object.
pub fn members_to_json(
    node: Node<'_>,
    wanted: impl Fn(&str) -> bool,
    arrays: &[&str],
    out: &mut String,
) {
    let children = node.children().filter(|child| wanted(child.name()));
    let mut members = children
        .map(|child| Member::Child(child.name(), child.at))
        .collect();
    write_object(node, 0, arrays, &mut members, out);
}

/// A member of an object; a child element by its place in the tree, to keep
/// what is sorted small.
#[derive(Clone, Copy)]
enum Member<'a> {
    Attr(&'a str, &'a str),
    Text(&'a str),
    Child(&'a str, u32),
}

impl<'a> Member<'a> {
    /// Sorts as the whole key does, since names of elements begin behind `@`.
    /// The rank is a number because comparing empty texts is slow: their
    /// dangling pointers make the vectorized comparison fault and recover.
    fn order(&self) -> (u8, &'a str) {
        match *self {
            Member::Text(_) => (0, "text"),
            Member::Attr(name, _) => (1, name),
            Member::Child(name, _) => (2, name),
        }
    }
}

/// `members` is a stack shared by all levels; a level uses what it pushed.
fn write<'a>(node: Node<'a>, arrays: &[&str], members: &mut Vec<Member<'a>>, out: &mut String) {
    if node.is_bare() {
        push_json_string(node.text(), out);
        return;
    }
    let base = members.len();
    for (name, value) in node.attrs().filter(|(name, _)| !is_declaration(name)) {
        members.push(Member::Attr(name, value));
    }
    for child in node.children() {
        members.push(Member::Child(child.name(), child.at));
    }
    if members.len() == base {
        push_json_string(node.text(), out);
        return;
    }
    if !node.text().is_empty() {
        members.push(Member::Text(node.text()));
    }
    write_object(node, base, arrays, members, out);
}

/// Writes the members from `base` on as an object, and takes them off the stack.
fn write_object<'a>(
    node: Node<'a>,
    base: usize,
    arrays: &[&str],
    members: &mut Vec<Member<'a>>,
    out: &mut String,
) {
    if let Some(level) = members.get_mut(base..) {
        // Stable: repeated elements keep their order.
        level.sort_by_key(Member::order);
    }
    out.push('{');
    let mut at = base;
    while let Some(first) = members.get(at).copied() {
        let level = members.get(at..).unwrap_or_default();
        let count = level
            .iter()
            .take_while(|m| m.order() == first.order())
            .count();
        if at > base {
            out.push(',');
        }
        push_key(first, out);
        let end = at + count.max(1);
        write_values(node, at..end, arrays, members, out);
        at = end;
    }
    members.truncate(base);
    out.push('}');
}

/// Writes the members `range` of `node`, which share one key, as one value.
fn write_values<'a>(
    node: Node<'a>,
    range: Range<usize>,
    arrays: &[&str],
    members: &mut Vec<Member<'a>>,
    out: &mut String,
) {
    let array = range.len() > 1
        || matches!(members.get(range.start), Some(Member::Child(name, _)) if arrays.contains(name));
    if array {
        out.push('[');
    }
    for at in range.clone() {
        if at > range.start {
            out.push(',');
        }
        match members.get(at).copied() {
            Some(Member::Attr(_, text) | Member::Text(text)) => push_json_string(text, out),
            Some(Member::Child(_, at)) => write(Node { at, ..node }, arrays, members, out),
            None => {}
        }
    }
    if array {
        out.push(']');
    }
}

fn push_key(member: Member<'_>, out: &mut String) {
    out.push('"');
    match member {
        Member::Text(_) => out.push_str("#text"),
        Member::Attr(name, _) => {
            out.push('@');
            push_json_escaped(name, out);
        }
        // The scanner lets nothing into a name that would need escaping.
        Member::Child(name, _) => out.push_str(name),
    }
    out.push_str("\":");
}

fn is_declaration(name: &str) -> bool {
    name == "xmlns" || name.starts_with("xmlns:")
}
