//! One body read by hand, whichever of its worker's kinds it is.
//!
//! *Input:* bytes as they came from eBay, in pieces of any size: XML, JSON, or either in a zip or
//! gzip; the first bytes decide. *Output:* the records of one item after another.
//!
//! *Invariant:* [`BodyStep::End`] means that the body was complete, and that nothing in it says that
//! it is not a success.

mod verdict;

use shared::record::Record;

use super::read::BodyKind;
use super::step::Item;
use crate::fetch::request::Shape;
use crate::parse::json::{JsonItems, JsonStep};
use crate::parse::unpack::{Format, Progress, Unpack};
use crate::parse::{Caps, ParseError, XmlItems, XmlStep};

/// Reader of one body.
///
/// Feed pieces and call [`BodyReader::next`] until it wants more; after the last piece call
/// [`BodyReader::end`]. Memory: one item, its records, and the pieces fed and not read.
#[derive(Debug)]
pub struct BodyReader {
    kinds: &'static [BodyKind],
    caps: Caps,
    unpack: Unpack,
    /// Bytes fed; those before `at` are used.
    input: Vec<u8>,
    at: usize,
    /// The unpacker may give more without new input.
    more: bool,
    /// The body is no archive and is fed to its parser at once, which held so many bytes before.
    direct: Option<usize>,
    ended: bool,
    /// Unpacking failed: what came before is read first.
    broken: Option<ParseError>,
    content: Content,
    records: Vec<Record>,
    failed: Option<ParseError>,
}

/// What the body turned out to be.
#[derive(Debug)]
enum Content {
    /// Unpacked bytes, too few yet to tell.
    Unknown(Vec<u8>),
    Xml(Box<XmlItems>),
    Json(Box<JsonItems>),
    /// Read to its end.
    Done(BodySummary),
}

/// What [`BodyReader::next`] found.
#[derive(Debug)]
pub enum BodyStep<'a> {
    /// The records of the next item.
    Item(&'a mut Vec<Record>),
    /// A piece was looked at. Call `next` again, nothing need be fed.
    Yield,
    /// Feed more, or end the input.
    NeedMore,
    /// The body is complete.
    End(BodySummary),
}

/// What a whole body was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodySummary {
    /// How it came.
    pub format: Format,
    /// Its length as it came, in bytes.
    pub raw_bytes: u64,
    /// Its length unpacked, in bytes.
    pub bytes: u64,
    /// Items in it.
    pub items: u64,
}

impl BodyReader {
    /// A reader of one of these kinds of bodies.
    pub fn new(kinds: &'static [BodyKind], caps: Caps) -> Self {
        Self {
            kinds,
            caps,
            unpack: Unpack::new(caps),
            input: Vec::new(),
            at: 0,
            more: false,
            direct: None,
            ended: false,
            broken: None,
            content: Content::Unknown(Vec::new()),
            records: Vec::new(),
            failed: None,
        }
    }

