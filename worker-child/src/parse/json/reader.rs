//! Reading JSON text onto a [`Tape`], exactly what `serde_json` would accept.
//!
//! Common things are read here; strings with escapes, and numbers that are not short integers, are
//! given to `serde_json`, and so is a document that was refused, for the words and the place.

use super::plain::plain;
use super::tree::{Entry, Kind, Member, Span, Tape, narrow};
use crate::parse::caps::Caps;
use crate::parse::error::{ParseError, prefix};
use crate::parse::rank::{rank, rank_within};

mod literal;
mod refusal;

/// `serde_json` refuses this many levels.
const SERDE_DEPTH: usize = 128;

/// Why a text was not read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not valid, or not all of it is there.
    Invalid,
    /// More levels than allowed.
    TooDeep,
    /// More values than allowed.
    TooMany,
}

/// Most levels and most values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) depth: usize,
    pub(super) nodes: usize,
}

impl Room {
    /// What the caps leave to a value with so many levels around it.
    pub(super) fn within(caps: &Caps, outer: usize) -> Self {
        Self {
            depth: caps.depth.saturating_sub(outer).min(SERDE_DEPTH - 1),
            nodes: caps.item_nodes,
        }
    }
}

/// Reads the value at the front of `bytes`; returns its length.
pub(super) fn value(bytes: &[u8], room: Room, tape: &mut Tape) -> Result<usize, Fault> {
    let mut reader = Reader::new(bytes, room, tape);
    reader.value(Key::default())?;
    Ok(reader.at)
}

/// Reads a whole document. Byte and path of an error are those of the text.
pub(super) fn document(text: &str, room: Room, tape: &mut Tape) -> Result<(), ParseError> {
    let mut reader = Reader::new(text.as_bytes(), room, tape);
    reader
        .document()
        .map_err(|fault| reader.place(fault, text, room))
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
    room: Room,
    /// After a fault: the names and positions on the way to it, innermost first.
    path: Vec<String>,
    tape: &'t mut Tape,
}

/// A name as it was read. Small, so that it travels in registers.
#[derive(Clone, Copy, Default)]
struct Key {
    span: Span,
    marks: Marks,
}

/// What is special about a name.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Marks {
    /// White space before or behind its colon, or no name at all.
    #[default]
    Loose,
    /// The value follows its colon at once.
    Tight,
    /// There are escapes in it.
    Escaped,
}

/// A value as it was read.
#[derive(Clone, Copy)]
struct Found {
    value: Span,
    kind: Kind,
    place: u32,
    /// Whether its text is canonical.
    own: bool,
}

impl Found {
    #[inline]
    fn own(start: usize, end: usize, kind: Kind) -> Self {
        Self {
            value: Span::new(start, end),
            kind,
            place: 0,
            own: true,
        }
    }
}

impl<'t> Reader<'t> {
    fn new(bytes: &'t [u8], room: Room, tape: &'t mut Tape) -> Self {
        tape.clear();
        Self {
            bytes,
            at: 0,
            room,
            path: Vec::new(),
            tape,
        }
    }

