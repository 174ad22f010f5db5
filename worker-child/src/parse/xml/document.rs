//! Turning XML events into item trees, the envelope and asides.
//!
//! Invariants: end tags match, one root with the expected name, nothing but
//! white space, comments and processing instructions around it, caps held.

use quick_xml::events::{BytesDecl, Event};

use super::asides::Asides;
use super::build::{Name, Refused, Tree, TreeBuilder, shown};
use super::escape::push_text;
use super::tag::{Attributes, read_attributes};
use crate::parse::caps::Caps;
use crate::parse::error::ParseError;

/// What one node of the envelope counts, besides its text, in bytes.
const NODE_BYTES: usize = 32;

/// A finished item in the arena.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finished {
    pub(super) tree: Tree,
    /// Offset of its start tag.
    pub(super) byte: u64,
    /// Length in the document.
    pub(super) raw_bytes: u64,
    /// Which of the item paths it stands at.
    pub(super) list: usize,
}

/// Where items stand.
#[derive(Debug)]
struct ItemPath {
    names: Vec<String>,
    /// How many of the open elements lie on it.
    matched: usize,
}

/// Where the events go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Outside,
    /// Inside an item that starts at this byte, at this of the paths.
    Item(u64, usize),
    /// Inside an aside that starts at this byte.
    Aside(u64),
}

/// The state of one document between events.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) caps: Caps,
    item_paths: Vec<ItemPath>,
    pub(super) place: Place,
    markup_seen: bool,
    /// The root's end was seen.
    pub(super) complete: bool,
    pub(super) items: TreeBuilder,
    pub(super) finished: Vec<Finished>,
    /// Items finished so far.
    pub(super) count: u64,
    pub(super) envelope: TreeBuilder,
    pub(super) root: Option<Tree>,
    pub(super) asides: Asides,
}

impl Document {
    pub(super) fn new(item_paths: &[&[&str]], caps: Caps) -> Self {
        let item_path = |names: &&[&str]| ItemPath {
            names: names.iter().map(|&name| name.to_owned()).collect(),
            matched: 0,
        };
        Self {
            caps,
            item_paths: item_paths.iter().map(item_path).collect(),
            place: Place::Outside,
            markup_seen: false,
            complete: false,
            items: TreeBuilder::default(),
            finished: Vec::new(),
            count: 0,
            envelope: TreeBuilder::default(),
            root: None,
            asides: Asides::default(),
        }
    }

