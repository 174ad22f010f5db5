//! Reading a tree: nodes are views into an arena that is reused from batch to batch.

use crate::parse::rank::{RANKED, rank};

/// One element in the arena. Positions are relative to the tree's own slices,
/// so that trees can move together when finished ones are dropped.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NodeData {
    /// The rank of the local name.
    pub(super) rank: u64,
    /// Local name.
    pub(super) name: Span,
    /// Unescaped text.
    pub(super) text: Span,
    /// Attributes, as positions in the attribute list.
    pub(super) attrs: Span,
    /// One past the last node of this element's subtree.
    pub(super) end: u32,
    /// The element stands in the text as a JSON member: `"name":"text"`.
    pub(super) is_member: bool,
}

/// What a place outside the arena holds.
static NO_NODE: NodeData = NodeData {
    rank: 0,
    name: Span { start: 0, len: 0 },
    text: Span { start: 0, len: 0 },
    attrs: Span { start: 0, len: 0 },
    end: 0,
    is_member: false,
};

impl NodeData {
    /// Whether this is the local name, given its rank.
    fn is_named(&self, name: &str, rank: u64, text: &str) -> bool {
        self.rank == rank
            && self.name.len as usize == name.len()
            && (name.len() <= RANKED || self.name.of(text) == name)
    }
}

/// A range: start and length.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        let start = narrow(start);
        Self {
            start,
            len: narrow(end).saturating_sub(start),
        }
    }

    pub(super) fn of(self, text: &str) -> &str {
        let start = self.start as usize;
        text.get(start..start + self.len as usize)
            .unwrap_or_default()
    }
}

/// Arena positions fit: item and envelope caps lie far below 4 GiB.
pub(super) fn narrow(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// One attribute: qualified name and normalized value.
#[derive(Clone, Copy, Debug)]
pub(super) struct AttrData {
    pub(super) name: Span,
    pub(super) value: Span,
}

/// An element of an item or of the envelope; cheap to copy.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pub(super) nodes: &'a [NodeData],
    pub(super) attrs: &'a [AttrData],
    pub(super) text: &'a str,
    pub(super) at: u32,
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct(self.name());
        for (name, value) in self.attrs() {
            shown.field(name, &value);
        }
        if !self.text().is_empty() {
            shown.field("text", &self.text());
        }
        for child in self.children() {
            shown.field("child", &child);
        }
        shown.finish()
    }
}

impl<'a> Node<'a> {
    fn data(&self) -> &'a NodeData {
        self.nodes.get(self.at as usize).unwrap_or(&NO_NODE)
    }

    /// The element's name without its namespace prefix.
    pub fn name(&self) -> &'a str {
        self.data().name.of(self.text)
    }

    /// The element's own text: references resolved, CDATA merged. White space
    /// alone counts only in an element without child elements.
    pub fn text(&self) -> &'a str {
        self.data().text.of(self.text)
    }

    /// Whether the element has neither attributes nor child elements.
    pub(super) fn is_bare(&self) -> bool {
        let data = self.data();
        data.attrs.len == 0 && data.end <= self.at + 1
    }

    /// The element as the JSON member `"name":"text"`, and the part of that from which its value is
    /// read, if it stands in the arena so.
    pub(super) fn member(&self) -> Option<(&'a str, &'a str)> {
        let data = self.data();
        if !data.is_member {
            return None;
        }
        let end = (data.text.start + data.text.len) as usize + 1;
        let from = |span: Span| self.text.get((span.start as usize).checked_sub(1)?..end);
        Some((from(data.name)?, from(data.text)?))
    }

    pub(super) fn rank(&self) -> u64 {
        self.data().rank
    }

    /// About how long the element's canonical text is, in bytes.
    pub(super) fn room(&self) -> usize {
        let data = self.data();
        let last = (data.end as usize).checked_sub(1);
        let last = last.and_then(|last| self.nodes.get(last)).copied();
        let end = last.unwrap_or_default().text;
        let text = (end.start + end.len).saturating_sub(data.name.start);
        let nodes = data.end.saturating_sub(self.at);
        // Quotes, colon, comma, and braces now and then.
        text as usize + 8 * nodes as usize
    }

    /// Attributes in document order, as qualified name and normalized value.
    pub fn attrs(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let span = self.data().attrs;
        let (attrs, text) = (self.attrs, self.text);
        let start = span.start as usize;
        attrs
            .get(start..start + span.len as usize)
            .unwrap_or_default()
            .iter()
            .map(move |attr| (attr.name.of(text), attr.value.of(text)))
    }

    /// The value of the first attribute with this local name.
    pub fn attr(&self, name: &str) -> Option<&'a str> {
        self.attrs()
            .find(|(qualified, _)| local(qualified) == name)
            .map(|(_, value)| value)
    }

    /// Child elements in document order.
    pub fn children(&self) -> Children<'a> {
        Children {
            parent: *self,
            next: self.at + 1,
            end: self.data().end,
        }
    }

    /// The first child element with this local name.
    pub fn child(&self, name: &str) -> Option<Node<'a>> {
        let rank = rank(name.as_bytes());
        let mut at = self.at + 1;
        let end = self.data().end;
        while at < end {
            let data = self.nodes.get(at as usize)?;
            if data.is_named(name, rank, self.text) {
                return Some(Node { at, ..*self });
            }
            at = data.end.max(at + 1);
        }
        None
    }

    /// All child elements with this local name, in document order.
    pub fn children_named<'n>(
        &self,
        name: &'n str,
    ) -> impl Iterator<Item = Node<'a>> + use<'a, 'n> {
        self.children().filter(move |child| child.name() == name)
    }

    /// The element at a path of local names separated by dots, taking the
    /// first at every level; the empty path is the element itself.
    pub fn at(&self, path: &str) -> Option<Node<'a>> {
        if path.is_empty() {
            return Some(*self);
        }
        let (mut node, mut path) = (*self, path);
        while let Some(point) = memchr::memchr(b'.', path.as_bytes()) {
            let (name, rest) = path.split_at_checked(point)?;
            node = node.child(name)?;
            path = rest.get(1..)?;
        }
        node.child(path)
    }

    /// The text of the element at a path, `None` if there is no such element.
    pub fn text_at(&self, path: &str) -> Option<&'a str> {
        self.at(path).map(|node| node.text())
    }
}

/// The child elements of a [`Node`].
#[derive(Clone, Debug)]
pub struct Children<'a> {
    parent: Node<'a>,
    next: u32,
    end: u32,
}

impl<'a> Iterator for Children<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        if self.next >= self.end {
            return None;
        }
        let child = Node {
            at: self.next,
            ..self.parent
        };
        self.next = child.data().end.max(self.next + 1);
        Some(child)
    }
}

/// The part of a qualified name after its prefix.
fn local(name: &str) -> &str {
    // On short names a plain loop beats a search.
    match name.bytes().position(|b| b == b':') {
        Some(at) => name.get(at + 1..).unwrap_or_default(),
        None => name,
    }
}