    /// Appends a piece of the body.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.space().extend_from_slice(bytes);
    }

    /// The buffer to append a piece of the body to, for a caller that would otherwise copy; what it
    /// already holds must stay.
    pub fn space(&mut self) -> &mut Vec<u8> {
        self.input.drain(..self.at);
        self.at = 0;
        let direct = self.unpack.is_plain() && self.input.is_empty() && !self.more;
        let space = match &mut self.content {
            Content::Xml(items) if direct => items.space(),
            Content::Json(items) if direct => items.space(),
            Content::Unknown(_) | Content::Xml(_) | Content::Json(_) | Content::Done(_) => {
                return &mut self.input;
            }
        };
        self.direct.get_or_insert(space.len());
        space
    }

    /// Counts what was fed past the unpacker.
    fn count_direct(&mut self) -> Result<(), ParseError> {
        let Some(before) = self.direct.take() else {
            return Ok(());
        };
        let held = match &mut self.content {
            Content::Xml(items) => items.space().len(),
            Content::Json(items) => items.space().len(),
            Content::Unknown(_) | Content::Done(_) => before,
        };
        self.unpack.passed(held.saturating_sub(before) as u64)
    }

    /// Says that the body has been fed completely.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// The records of the next item, or what to do to get them. An error is final and comes again
    /// at every call.
    #[expect(
        clippy::should_implement_trait,
        reason = "the step borrows the reader, which an iterator cannot"
    )]
    pub fn next(&mut self) -> Result<BodyStep<'_>, ParseError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        match self.advance() {
            Ok(Found::Item) => Ok(BodyStep::Item(&mut self.records)),
            Ok(Found::Yield) => Ok(BodyStep::Yield),
            Ok(Found::NeedMore) => Ok(BodyStep::NeedMore),
            Ok(Found::End(summary)) => Ok(BodyStep::End(summary)),
            Err(error) => {
                self.failed = Some(error.clone());
                Err(error)
            }
        }
    }

    fn advance(&mut self) -> Result<Found, ParseError> {
        self.count_direct()?;
        self.records.clear();
        let found = match &mut self.content {
            Content::Unknown(first) => {
                let Some(begun) = begin(self.kinds, first, self.caps)? else {
                    return self.fill();
                };
                self.content = begun;
                return Ok(Found::Yield);
            }
            Content::Xml(items) => xml_step(items, self.kinds, &mut self.records)?,
            Content::Json(items) => json_step(items, self.kinds, &mut self.records)?,
            Content::Done(summary) => Found::End(*summary),
        };
        match found {
            Found::NeedMore => self.fill(),
            Found::Item | Found::Yield | Found::End(_) => Ok(found),
        }
    }

    /// Unpacks what is there.
    fn fill(&mut self) -> Result<Found, ParseError> {
        let mut rest = self.input.get(self.at..).unwrap_or_default();
        if self.broken.is_some() || rest.is_empty() && !self.more {
            if !self.ended {
                return Ok(Found::NeedMore);
            }
            return self.finish();
        }
        let space = match &mut self.content {
            Content::Unknown(first) => first,
            Content::Xml(items) => items.space(),
            Content::Json(items) => items.space(),
            Content::Done(summary) => return Ok(Found::End(*summary)),
        };
        let stepped = self.unpack.step(&mut rest, space);
        self.at = self.input.len() - rest.len();
        match stepped {
            Ok(progress) => self.more = progress == Progress::More,
            Err(error) => {
                self.broken = Some(error);
                self.more = false;
                self.ended = true;
            }
        }
        Ok(Found::Yield)
    }

    /// All input is used: is the body complete?
    fn finish(&mut self) -> Result<Found, ParseError> {
        if let Content::Xml(items) = &mut self.content {
            items.end();
            match xml_step(items, self.kinds, &mut self.records) {
                Ok(Found::NeedMore) => {}
                // What came before the end is handed out first.
                Ok(found) => return Ok(found),
                Err(error) => return Err(self.unpack.finish().err().unwrap_or(error)),
            }
        }
        let unpacked = self.unpack.finish()?;
        let summary = |items, bytes| BodySummary {
            format: unpacked.format,
            raw_bytes: unpacked.raw_bytes,
            bytes,
            items,
        };
        let (summary, found) = match &mut self.content {
            Content::Unknown(_) => {
                let what = "nothing but white space";
                return Err(ParseError::incomplete(unpacked.decoded_bytes, what));
            }
            Content::Xml(items) => {
                let whole = items.finish()?;
                verdict::xml(&whole)?;
                (summary(whole.items, whole.bytes), None)
            }
            Content::Json(items) => {
                let page = items.finish()?;
                let whole = verdict::json(&page, items.outside(), self.kinds)?;
                let single = u64::from(whole.is_some());
                if let Some((kind, text)) = whole {
                    (kind.records)(Item::Json(text), &mut self.records)
                        .map_err(|error| error.in_item(0, 0))?;
                }
                let found = (single > 0).then_some(Found::Item);
                (summary(page.items + single, page.bytes), found)
            }
            Content::Done(summary) => (*summary, None),
        };
        self.content = Content::Done(summary);
        Ok(found.unwrap_or(Found::End(summary)))
    }
}