    /// Takes an event that is neither tag nor text.
    pub(super) fn event(&mut self, event: &Event<'_>, from: u64) -> Result<(), ParseError> {
        match event {
            Event::Decl(declaration) => return self.declaration(declaration, from),
            Event::DocType(_) => return Err(self.bad(from, "document has a DOCTYPE")),
            Event::CData(text) => {
                if self.depth() == 0 {
                    return Err(self.bad(from, "text outside the root element"));
                }
                self.text(text, from)?;
            }
            Event::Comment(_) | Event::PI(_) => {}
            Event::Start(_)
            | Event::End(_)
            | Event::Empty(_)
            | Event::Text(_)
            | Event::GeneralRef(_)
            | Event::Eof => return Err(self.bad(from, "unexpected markup")),
        }
        self.markup_seen = true;
        Ok(())
    }

    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.envelope.depth() + self.items.depth()
    }

    /// Opens an element.
    pub(super) fn start(
        &mut self,
        name: &Name<'_>,
        attributes: Attributes<'_>,
        from: u64,
    ) -> Result<(), ParseError> {
        self.markup_seen = true;
        if !starts_name(name.local) {
            let what = format!("malformed element name {}", shown(name.whole));
            return Err(self.bad(from, what));
        }
        if self.depth() >= self.caps.depth {
            let what = format!("elements nest deeper than {}", self.caps.depth);
            return Err(self.too_large(from, what));
        }
        if self.place == Place::Outside {
            self.enter(name.local, from)?;
        }
        let builder = self.builder();
        builder.start(name);
        let read = match attributes {
            Attributes::None => Ok(()),
            Attributes::One(name, value) => builder.attr(name, |out| {
                out.push_str(value);
                Ok(())
            }),
            Attributes::Many(tag) => read_attributes(builder, tag),
        };
        read.map_err(|refused| self.refused(from, refused))?;
        self.check_size(from)
    }

    /// Decides what an element outside of items is.
    fn enter(&mut self, name: &str, from: u64) -> Result<(), ParseError> {
        if self.complete {
            return Err(self.bad(from, format!("second root element {}", shown(name))));
        }
        let depth = self.envelope.depth();
        let leads_on = |path: &ItemPath| {
            path.matched == depth && path.names.get(depth).is_some_and(|next| next == name)
        };
        let ends = |path: &ItemPath| leads_on(path) && depth + 1 == path.names.len();
        if let Some(list) = self.item_paths.iter().position(ends) {
            self.place = Place::Item(from, list);
        } else if self.item_paths.iter().any(leads_on) {
            let paths = self.item_paths.iter_mut();
            for path in paths.filter(|path| leads_on(path)) {
                path.matched += 1;
            }
        } else if depth == 0 {
            let what = format!("wrong document: root {}", shown(name));
            return Err(self.bad(from, what));
        } else if Asides::wants(name) {
            self.place = Place::Aside(from);
        }
        if self.place != Place::Outside {
            self.envelope.before_child();
        }
        Ok(())
    }

    /// Closes the innermost element if `rest`, the text behind `</` at
    /// `from`, begins with its name and `>`; returns how long that is.
    pub(super) fn end_matching(
        &mut self,
        rest: &[u8],
        from: u64,
    ) -> Result<Option<usize>, ParseError> {
        let Some(len) = self.builder().end_matching(rest) else {
            return Ok(None);
        };
        self.closed(from + len as u64 + 2)?;
        Ok(Some(len))
    }

    /// Closes the innermost element, whose end tag stands at `from..to`.
    pub(super) fn end(&mut self, name: &str, from: u64, to: u64) -> Result<(), ParseError> {
        self.builder()
            .end(name)
            .map_err(|refused| self.refused(from, refused))?;
        self.closed(to)
    }

    /// Closes the element just opened, whose tag ends at `to` and is also its end tag.
    pub(super) fn end_empty(&mut self, to: u64) -> Result<(), ParseError> {
        self.builder().close();
        self.closed(to)
    }

    /// Follows up the end of an element at `to`.
    fn closed(&mut self, to: u64) -> Result<(), ParseError> {
        let (Place::Item(byte, _) | Place::Aside(byte)) = self.place else {
            let depth = self.envelope.depth();
            for path in &mut self.item_paths {
                path.matched = path.matched.min(depth);
            }
            if depth == 0 {
                self.root = Some(self.envelope.finish());
                self.complete = true;
            }
            return Ok(());
        };
        if to - byte > self.caps.item_bytes as u64 {
            return Err(self.item_too_large(byte));
        }
        if self.items.depth() > 0 {
            return Ok(());
        }
        let tree = self.items.finish();
        if let Place::Item(byte, list) = self.place {
            let raw_bytes = to - byte;
            self.finished.push(Finished {
                tree,
                byte,
                raw_bytes,
                list,
            });
            self.count += 1;
        } else {
            self.asides.add(self.items.root(tree));
        }
        self.place = Place::Outside;
        self.complete = self.envelope.depth() == 0;
        Ok(())
    }

    /// Whether white space at this place, before `<` and the byte `next`, says nothing.
    pub(super) fn is_layout(&mut self, next: u8) -> bool {
        if matches!(next, b'!' | b'?') || self.depth() == 0 {
            return false;
        }
        let builder = self.builder();
        builder.run_bytes() == 0 && (next != b'/' || builder.has_children())
    }

    /// Takes a character that a reference stood for.
    pub(super) fn character(&mut self, c: char, from: u64) -> Result<(), ParseError> {
        if self.depth() == 0 {
            return Err(self.bad(from, "text outside the root element"));
        }
        self.builder().text().push(c);
        self.check_run(from)
    }

    /// Takes literal text of the innermost element.
    pub(super) fn text(&mut self, text: &str, from: u64) -> Result<(), ParseError> {
        if self.depth() == 0 {
            if text.bytes().all(|b| b.is_ascii_whitespace()) {
                return Ok(());
            }
            return Err(self.bad(from, "text outside the root element"));
        }
        push_text(text, self.builder().text());
        self.check_run(from)
    }

    /// Takes literal text without a carriage return.
    pub(super) fn plain_text(&mut self, text: &str, from: u64) -> Result<(), ParseError> {
        if self.depth() == 0 {
            return self.text(text, from);
        }
        self.builder().text().push_str(text);
        self.check_run(from)
    }

    fn check_run(&mut self, from: u64) -> Result<(), ParseError> {
        let limit = self.caps.text_bytes;
        if self.builder().run_bytes() > limit {
            let what = format!("text longer than {limit} bytes");
            return Err(self.too_large(from, what));
        }
        self.check_size(from)
    }

    fn declaration(&mut self, tag: &BytesDecl<'_>, from: u64) -> Result<(), ParseError> {
        if std::mem::replace(&mut self.markup_seen, true) {
            return Err(self.bad(from, "XML declaration inside the document"));
        }
        let Some(encoding) = tag.encoding() else {
            return Ok(());
        };
        let encoding = encoding.map_err(|_| self.bad(from, "malformed XML declaration"))?;
        if ["utf-8", "utf8", "us-ascii"]
            .iter()
            .any(|known| encoding.eq_ignore_ascii_case(known))
        {
            return Ok(());
        }
        let what = format!("encoding {} is not UTF-8", shown(&encoding));
        Err(self.bad(from, what))
    }

    /// Holds the caps on the item, aside or envelope that grows.
    fn check_size(&self, from: u64) -> Result<(), ParseError> {
        match self.place {
            Place::Outside => {
                let size = self.envelope.text_bytes() + self.envelope.weight() * NODE_BYTES;
                if size > self.caps.envelope_bytes {
                    let what =
                        format!("more than {} bytes outside items", self.caps.envelope_bytes);
                    return Err(self.too_large(from, what));
                }
            }
            Place::Item(byte, _) | Place::Aside(byte) => {
                if from - byte > self.caps.item_bytes as u64 {
                    return Err(self.item_too_large(byte));
                }
                if self.items.weight() > self.caps.item_nodes {
                    let what = format!("item of more than {} elements", self.caps.item_nodes);
                    return Err(self.too_large(byte, what));
                }
            }
        }
        Ok(())
    }

    fn builder(&mut self) -> &mut TreeBuilder {
        if self.place == Place::Outside {
            &mut self.envelope
        } else {
            &mut self.items
        }
    }

    fn item_too_large(&self, byte: u64) -> ParseError {
        let what = format!("item longer than {} bytes", self.caps.item_bytes);
        self.too_large(byte, what)
    }

    fn refused(&self, byte: u64, (kind, what): Refused) -> ParseError {
        self.place_of(ParseError::new(kind, byte, what))
    }

    fn too_large(&self, byte: u64, what: String) -> ParseError {
        self.place_of(ParseError::too_large(byte, what))
    }

    /// Malformed data at a byte offset, with the open elements as its path.
    pub(super) fn bad(&self, byte: u64, what: impl Into<String>) -> ParseError {
        self.place_of(ParseError::bad(byte, what))
    }

    /// Adds path and item to an error.
    pub(super) fn place_of(&self, error: ParseError) -> ParseError {
        let mut path = String::new();
        for name in self.envelope.open_names().chain(self.items.open_names()) {
            if path.len() > 256 {
                break;
            }
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(shown(name));
        }
        let error = error.with_path(path);
        match self.place {
            Place::Item(byte, _) => error.in_item(self.count, byte),
            Place::Outside | Place::Aside(_) => error,
        }
    }
}

/// Whether a local name begins as names do. Then element names sort behind
/// the marks of attributes and text in canonical JSON.
pub(super) fn starts_name(name: &str) -> bool {
    matches!(
        name.as_bytes(),
        [b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80.., ..]
    )
}
