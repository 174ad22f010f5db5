//! Writing a tree: elements, attributes and text go into one arena in document order.

use super::node::{AttrData, Node, NodeData, Span, narrow};
use crate::parse::error::ParseErrorKind;
use crate::parse::rank::{RANKED, rank_within};

/// A problem found while building; the caller knows the place.
pub(super) type Refused = (ParseErrorKind, String);

/// Capacity that the arena keeps between batches, in bytes and in entries.
const KEPT_BYTES: usize = 1 << 20;
const KEPT_NODES: usize = 1 << 15;

/// The name of an element.
#[derive(Debug)]
pub(super) struct Name<'w> {
    /// With its prefix.
    pub(super) whole: &'w str,
    /// Without.
    pub(super) local: &'w str,
    /// The rank of the local name.
    pub(super) rank: u64,
}

impl Name<'_> {
    /// The rank of the whole name, if that says everything about it.
    fn whole_rank(&self) -> Option<u64> {
        let all = self.whole.len() == self.local.len() && self.local.len() <= RANKED;
        all.then_some(self.rank)
    }

    /// Whether `rest`, what is behind `</`, begins with this name and `>`.
    pub(super) fn is_closed_by(&self, rest: &[u8]) -> bool {
        let len = self.whole.len();
        if rest.get(len) != Some(&b'>') {
            return false;
        }
        match self.whole_rank() {
            Some(rank) => rank_within(rest, len) == rank,
            None => rest.starts_with(self.whole.as_bytes()),
        }
    }
}

/// Builder of consecutive trees in one arena; at most one is unfinished, the last.
///
/// Invariant: all positions of a tree are relative to `base`, where it starts.
#[derive(Debug, Default)]
pub(super) struct TreeBuilder {
    text: String,
    nodes: Vec<NodeData>,
    attrs: Vec<AttrData>,
    open: Vec<Open>,
    /// Text of elements that have both text and children, beyond the first
    /// run; joined when the tree is complete.
    pieces: Vec<(u32, Span)>,
    base: Base,
    /// Where the run of text since the last tag begins, relative.
    run: usize,
}

/// An element whose end tag has not come.
#[derive(Clone, Copy, Debug)]
struct Open {
    node: u32,
    /// Qualified name, for the comparison with the end tag.
    name: Span,
    /// The rank of the name, if that says everything about it; else nothing.
    rank: Option<u64>,
    has_children: bool,
}

/// Where a tree starts in each list.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Base {
    text: usize,
    nodes: usize,
    attrs: usize,
}

/// A finished tree, by its place in the arena.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tree {
    start: Base,
    end: Base,
}

impl TreeBuilder {
    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Elements and attributes of the unfinished tree.
    pub(super) fn weight(&self) -> usize {
        (self.nodes.len() - self.base.nodes) + (self.attrs.len() - self.base.attrs)
    }

    /// Bytes of text and names in the unfinished tree.
    pub(super) fn text_bytes(&self) -> usize {
        self.text.len() - self.base.text
    }

    /// Length of the run of text since the last tag, in bytes.
    pub(super) fn run_bytes(&self) -> usize {
        self.text_bytes().saturating_sub(self.run)
    }

    /// Ends the run of text before a child of the innermost element, also
    /// for a child that is built elsewhere.
    pub(super) fn before_child(&mut self) {
        self.close_run(false);
        if let Some(parent) = self.open.last_mut() {
            parent.has_children = true;
        }
    }

    /// Opens an element; attributes may follow.
    pub(super) fn start(&mut self, name: &Name<'_>) {
        self.before_child();
        let start = self.text_bytes();
        self.text.push_str(name.whole);
        let end = self.text_bytes();
        let node = narrow(self.nodes.len() - self.base.nodes);
        let attrs = self.attrs.len() - self.base.attrs;
        self.nodes.push(NodeData {
            rank: name.rank,
            name: Span::new(end - name.local.len(), end),
            text: Span::new(end, end),
            attrs: Span::new(attrs, attrs),
            end: node + 1,
            is_member: false,
        });
        self.open.push(Open {
            node,
            name: Span::new(start, end),
            rank: name.whole_rank(),
            has_children: false,
        });
        self.run = end;
    }

