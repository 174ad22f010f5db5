//! Turning XML events into item trees, the envelope and asides.
//!
//! Invariants: end tags match, one root with the expected name, nothing but
//! white space, comments and processing instructions around it, caps held.

use quick_xml::events::{BytesDecl, BytesStart, Event};

use super::asides::Asides;
use super::build::{Refused, Tree, TreeBuilder, shown};
use super::escape::{push_attr_value, push_text, resolve};
use super::node::local;
use crate::parse::caps::Caps;
use crate::parse::error::{ParseError, ParseErrorKind};

/// Most attributes of one element.
const ATTRIBUTES: usize = 64;
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
}

/// Where the events go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Outside,
    /// Inside an item that starts at this byte.
    Item(u64),
    /// Inside an aside that starts at this byte.
    Aside(u64),
}

/// The state of one document between events.
#[derive(Debug)]
pub(super) struct Document {
    caps: Caps,
    item_path: Vec<String>,
    place: Place,
    /// How many of the open elements lie on the item path.
    matched: usize,
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
    pub(super) fn new(item_path: &[&str], caps: Caps) -> Self {
        Self {
            caps,
            item_path: item_path.iter().map(|&name| name.to_owned()).collect(),
            place: Place::Outside,
            matched: 0,
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

    /// Takes one event that stands at `from..to` in the document.
    pub(super) fn event(&mut self, event: Event<'_>, from: u64, to: u64) -> Result<(), ParseError> {
        match event {
            Event::Start(tag) => self.start(&tag, from)?,
            Event::Empty(tag) => {
                self.start(&tag, from)?;
                self.close(None, from, to)?;
            }
            Event::End(tag) => self.close(Some(tag.name().as_ref()), from, to)?,
            Event::Text(text) => self.text(&text, from)?,
            Event::CData(text) => {
                self.markup_seen = true;
                if self.depth() == 0 {
                    return Err(self.bad(from, "text outside the root element"));
                }
                self.text(&text, from)?;
            }
            Event::GeneralRef(name) => {
                let c = resolve(&name).map_err(|what| self.bad(from, what))?;
                self.text(c.encode_utf8(&mut [0; 4]), from)?;
            }
            Event::Decl(declaration) => self.declaration(&declaration, from)?,
            Event::Comment(_) | Event::PI(_) => self.markup_seen = true,
            Event::DocType(_) => return Err(self.bad(from, "document has a DOCTYPE")),
            Event::Eof => {}
        }
        Ok(())
    }

    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.envelope.depth() + self.items.depth()
    }

    fn start(&mut self, tag: &BytesStart<'_>, from: u64) -> Result<(), ParseError> {
        let name = tag.name();
        let name = name.as_ref();
        self.markup_seen = true;
        if !is_name(name) {
            return Err(self.bad(from, format!("malformed element name {}", shown(name))));
        }
        if self.depth() >= self.caps.depth {
            let what = format!("elements nest deeper than {}", self.caps.depth);
            return Err(self.too_large(from, what));
        }
        if self.place == Place::Outside {
            self.enter(local(name), from)?;
        }
        let builder = self.builder();
        builder.start(name);
        if !tag.attributes_raw().is_empty() {
            attributes(builder, tag).map_err(|refused| self.refused(from, refused))?;
        }
        self.check_size(from)
    }

    /// Decides what an element outside of items is.
    fn enter(&mut self, name: &str, from: u64) -> Result<(), ParseError> {
        if self.complete {
            return Err(self.bad(from, format!("second root element {}", shown(name))));
        }
        let depth = self.envelope.depth();
        let expected = self.item_path.get(depth).map(String::as_str);
        if self.matched == depth && expected == Some(name) {
            if depth + 1 == self.item_path.len() {
                self.place = Place::Item(from);
            } else {
                self.matched += 1;
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

    fn close(&mut self, name: Option<&str>, from: u64, to: u64) -> Result<(), ParseError> {
        let builder = self.builder();
        match name {
            Some(name) => builder
                .end(name)
                .map_err(|refused| self.refused(from, refused))?,
            None => builder.close(),
        }
        let (Place::Item(byte) | Place::Aside(byte)) = self.place else {
            let depth = self.envelope.depth();
            self.matched = self.matched.min(depth);
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
        if self.place == Place::Item(byte) {
            let raw_bytes = to - byte;
            self.finished.push(Finished {
                tree,
                byte,
                raw_bytes,
            });
            self.count += 1;
        } else {
            self.asides.add(self.items.root(tree));
        }
        self.place = Place::Outside;
        self.complete = self.envelope.depth() == 0;
        Ok(())
    }

    /// Takes literal text (or one resolved character) of the innermost element.
    pub(super) fn text(&mut self, text: &str, from: u64) -> Result<(), ParseError> {
        if self.depth() == 0 {
            if text.bytes().all(|b| b.is_ascii_whitespace()) {
                return Ok(());
            }
            return Err(self.bad(from, "text outside the root element"));
        }
        let limit = self.caps.text_bytes;
        let builder = self.builder();
        if text == "\r" || !text.contains('\r') {
            builder.text().push_str(text);
        } else {
            push_text(text, builder.text());
        }
        if builder.run_bytes() > limit {
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
            Place::Item(byte) | Place::Aside(byte) => {
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
            Place::Item(byte) => error.in_item(self.count, byte),
            Place::Outside | Place::Aside(_) => error,
        }
    }
}

/// Whether an element may have this name; not the whole of XML's rule, but
/// no character that would hide markup in a name.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| {
            b.is_ascii_alphanumeric() || b >= 0x80 || matches!(b, b'_' | b':' | b'-' | b'.')
        })
        && !name.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.' | ':'))
}

fn attributes(builder: &mut TreeBuilder, tag: &BytesStart<'_>) -> Result<(), Refused> {
    for (index, attribute) in tag.attributes().enumerate() {
        if index == ATTRIBUTES {
            let what = format!("element with more than {ATTRIBUTES} attributes");
            return Err((ParseErrorKind::TooLarge, what));
        }
        let attribute = attribute.map_err(|error| {
            let what = format!("malformed attribute: {error}");
            (ParseErrorKind::BadData, what)
        })?;
        builder.attr(attribute.key.as_ref(), |out| {
            push_attr_value(&attribute.value, out)
        })?;
    }
    Ok(())
}
