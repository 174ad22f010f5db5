//! Finding what stands for itself inside a JSON string, eight bytes at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;

/// How many bytes from the front stand for themselves inside a string: all up to the first quote,
/// backslash or control character.
pub(super) fn plain(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    let mut passed = 0;
    while let Some((chunk, after)) = rest.split_first_chunk() {
        let found = special(u64::from_le_bytes(*chunk));
        if found != 0 {
            return passed + found.trailing_zeros() as usize / 8;
        }
        passed += chunk.len();
        rest = after;
    }
    let special = |b: &u8| matches!(b, b'"' | b'\\' | 0..=0x1f);
    passed + rest.iter().position(special).unwrap_or(rest.len())
}

/// Has the top bit of the first special byte, and none below it; what is above means nothing,
/// since a borrow may have come from below.
fn special(word: u64) -> u64 {
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit);
    let quote = below(word ^ (ONES * u64::from(b'"')), 1);
    let slash = below(word ^ (ONES * u64::from(b'\\')), 1);
    // A byte with its own top bit is none of the three.
    (quote | slash | below(word, 0x20)) & !word & TOPS
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=u8::MAX {
            let is_special = matches!(byte, b'"' | b'\\' | 0..=0x1f);
            for length in 1..20 {
                for at in 0..length {
                    for filler in [b'a', 0x20, 0x7f, 0xa2, 0xff, 0x21, 0x23] {
                        let mut bytes = vec![filler; length];
                        bytes[at] = byte;
                        let expected = if is_special { at } else { length };
                        assert_eq!(plain(&bytes), expected, "{byte:#x} at {at} of {length}");
                    }
                }
            }
        }
    }
}