    /// Adds an element with nothing but text to the innermost open one. `is_json` says that the text
    /// can stand in JSON as it is.
    pub(super) fn leaf(
        &mut self,
        name: &Name<'_>,
        attribute: Option<(&str, &str)>,
        text: &str,
        is_json: bool,
    ) {
        self.before_child();
        // The usual element is written as the member that it will be in JSON.
        let is_member = is_json && attribute.is_none() && name.whole.len() == name.local.len();
        self.text.push('"');
        let start = self.text_bytes();
        self.text.push_str(name.local);
        let named = self.text_bytes();
        self.text.push_str("\":\"");
        let attrs = self.attrs.len() - self.base.attrs;
        if let Some((name, value)) = attribute {
            let start = self.text_bytes();
            self.text.push_str(name);
            let middle = self.text_bytes();
            self.text.push_str(value);
            self.attrs.push(AttrData {
                name: Span::new(start, middle),
                value: Span::new(middle, self.text_bytes()),
            });
        }
        let inside = self.text_bytes();
        self.text.push_str(text);
        let end = self.text_bytes();
        self.text.push('"');
        self.run = self.text_bytes();
        self.nodes.push(NodeData {
            rank: name.rank,
            name: Span::new(start, named),
            text: Span::new(inside, end),
            attrs: Span::new(attrs, attrs + usize::from(attribute.is_some())),
            end: narrow(self.nodes.len() + 1 - self.base.nodes),
            is_member,
        });
    }