/// A [`BodyStep`] without its records.
#[derive(Debug)]
enum Found {
    Item,
    Yield,
    NeedMore,
    End(BodySummary),
}

/// The parser for a body that begins with `first`; `None` if that is white space.
fn begin(
    kinds: &'static [BodyKind],
    first: &mut Vec<u8>,
    caps: Caps,
) -> Result<Option<Content>, ParseError> {
    let mark = "\u{feff}".as_bytes();
    if mark.starts_with(first) {
        return Ok(None);
    }
    let text = first.strip_prefix(mark).unwrap_or(first);
    let blank = first.len() - text.trim_ascii_start().len();
    let Some(&byte) = first.get(blank) else {
        return Ok(None);
    };
    let paths: Vec<&[&str]> = kinds.iter().filter_map(item_path).collect();
    let is_json = |kind: &&BodyKind| matches!(kind.shape, Shape::Page { .. } | Shape::Item);
    let members: Vec<&str> = kinds.iter().filter_map(member).collect();
    let content = match byte {
        b'<' if !paths.is_empty() => {
            let mut items = XmlItems::any(&paths, caps);
            items.space().append(first);
            Content::Xml(Box::new(items))
        }
        b'{' | b'[' if kinds.iter().any(|kind| is_json(&kind)) => {
            let mut items = JsonItems::any(&members, caps);
            items.space().append(first);
            Content::Json(Box::new(items))
        }
        b'<' => {
            return Err(ParseError::bad(
                blank as u64,
                "body is XML, JSON was expected",
            ));
        }
        b'{' | b'[' => {
            return Err(ParseError::bad(
                blank as u64,
                "body is JSON, XML was expected",
            ));
        }
        _ => {
            return Err(ParseError::bad(
                blank as u64,
                "body is neither XML nor JSON",
            ));
        }
    };
    Ok(Some(content))
}

fn item_path(kind: &BodyKind) -> Option<&'static [&'static str]> {
    match kind.shape {
        Shape::Report { item_path } | Shape::Call { item_path, .. } => Some(item_path),
        Shape::Page { .. } | Shape::Item | Shape::Object | Shape::Nothing => None,
    }
}

fn member(kind: &BodyKind) -> Option<&'static str> {
    match kind.shape {
        Shape::Page { member } => Some(member),
        Shape::Report { .. }
        | Shape::Call { .. }
        | Shape::Item
        | Shape::Object
        | Shape::Nothing => None,
    }
}

fn xml_step(
    items: &mut XmlItems,
    kinds: &[BodyKind],
    records: &mut Vec<Record>,
) -> Result<Found, ParseError> {
    match items.next()? {
        XmlStep::Item {
            root,
            list,
            byte,
            index,
            ..
        } => {
            let kind = kinds
                .iter()
                .filter(|kind| item_path(kind).is_some())
                .nth(list);
            if let Some(kind) = kind {
                (kind.records)(Item::Xml(root), records)
                    .map_err(|error| error.in_item(index, byte))?;
            }
            Ok(Found::Item)
        }
        XmlStep::Yield => Ok(Found::Yield),
        XmlStep::NeedMore | XmlStep::End => Ok(Found::NeedMore),
    }
}

fn json_step(
    items: &mut JsonItems,
    kinds: &[BodyKind],
    records: &mut Vec<Record>,
) -> Result<Found, ParseError> {
    match items.next()? {
        JsonStep::Item {
            list, byte, index, ..
        } => {
            let kind = kinds.iter().filter(|kind| member(kind).is_some()).nth(list);
            if let Some(kind) = kind {
                (kind.records)(Item::Json(items.text_only()), records)
                    .map_err(|error| error.in_item(index, byte))?;
            }
            Ok(Found::Item)
        }
        JsonStep::Yield => Ok(Found::Yield),
        JsonStep::NeedMore => Ok(Found::NeedMore),
    }
}
