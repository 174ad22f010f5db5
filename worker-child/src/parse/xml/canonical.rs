//! JSON text of an XML element in one canonical form, so that equal content
//! has equal bytes.

use super::node::Node;
use crate::parse::json::{push_json_escaped, push_json_string};

/// Children of one element that are sorted without asking for memory.
const FEW: usize = 8;

/// Appends the canonical JSON text of an element: keys sorted bytewise, no
/// white space.
///
/// An element with nothing but text is a string. Otherwise it is an object:
/// attributes as `@name` (namespace declarations dropped), text, if any, as
/// `#text`, child elements by local name. A child is an array if it is named
/// in `arrays` or is repeated.
pub fn tree_to_json(node: Node<'_>, arrays: &[&str], out: &mut String) {
    out.reserve(node.room());
    write(node, arrays, out);
}

/// Appends the canonical JSON text of the child elements with the wanted names, as an object.
pub fn members_to_json(
    node: Node<'_>,
    wanted: impl Fn(&str) -> bool,
    arrays: &[&str],
    out: &mut String,
) {
    out.reserve(node.room());
    out.push('{');
    write_children(node, wanted, arrays, out);
    out.push('}');
}

fn write(node: Node<'_>, arrays: &[&str], out: &mut String) {
    if let Some((_, value)) = node.member() {
        out.push_str(value);
        return;
    }
    let is_bare = || node.children().next().is_none() && attrs(node).next().is_none();
    if node.is_bare() || is_bare() {
        push_json_string(node.text(), out);
        return;
    }
    // Names of elements sort behind both marks.
    out.push('{');
    if !node.text().is_empty() {
        out.push_str("\"#text\":");
        push_json_string(node.text(), out);
    }
    write_attrs(node, out);
    if node.children().next().is_some() {
        write_children(node, |_| true, arrays, out);
    }
    out.push('}');
}

/// Begins a further member of the object that is being written.
fn comma(out: &mut String) {
    if !out.ends_with('{') {
        out.push(',');
    }
}

/// The attributes that are not namespace declarations.
fn attrs(node: Node<'_>) -> impl Iterator<Item = (&str, &str)> {
    node.attrs()
        .filter(|(name, _)| *name != "xmlns" && !name.starts_with("xmlns:"))
}

fn write_attrs(node: Node<'_>, out: &mut String) {
    let mut first = attrs(node);
    let (one, another) = (first.next(), first.next());
    if another.is_none() {
        if let Some(attr) = one {
            write_attr(attr, out);
        }
        return;
    }
    let mut sorted: Vec<(&str, &str)> = attrs(node).collect();
    sorted.sort_by_key(|(name, _)| *name);
    for attr in sorted {
        write_attr(attr, out);
    }
}

fn write_attr((name, value): (&str, &str), out: &mut String) {
    comma(out);
    out.push_str("\"@");
    push_json_escaped(name, out);
    out.push_str("\":");
    push_json_string(value, out);
}

/// A child element while the children are sorted.
#[derive(Clone, Copy, Default)]
struct Child {
    rank: u64,
    at: u32,
}

fn write_children(
    node: Node<'_>,
    wanted: impl Fn(&str) -> bool,
    arrays: &[&str],
    out: &mut String,
) {
    let (mut few, mut many) = ([Child::default(); FEW], Vec::new());
    let mut count = 0;
    for child in node.children().filter(|child| wanted(child.name())) {
        let entry = Child {
            rank: child.rank(),
            at: child.at,
        };
        match few.get_mut(count) {
            Some(place) if many.is_empty() => *place = entry,
            Some(_) | None => {
                if many.is_empty() {
                    many.extend_from_slice(&few);
                }
                many.push(entry);
            }
        }
        count += 1;
    }
    let children = if many.is_empty() {
        few.get_mut(..count).unwrap_or_default()
    } else {
        &mut many
    };
    let element = |child: &Child| Node {
        at: child.at,
        ..node
    };
    let name = |child: &Child| element(child).name();
    // Stable: repeated elements keep their order.
    children.sort_by(|a, b| a.rank.cmp(&b.rank).then_with(|| name(a).cmp(name(b))));
    let same = |a: &Child, b: &Child| a.rank == b.rank && name(a) == name(b);
    for group in children.chunk_by(same) {
        let Some(first) = group.first() else { continue };
        let name = name(first);
        comma(out);
        let is_list = group.len() > 1 || arrays.contains(&name);
        if !is_list && let Some((member, _)) = element(first).member() {
            out.push_str(member);
            continue;
        }
        out.push('"');
        // The scanner lets nothing into a name that would need escaping.
        out.push_str(name);
        out.push_str("\":");
        if !is_list {
            write(element(first), arrays, out);
            continue;
        }
        out.push('[');
        for (position, child) in group.iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            write(element(child), arrays, out);
        }
        out.push(']');
    }
}
