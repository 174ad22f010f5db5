//! One JSON value as a flat tree that borrows its text: read once, looked into many times, and
//! written back in canonical form.

use serde_json::Number;

use super::reader::{Room, document};
use super::shapes::Shapes;
use crate::parse::caps::Caps;
use crate::parse::error::ParseError;
use crate::parse::rank::{RANKED, rank};

/// Entries that a tape keeps room for between documents.
const KEPT_ENTRIES: usize = 1 << 13;

/// A parsed document.
#[derive(Debug)]
pub struct JsonTree<'t> {
    text: &'t str,
    tape: Tape,
}

/// The values of a document; takes 32 bytes for each, 16 more for a member of an object, and what
/// numbers and escapes need.
#[derive(Debug, Default)]
pub(super) struct Tape {
    pub(super) entries: Vec<Entry>,
    /// The members of each object together, sorted by name, each name once.
    pub(super) members: Vec<Member>,
    /// While reading: the members of the objects that are open, outermost first.
    pub(super) open: Vec<Member>,
    /// Strings that had escapes, without them.
    pub(super) unescaped: Vec<Box<str>>,
    pub(super) numbers: Vec<Number>,
    pub(super) shapes: Shapes,
}

/// One value, in document order: what an array or object holds follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The name between its quotes, if this is a member of an object.
    pub(super) key: Span,
    /// The value; of a string, what is between its quotes.
    pub(super) value: Span,
    /// One past the last entry of this value.
    pub(super) next: u32,
    /// Object, number, string with escapes: the (first) place in the list of such.
    pub(super) place: u32,
    /// Object: how many members it has.
    pub(super) count: u32,
    pub(super) kind: Kind,
    /// Whether the member, as it stands, is its own canonical text.
    pub(super) verbatim: bool,
    /// Whether the name has escapes; the span's length is its place in the list then.
    pub(super) escaped_key: bool,
}

impl Entry {
    /// The name, of a document of these bytes.
    pub(super) fn name<'a>(&self, bytes: &'a [u8], unescaped: &'a [Box<str>]) -> &'a [u8] {
        let (start, len) = (self.key.start as usize, self.key.len as usize);
        let name = if self.escaped_key {
            unescaped.get(len).map(|name| name.as_bytes())
        } else {
            bytes.get(start..start + len)
        };
        name.unwrap_or_default()
    }
}

/// A member of an object in the order of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// The rank of its name.
    pub(super) rank: u64,
    /// Its entry.
    pub(super) at: u32,
}

/// A part of the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) len: u32,
}

/// Places fit: what is parsed is an item or a small body, and shorter than 4 GiB.
#[expect(clippy::cast_possible_truncation, reason = "places fit")]
pub(super) const fn narrow(place: usize) -> u32 {
    place as u32
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self {
            start: narrow(start),
            len: narrow(end - start),
        }
    }

    pub(super) fn of(self, text: &str) -> &str {
        let start = self.start as usize;
        text.get(start..start + self.len as usize)
            .unwrap_or_default()
    }
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    True,
    False,
    Number,
    /// A string without escapes.
    Plain,
    /// A string with escapes.
    Escaped,
    Array,
    Object,
}

impl<'t> JsonTree<'t> {
    /// Parses a whole document under the caps `depth` and `item_nodes`. What is valid, and the
    /// value of a number or of a string with escapes, is as `serde_json` has it. Byte and path of
    /// an error are those of the text.
    pub fn parse(text: &'t str, caps: &Caps) -> Result<Self, ParseError> {
        if u32::try_from(text.len()).is_err() {
            return Err(ParseError::too_large(0, "value is longer than 4 GiB"));
        }
        let mut tape = Tape::default();
        document(text, Room::within(caps, 0), &mut tape)?;
        Ok(Self { text, tape })
    }

    /// The value.
    pub fn root(&self) -> Json<'_> {
        Json {
            text: self.text,
            tape: &self.tape,
            at: 0,
        }
    }
}

impl Tape {
    /// Forgets the document; memory that is more than usual is given back.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.entries.shrink_to(KEPT_ENTRIES);
        self.members.clear();
        self.members.shrink_to(KEPT_ENTRIES);
        self.open.clear();
        self.open.shrink_to(KEPT_ENTRIES);
        self.unescaped.clear();
        self.unescaped.shrink_to(KEPT_ENTRIES);
        self.numbers.clear();
        self.numbers.shrink_to(KEPT_ENTRIES);
    }

    /// The value of the document, which was read from `text`.
    pub(super) fn root<'a>(&'a self, text: &'a str) -> Json<'a> {
        Json {
            text,
            tape: self,
            at: 0,
        }
    }
}

/// A value in a document; cheap to copy.
#[derive(Clone, Copy)]
pub struct Json<'a> {
    pub(super) text: &'a str,
    pub(super) tape: &'a Tape,
    pub(super) at: u32,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum JsonValue<'a> {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(&'a Number),
    /// A string.
    Text(&'a str),
    /// See [`Json::as_array`].
    Array,
    /// See [`Json::get`].
    Object,
}

