//! Taking a window apart into tags, text and references.
//!
//! Tags, text and references are found here, since they are nearly all of a
//! document; attributes and everything that begins `<!` or `<?` is read by
//! quick-xml. A property test holds the two to the same result.

use quick_xml::errors::{Error, SyntaxError};
use quick_xml::events::BytesStart;
use quick_xml::reader::Reader;

use super::build::{Name, shown};
use super::document::Document;
use super::escape::resolve;
use super::tag::{Attributes, Leaf};
use super::words::{blanks, name_end, plain_end, text_end};
use crate::parse::error::ParseError;
use crate::parse::rank::rank_within;

/// Longest reference, in bytes.
const REFERENCE: usize = 64;

/// A window being taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window<'w> {
    pub(super) text: &'w str,
    /// Its offset in the document.
    pub(super) byte: u64,
    /// Nothing follows it.
    pub(super) last: bool,
}

/// Bytes taken, or `None` if the window ends within what begins here.
type Taken = Result<Option<usize>, ParseError>;

/// Hands all that is complete in the window to the document; returns how many
/// bytes that is.
pub(super) fn read_window(
    document: &mut Document,
    window: Window<'_>,
) -> Result<usize, ParseError> {
    let mut at = 0;
    while let Some(text) = window.text.get(at..) {
        let here = Window {
            text,
            byte: window.byte + at as u64,
            ..window
        };
        let taken = match text.as_bytes() {
            [] => return Ok(at),
            [b'<', b'/', name @ ..] => match document.end_matching(name, here.byte)? {
                Some(taken) => Some(taken + 2),
                None => end_tag(document, here)?,
            },
            [b'<', b'!' | b'?', ..] => special(document, here)?,
            [b'<', ..] => start_tag(document, here)?,
            [b'&', ..] => reference(document, here)?,
            _ => characters(document, here)?,
        };
        match taken {
            Some(taken) => at += taken,
            None if window.last => {
                let error = ParseError::incomplete(here.byte, "document ends within markup");
                return Err(document.place_of(error));
            }
            None => return Ok(at),
        }
    }
    Ok(at)
}

fn characters(document: &mut Document, here: Window<'_>) -> Taken {
    let bytes = here.text.as_bytes();
    let blank = blanks(bytes);
    let after = bytes.get(blank..).unwrap_or_default();
    if let [b'<', next, ..] = after
        && document.is_layout(*next)
    {
        return Ok(Some(blank));
    }
    let mut end = text_end(after);
    let has_return = end.is_some_and(|end| after.get(end) == Some(&b'\r'))
        || bytes.get(..blank).unwrap_or_default().contains(&b'\r');
    if has_return {
        end = memchr::memchr2(b'<', b'&', after);
    }
    let end = match end {
        Some(end) => blank + end,
        None if here.last => bytes.len(),
        None => return Ok(None),
    };
    let text = here.text.get(..end).unwrap_or_default();
    if has_return {
        document.text(text, here.byte)?;
    } else {
        document.plain_text(text, here.byte)?;
    }
    Ok(Some(end))
}

fn reference(document: &mut Document, here: Window<'_>) -> Taken {
    let bytes = here.text.as_bytes();
    let near = bytes.get(1..=REFERENCE).or(bytes.get(1..));
    let near = near.unwrap_or_default();
    let Some(end) = memchr::memchr3(b';', b'&', b'<', near) else {
        if near.len() < REFERENCE {
            return Ok(None);
        }
        return Err(document.bad(here.byte, "reference without semicolon"));
    };
    if near.get(end) != Some(&b';') {
        return Err(document.bad(here.byte, "reference without semicolon"));
    }
    let name = here.text.get(1..=end).unwrap_or_default();
    let c = resolve(name).map_err(|what| document.bad(here.byte, what))?;
    document.character(c, here.byte)?;
    Ok(Some(end + 2))
}

/// An end tag that is not exactly the open element's name.
fn end_tag(document: &mut Document, here: Window<'_>) -> Taken {
    let Some(end) = memchr::memchr(b'>', here.text.as_bytes()) else {
        return Ok(None);
    };
    let name = here.text.get(2..end).unwrap_or_default();
    let name = name.trim_ascii_end();
    let to = here.byte + end as u64 + 1;
    document.end(name, here.byte, to)?;
    Ok(Some(end + 1))
}