    /// Adds an attribute to the element just opened; `write` appends its value.
    pub(super) fn attr(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut String) -> Result<(), String>,
    ) -> Result<(), Refused> {
        let start = self.text_bytes();
        self.text.push_str(name);
        let middle = self.text_bytes();
        write(&mut self.text).map_err(|what| (ParseErrorKind::BadData, what))?;
        let end = self.text_bytes();
        self.attrs.push(AttrData {
            name: Span::new(start, middle),
            value: Span::new(middle, end),
        });
        if let Some(node) = self.nodes.last_mut() {
            node.attrs.len += 1;
        }
        self.run = end;
        Ok(())
    }

    /// The place to append text of the innermost open element.
    pub(super) fn text(&mut self) -> &mut String {
        &mut self.text
    }

    /// Whether the innermost open element has child elements so far.
    pub(super) fn has_children(&self) -> bool {
        self.open.last().is_some_and(|open| open.has_children)
    }

    /// Closes the innermost element if `rest` begins with its name and `>`;
    /// returns how long that is.
    pub(super) fn end_matching(&mut self, rest: &[u8]) -> Option<usize> {
        let Open { name, rank, .. } = *self.open.last()?;
        let len = name.len as usize;
        if rest.get(len) != Some(&b'>') {
            return None;
        }
        let same = if let Some(rank) = rank {
            rank_within(rest, len) == rank
        } else {
            let start = self.base.text + name.start as usize;
            rest.get(..len) == self.text.as_bytes().get(start..start + len)
        };
        if !same {
            return None;
        }
        self.close();
        Some(len + 1)
    }

    /// Closes the innermost element; refuses a name that is not its own.
    pub(super) fn end(&mut self, name: &str) -> Result<(), Refused> {
        let expected = self.open.last().copied().ok_or_else(|| {
            let what = format!("end tag {} without a start", shown(name));
            (ParseErrorKind::BadData, what)
        })?;
        let own = self.text.get(self.base.text..).unwrap_or_default();
        let own = expected.name.of(own);
        if own != name {
            let what = format!("end tag {} closes {}", shown(name), shown(own));
            return Err((ParseErrorKind::BadData, what));
        }
        self.close();
        Ok(())
    }

    /// Closes the innermost element.
    pub(super) fn close(&mut self) {
        let Some(top) = self.open.last().copied() else {
            return;
        };
        self.close_run(!top.has_children);
        self.open.pop();
        let end = narrow(self.nodes.len() - self.base.nodes);
        if let Some(node) = self.nodes.get_mut(self.base.nodes + top.node as usize) {
            node.end = end;
        }
        if self.open.is_empty() && !self.pieces.is_empty() {
            self.join_pieces();
        }
    }

    /// Ends the run of text at a tag. White space between tags is layout
    /// unless the element turns out to have no children (`leaf`).
    fn close_run(&mut self, leaf: bool) {
        let end = self.text_bytes();
        let start = std::mem::replace(&mut self.run, end);
        if start >= end {
            return;
        }
        let Some(top) = self.open.last() else { return };
        let run = self.text.get(self.base.text + start..).unwrap_or_default();
        if !leaf && run.bytes().all(|b| b.is_ascii_whitespace()) {
            self.text.truncate(self.base.text + start);
            self.run = start;
            return;
        }
        let Some(node) = self.nodes.get_mut(self.base.nodes + top.node as usize) else {
            return;
        };
        if node.text.len == 0 {
            node.text = Span::new(start, end);
        } else {
            self.pieces.push((top.node, Span::new(start, end)));
        }
    }

    /// Gives every element of mixed content one contiguous text.
    fn join_pieces(&mut self) {
        let mut pieces = std::mem::take(&mut self.pieces);
        pieces.sort_by_key(|(node, _)| *node);
        for group in pieces.chunk_by(|a, b| a.0 == b.0) {
            let Some((at, _)) = group.first() else {
                continue;
            };
            let at = self.base.nodes + *at as usize;
            let first = self.nodes.get(at).map(|node| node.text).unwrap_or_default();
            let start = self.text_bytes();
            for span in std::iter::once(first).chain(group.iter().map(|(_, span)| *span)) {
                let from = self.base.text + span.start as usize;
                self.text.extend_from_within(from..from + span.len as usize);
            }
            let joined = Span::new(start, self.text_bytes());
            if let Some(node) = self.nodes.get_mut(at) {
                node.text = joined;
            }
        }
    }

    /// Takes the tree whose root was just closed; the next one starts behind it.
    pub(super) fn finish(&mut self) -> Tree {
        let end = Base {
            text: self.text.len(),
            nodes: self.nodes.len(),
            attrs: self.attrs.len(),
        };
        let start = std::mem::replace(&mut self.base, end);
        self.run = 0;
        Tree { start, end }
    }

    /// The root of a finished tree.
    pub(super) fn root(&self, tree: Tree) -> Node<'_> {
        Node {
            nodes: self
                .nodes
                .get(tree.start.nodes..tree.end.nodes)
                .unwrap_or_default(),
            attrs: self
                .attrs
                .get(tree.start.attrs..tree.end.attrs)
                .unwrap_or_default(),
            text: self
                .text
                .get(tree.start.text..tree.end.text)
                .unwrap_or_default(),
            at: 0,
        }
    }

    /// Forgets finished trees; the unfinished one moves to the front.
    pub(super) fn drop_finished(&mut self) {
        let base = std::mem::take(&mut self.base);
        self.text.drain(..base.text);
        self.nodes.drain(..base.nodes);
        self.attrs.drain(..base.attrs);
        if self.text.len() < KEPT_BYTES && self.nodes.len() < KEPT_NODES {
            self.text.shrink_to(KEPT_BYTES);
            self.nodes.shrink_to(KEPT_NODES);
            self.attrs.shrink_to(KEPT_NODES);
        }
    }

    /// Qualified names of the open elements, outermost first.
    pub(super) fn open_names(&self) -> impl Iterator<Item = &str> {
        let own = self.text.get(self.base.text..).unwrap_or_default();
        self.open.iter().map(move |open| open.name.of(own))
    }
}

/// A name as an error message shows it.
pub(super) fn shown(name: &str) -> &str {
    crate::parse::error::prefix(name, 64)
}