impl std::fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.canonical())
    }
}

impl<'a> Json<'a> {
    pub(super) fn entry(self) -> Option<&'a Entry> {
        self.tape.entries.get(self.at as usize)
    }

    /// The value as it stands in the document.
    pub fn text(self) -> &'a str {
        let Some(entry) = self.entry() else { return "" };
        let quote = usize::from(matches!(entry.kind, Kind::Plain | Kind::Escaped));
        let start = (entry.value.start as usize).saturating_sub(quote);
        let end = (entry.value.start + entry.value.len) as usize + quote;
        self.text.get(start..end).unwrap_or_default()
    }

    /// What it is.
    pub fn value(self) -> JsonValue<'a> {
        let Some(entry) = self.entry() else {
            return JsonValue::Null;
        };
        let place = entry.place as usize;
        match entry.kind {
            Kind::Null => JsonValue::Null,
            Kind::True => JsonValue::Bool(true),
            Kind::False => JsonValue::Bool(false),
            Kind::Plain => JsonValue::Text(entry.value.of(self.text)),
            Kind::Escaped => {
                let text = self.tape.unescaped.get(place);
                JsonValue::Text(text.map_or("", |text| text))
            }
            Kind::Number => {
                let number = self.tape.numbers.get(place);
                number.map_or(JsonValue::Null, JsonValue::Number)
            }
            Kind::Array => JsonValue::Array,
            Kind::Object => JsonValue::Object,
        }
    }

    /// Whether this is `null`.
    pub fn is_null(self) -> bool {
        self.value() == JsonValue::Null
    }

    /// The text of a string.
    pub fn as_str(self) -> Option<&'a str> {
        if let JsonValue::Text(text) = self.value() {
            return Some(text);
        }
        None
    }

    /// The elements of an array.
    pub fn as_array(self) -> Option<Elements<'a>> {
        let array = self.entry().filter(|entry| entry.kind == Kind::Array)?;
        Some(Elements {
            of: self,
            next: self.at + 1,
            end: array.next,
        })
    }

    /// The member of an object with this name; the last one, if there are several.
    pub fn get(self, name: &str) -> Option<Json<'a>> {
        let rank = rank(name.as_bytes());
        for member in self.members() {
            let child = Json {
                at: member.at,
                ..self
            };
            if member.rank == rank && child.is_named(name) {
                return Some(child);
            }
        }
        None
    }

    /// The members of an object with these names, in one pass; the names must be sorted.
    pub fn pick<const N: usize>(self, names: [&str; N]) -> [Option<Json<'a>>; N] {
        debug_assert!(names.is_sorted(), "{names:?}");
        let mut members = self.members().iter().peekable();
        names.map(|name| {
            let rank = rank(name.as_bytes());
            let child = |at: u32| Json { at, ..self };
            let before = |member: &&Member| {
                member.rank < rank || member.rank == rank && child(member.at).key() < name
            };
            while members.next_if(before).is_some() {}
            let member = *members.peek()?;
            let found = child(member.at);
            (member.rank == rank && found.is_named(name)).then_some(found)
        })
    }

    /// Whether a member whose name has the rank of this one has this name.
    fn is_named(self, name: &str) -> bool {
        match self.entry() {
            // Then rank and length say all.
            Some(entry) if !entry.escaped_key && name.len() <= RANKED => {
                entry.key.len as usize == name.len()
            }
            Some(_) | None => self.key() == name,
        }
    }

    /// The members of an object in the order of their names.
    pub(super) fn members(self) -> &'a [Member] {
        let object = self.entry().filter(|entry| entry.kind == Kind::Object);
        let start = object.map_or(0, |object| object.place as usize);
        let count = object.map_or(0, |object| object.count as usize);
        let members = self.tape.members.get(start..start + count);
        members.unwrap_or_default()
    }

    /// The value at a path of names with points between them.
    pub fn at(self, path: &str) -> Option<Json<'a>> {
        let mut value = self;
        let mut path = path;
        while let Some(point) = memchr::memchr(b'.', path.as_bytes()) {
            let (name, rest) = path.split_at_checked(point)?;
            value = value.get(name)?;
            path = rest.get(1..)?;
        }
        value.get(path)
    }

    /// The name of a member.
    pub(super) fn key(self) -> &'a str {
        let Some(entry) = self.entry() else { return "" };
        if entry.escaped_key {
            let key = self.tape.unescaped.get(entry.key.len as usize);
            return key.map_or("", |key| key);
        }
        entry.key.of(self.text)
    }
}

/// The elements of an array.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    of: Json<'a>,
    next: u32,
    end: u32,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Json<'a>> {
        if self.next >= self.end {
            return None;
        }
        let child = Json {
            at: self.next,
            ..self.of
        };
        self.next = child.entry()?.next;
        Some(child)
    }
}