fn start_tag(document: &mut Document, here: Window<'_>) -> Taken {
    let content = here.text.get(1..).unwrap_or_default();
    let bytes = content.as_bytes();
    let (name_len, prefix_len) = name_end(bytes);
    let whole = content.get(..name_len).unwrap_or_default();
    let local = whole.get(prefix_len..).unwrap_or_default();
    let from_local = bytes.get(prefix_len..).unwrap_or_default();
    let name = Name {
        whole,
        local,
        rank: rank_within(from_local, local.len()),
    };
    match bytes.get(name_len..).unwrap_or_default() {
        [] | [b'/'] => return Ok(None),
        [b'>', ..] => {
            return opened(document, here, (&name, Attributes::None), name_len + 2);
        }
        [b'/', b'>', ..] => {
            document.start(&name, Attributes::None, here.byte)?;
            document.end_empty(here.byte + name_len as u64 + 3)?;
            return Ok(Some(name_len + 3));
        }
        [b' ' | b'\t' | b'\r' | b'\n', ..] => {}
        _ => {
            let what = format!("malformed element name {}", shown(whole));
            return Err(document.bad(here.byte, what));
        }
    }
    let behind = content.get(name_len..).unwrap_or_default();
    if let Some((attribute, length)) = only_attribute(behind) {
        return opened(document, here, (&name, attribute), 1 + name_len + length);
    }
    let Some(end) = tag_end(bytes) else {
        return Ok(None);
    };
    let content = content.get(..end).unwrap_or_default();
    let (content, empty) = match content.strip_suffix('/') {
        Some(content) => (content, true),
        None => (content, false),
    };
    let tag = BytesStart::from_content(content, name_len);
    document.start(&name, Attributes::Many(&tag), here.byte)?;
    let taken = end + 2;
    if empty {
        document.end_empty(here.byte + taken as u64)?;
    }
    Ok(Some(taken))
}

/// Takes a start tag of this length, and all of its element if that has nothing but plain text.
fn opened(
    document: &mut Document,
    here: Window<'_>,
    (name, attributes): (&Name<'_>, Attributes<'_>),
    length: usize,
) -> Taken {
    let inside = here.text.get(length..).unwrap_or_default();
    let plain = plain_end(inside.as_bytes());
    let end = plain.or_else(|| text_end(inside.as_bytes()));
    let (text, rest) = inside
        .split_at_checked(end.unwrap_or(0))
        .unwrap_or_default();
    if let [b'<', b'/', end @ ..] = rest.as_bytes()
        && name.is_closed_by(end)
    {
        let taken = length + text.len() + name.whole.len() + 3;
        let leaf = Leaf {
            name,
            attributes,
            text,
            is_json: plain.is_some(),
        };
        if document.leaf(&leaf, here.byte + taken as u64) {
            let after = here.text.as_bytes().get(taken..).unwrap_or_default();
            // White space behind an element in an item is layout, up to the next tag.
            let blank = blanks(after);
            let is_tag = matches!(after.get(blank..), Some([b'<', next, ..]) if !matches!(next, b'!' | b'?'));
            return Ok(Some(taken + if is_tag { blank } else { 0 }));
        }
    }
    document.start(name, attributes, here.byte)?;
    Ok(Some(length))
}

/// What is behind the name of most tags that have attributes: ` name="value">`, nothing in it that
/// stands for something else. Returns how long that is, too.
fn only_attribute(behind: &str) -> Option<(Attributes<'_>, usize)> {
    let inside = behind.strip_prefix(' ')?;
    let (name, rest) = inside.split_at_checked(name_end(inside.as_bytes()).0)?;
    let rest = rest.strip_prefix("=\"")?;
    let special = |b: u8| matches!(b, b'"' | b'&' | b'<' | 0..b' ');
    let (value, rest) = rest.split_at_checked(rest.bytes().position(special)?)?;
    if name.is_empty() || !rest.starts_with("\">") {
        return None;
    }
    Some((Attributes::One(name, value), name.len() + value.len() + 5))
}

/// Where the `>` of a tag is; quoted ones do not count.
fn tag_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        let found = memchr::memchr3(b'>', b'"', b'\'', rest)?;
        match rest.get(found) {
            Some(b'>') => return Some(at + found),
            Some(quote) => {
                let inside = rest.get(found + 1..)?;
                at += found + memchr::memchr(*quote, inside)? + 2;
            }
            None => return None,
        }
    }
}

/// Comment, CDATA, processing instruction, declaration or DOCTYPE.
fn special(document: &mut Document, here: Window<'_>) -> Taken {
    let mut reader = Reader::from_str(here.text);
    match reader.read_event() {
        Ok(event) => {
            document.event(&event, here.byte)?;
            Ok(usize::try_from(reader.buffer_position()).ok())
        }
        Err(Error::Syntax(SyntaxError::UnclosedDoctype)) => {
            Err(document.bad(here.byte, "document has a DOCTYPE"))
        }
        Err(Error::Syntax(_)) if is_opening(here.text) => Ok(None),
        Err(error) => Err(document.bad(here.byte, error.to_string())),
    }
}

/// Whether the text begins like something that may be complete with more of it.
fn is_opening(text: &str) -> bool {
    ["<?", "<!--", "<![CDATA["]
        .iter()
        .any(|opening| opening.starts_with(text) || text.starts_with(opening))
}
