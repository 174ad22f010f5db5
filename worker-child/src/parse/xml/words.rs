//! Finding where names, white space and text end, eight bytes at a time where that pays.

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;

/// How many bytes at the front are white space. The text is sound: no control character but those
/// that are white space.
pub(super) fn blanks(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    let mut passed = 0;
    while let Some((chunk, after)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*chunk);
        // The top bit of each byte above the space; exact, since nothing is carried.
        let others = (((word & !TOPS) + ONES * 0x5f) | word) & TOPS;
        if others != 0 {
            return passed + others.trailing_zeros() as usize / 8;
        }
        passed += chunk.len();
        rest = after;
    }
    passed + rest.iter().take_while(|b| **b <= b' ').count()
}

/// Where the first `<`, `&` or carriage return is.
pub(super) fn text_end(bytes: &[u8]) -> Option<usize> {
    let ends = |b: u8| matches!(b, b'<' | b'&' | b'\r');
    first(bytes, ends, |word| {
        equal(word, b'<') | equal(word, b'&') | equal(word, b'\r')
    })
}

/// Where the first `<` is, if everything before it can stand in a JSON string as it is, and stands
/// for itself in XML.
pub(super) fn plain_end(bytes: &[u8]) -> Option<usize> {
    let ends = |b: u8| matches!(b, b'<' | b'&' | b'"' | b'\\' | 0..b' ');
    let found = first(bytes, ends, |word| {
        // `"` is 0x22 and `&` is 0x26: they differ in one bit only.
        equal(word | (ONES * 0x04), b'&')
            | equal(word, b'<')
            | equal(word, b'\\')
            | word.wrapping_sub(ONES * 0x20) & !word
    })?;
    (bytes.get(found) == Some(&b'<')).then_some(found)
}

/// Where the first byte is that `ends`; `marks` has the top bit of each such byte in a word, right
/// up to the first of them: above that a borrow may have come from below.
#[inline]
fn first(bytes: &[u8], ends: impl Fn(u8) -> bool, marks: impl Fn(u64) -> u64) -> Option<usize> {
    let mut rest = bytes;
    let mut passed = 0;
    while let Some((chunk, after)) = rest.split_first_chunk() {
        let found = marks(u64::from_le_bytes(*chunk)) & TOPS;
        if found != 0 {
            return Some(passed + found.trailing_zeros() as usize / 8);
        }
        passed += chunk.len();
        rest = after;
    }
    rest.iter().position(|b| ends(*b)).map(|at| passed + at)
}

#[inline]
fn equal(word: u64, byte: u8) -> u64 {
    let differing = word ^ (ONES * u64::from(byte));
    differing.wrapping_sub(ONES) & !differing
}

/// Characters of a name; not the whole of XML's rule, but nothing that would hide markup.
#[expect(clippy::indexing_slicing, reason = "checked when it is compiled")]
const NAME: [bool; 256] = {
    let mut name = [false; 256];
    let mut byte = 0_usize;
    while byte < 256 {
        let b = byte.to_le_bytes()[0];
        name[byte] =
            b.is_ascii_alphanumeric() || b >= 0x80 || matches!(b, b'_' | b':' | b'-' | b'.');
        byte += 1;
    }
    name
};

/// How many bytes at the front belong to a name, and where its local part begins.
pub(super) fn name_end(bytes: &[u8]) -> (usize, usize) {
    let mut local = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if NAME.get(usize::from(*byte)) != Some(&true) {
            return (at, local);
        }
        // Only the first colon ends a prefix.
        if *byte == b':' && local == 0 {
            local = at + 1;
        }
    }
    (bytes.len(), local)
}

#[cfg(test)]
mod tests {
    use super::{blanks, name_end, plain_end, text_end};

    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=u8::MAX {
            for length in 1..20 {
                for at in 0..length {
                    let mut text = vec![b' '; length];
                    text[at] = byte;
                    if byte > b' ' {
                        assert_eq!(blanks(&text), at, "{byte:#x}");
                    }
                    for filler in [b'a', 0x80, 0xff, b'=', b'\n'] {
                        let mut text = vec![filler; length];
                        text[at] = byte;
                        let ends = matches!(byte, b'<' | b'&' | b'\r');
                        assert_eq!(text_end(&text), ends.then_some(at), "{byte:#x}");
                        text.push(b'<');
                        let plain = |b: u8| !matches!(b, b'&' | b'"' | b'\\' | 0..b' ');
                        let end = text.iter().position(|b| *b == b'<').unwrap();
                        let expected = text[..end].iter().all(|b| plain(*b)).then_some(end);
                        assert_eq!(plain_end(&text), expected, "{byte:#x}");
                    }
                }
            }
        }
        assert_eq!(blanks(b" \t\r\n \t\r\n  x"), 10);
        assert_eq!(blanks(b"   "), 3);
    }

    #[test]
    fn names() {
        let table: [(&str, (usize, usize)); 8] = [
            ("SKU>", (3, 0)),
            ("e:SKU/>", (5, 2)),
            ("a:b:c ", (5, 2)),
            (":a>", (2, 1)),
            ("", (0, 0)),
            (">", (0, 0)),
            ("\u{e9}-_.9=", (6, 0)),
            ("whole", (5, 0)),
        ];
        for (text, expected) in table {
            assert_eq!(name_end(text.as_bytes()), expected, "{text}");
        }
    }
}