    fn document(&mut self) -> Result<(), Fault> {
        self.blank();
        self.value(Key::default())?;
        if self.after_blank().is_some() {
            return Err(Fault::Invalid);
        }
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blank(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// The next byte that is no white space, not taken.
    fn after_blank(&mut self) -> Option<u8> {
        match self.peek() {
            Some(byte) if byte > b' ' => Some(byte),
            Some(_) | None => {
                self.blank();
                self.peek()
            }
        }
    }

    fn value(&mut self, key: Key) -> Result<(), Fault> {
        match self.peek() {
            Some(b'"') => self.string(key),
            Some(b'{') => self.container(key, Kind::Object),
            Some(b'[') => self.container(key, Kind::Array),
            Some(b'-' | b'0'..=b'9') => self.number(key),
            Some(b'n') => self.word(key, b"null", Kind::Null),
            Some(b't') => self.word(key, b"true", Kind::True),
            Some(b'f') => self.word(key, b"false", Kind::False),
            Some(_) | None => Err(Fault::Invalid),
        }
    }

    #[inline]
    fn string(&mut self, key: Key) -> Result<(), Fault> {
        let start = self.at + 1;
        let end = self.plain_end(start);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return self.push(key, Found::own(start, end, Kind::Plain));
        }
        let place = self.escaped(start, end)?;
        let found = Found {
            place,
            own: false,
            ..Found::own(start, self.at - 1, Kind::Escaped)
        };
        self.push(key, found)
    }

    #[inline]
    fn push(&mut self, key: Key, found: Found) -> Result<(), Fault> {
        if self.tape.entries.len() >= self.room.nodes {
            return Err(Fault::TooMany);
        }
        self.tape.entries.push(Entry {
            key: key.span,
            value: found.value,
            next: narrow(self.tape.entries.len() + 1),
            place: found.place,
            count: 0,
            kind: found.kind,
            verbatim: found.own && key.marks == Marks::Tight,
            escaped_key: key.marks == Marks::Escaped,
        });
        Ok(())
    }

    /// Where the first character that does not stand for itself is, from `start` on.
    #[inline]
    fn plain_end(&self, start: usize) -> usize {
        start + plain(self.bytes.get(start..).unwrap_or_default())
    }

    fn container(&mut self, key: Key, kind: Kind) -> Result<(), Fault> {
        let start = self.at;
        let place = self.tape.entries.len();
        if self.room.depth == 0 {
            return Err(Fault::TooDeep);
        }
        self.room.depth -= 1;
        self.push(key, Found::own(start, start, kind))?;
        self.at += 1;
        let base = self.tape.open.len();
        if kind == Kind::Object {
            self.members()?;
        } else {
            self.elements()?;
        }
        let first = narrow(self.tape.members.len());
        self.sort(base);
        let count = narrow(self.tape.members.len()) - first;
        self.room.depth += 1;
        let next = narrow(self.tape.entries.len());
        if let Some(entry) = self.tape.entries.get_mut(place) {
            entry.value = Span::new(start, self.at);
            entry.next = next;
            entry.place = first;
            entry.count = count;
            // `{}` and `[]` are what they are.
            entry.verbatim = key.marks == Marks::Tight && entry.value.len == 2;
        }
        Ok(())
    }

    fn members(&mut self) -> Result<(), Fault> {
        if self.after_blank() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(Fault::Invalid);
            }
            let start = self.at + 1;
            let end = self.plain_end(start);
            // Nearly every name is followed by its colon and its value; seen here, where nothing
            // need be returned through memory, that costs half.
            let key = match self.bytes.get(end..) {
                Some([b'"', b':', next, ..]) if *next > b' ' => {
                    self.at = end + 2;
                    Key {
                        span: Span::new(start, end),
                        marks: Marks::Tight,
                    }
                }
                Some(_) | None => self.loose_key(start, end)?,
            };
            self.tape.open.push(Member {
                rank: self.rank(key),
                at: narrow(self.tape.entries.len()),
            });
            let value = match self.peek() {
                // Most values, without another call.
                Some(b'"') => self.string(key),
                Some(_) | None => self.value(key),
            };
            if let Err(fault) = value {
                let name = String::from_utf8_lossy(self.name(key));
                self.path.push(format!(".{}", prefix(&name, 64)));
                return Err(fault);
            }
            match self.after_blank() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                Some(_) | None => return Err(Fault::Invalid),
            }
            self.after_blank();
        }
        self.at += 1;
        Ok(())
    }

    /// Closes an object whose members are open from `base` on.
    fn sort(&mut self, base: usize) {
        let (entries, unescaped) = (&self.tape.entries, &self.tape.unescaped);
        let bytes = self.bytes;
        let name = |member: &Member| {
            let entry = entries.get(member.at as usize);
            entry.map_or(&[][..], |entry| entry.name(bytes, unescaped))
        };
        if let Some(level) = self.tape.open.get(base..).filter(|level| !level.is_empty()) {
            self.tape.shapes.sort(level, name, &mut self.tape.members);
        }
        self.tape.open.truncate(base);
    }

    /// A name that begins at `start`, its colon, and white space up to the value. The name has
    /// escapes, the first of them at `end`, or white space around its colon.
    #[cold]
    fn loose_key(&mut self, start: usize, end: usize) -> Result<Key, Fault> {
        let mut key = Key {
            span: Span::new(start, end),
            marks: Marks::Loose,
        };
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
        } else {
            key.span.len = self.escaped(start, end)?;
            key.marks = Marks::Escaped;
        }
        if self.after_blank() != Some(b':') {
            return Err(Fault::Invalid);
        }
        self.at += 1;
        self.after_blank();
        Ok(key)
    }

    fn name(&self, key: Key) -> &[u8] {
        let (start, len) = (key.span.start as usize, key.span.len as usize);
        let name = if key.marks == Marks::Escaped {
            self.tape.unescaped.get(len).map(|name| name.as_bytes())
        } else {
            self.bytes.get(start..start + len)
        };
        name.unwrap_or_default()
    }

    #[inline]
    fn rank(&self, key: Key) -> u64 {
        if key.marks == Marks::Escaped {
            return rank(self.name(key));
        }
        let rest = self.bytes.get(key.span.start as usize..);
        rank_within(rest.unwrap_or_default(), key.span.len as usize)
    }

    fn elements(&mut self) -> Result<(), Fault> {
        if self.after_blank() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        let mut position = 0_usize;
        loop {
            if let Err(fault) = self.value(Key::default()) {
                self.path.push(format!("[{position}]"));
                return Err(fault);
            }
            position += 1;
            match self.after_blank() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                Some(_) | None => return Err(Fault::Invalid),
            }
            self.after_blank();
        }
        self.at += 1;
        Ok(())
    }
}
