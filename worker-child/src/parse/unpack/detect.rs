//! Telling a format by the first bytes, never by headers or names.

use super::Fault;

const ZIP: &[u8] = b"PK\x03\x04";
const GZIP: &[u8] = b"\x1f\x8b";
const BOM: &[u8] = b"\xef\xbb\xbf";
/// Most leading white space, in bytes.
const SPACES: usize = 1024;

/// What a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A zip archive with one document.
    Zip,
    /// A gzip stream.
    Gzip,
    /// Plain text that begins with `<`.
    Xml,
    /// Plain text that begins with `{` or `[`.
    Json,
}

/// The format of a stream that begins with `first`; `None` if more must be seen.
pub(super) fn detect(first: &[u8]) -> Result<Option<Format>, Fault> {
    for (magic, format) in [(ZIP, Format::Zip), (GZIP, Format::Gzip)] {
        if first.starts_with(magic) {
            return Ok(Some(format));
        }
        if magic.starts_with(first) {
            return Ok(None);
        }
    }
    if BOM.starts_with(first) {
        return Ok(None);
    }
    let text = first.strip_prefix(BOM).unwrap_or(first).trim_ascii_start();
    match text.first() {
        Some(b'<') => Ok(Some(Format::Xml)),
        Some(b'{' | b'[') => Ok(Some(Format::Json)),
        None if first.len() <= SPACES => Ok(None),
        Some(_) | None => Err(Fault::new("neither zip, gzip, XML nor JSON")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, detect};

    #[test]
    fn first_bytes() {
        let table: [(&[u8], Option<Option<Format>>); 12] = [
            (b"PK\x03\x04", Some(Some(Format::Zip))),
            (b"PK", Some(None)),
            (b"PK\x05\x06", None),
            (b"\x1f\x8b", Some(Some(Format::Gzip))),
            (b"\x1f<", None),
            (b"<", Some(Some(Format::Xml))),
            (b" \r\n\t[", Some(Some(Format::Json))),
            (b"\xef\xbb\xbf <", Some(Some(Format::Xml))),
            (b"\xef\xbb", Some(None)),
            (b"\xef\xbb{", None),
            (b"   ", Some(None)),
            (b"Service Unavailable", None),
        ];
        for (first, expected) in table {
            assert_eq!(detect(first).ok(), expected, "{first:?}");
        }
        assert!(detect(&[b' '; 1025]).is_err());
    }
}
