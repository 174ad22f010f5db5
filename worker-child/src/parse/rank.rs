//! The beginning of a name as a number that sorts alike: most comparisons of names are decided by it,
//! at a fraction of the cost.

/// Names of so many bytes are equal if their ranks and lengths are.
pub(super) const RANKED: usize = 8;

/// The first eight bytes of a name, the first being the highest; what is missing is zero.
pub(super) fn rank(name: &[u8]) -> u64 {
    let word = |bytes: &[u8; 4]| u64::from(u32::from_be_bytes(*bytes));
    if let Some(first) = name.first_chunk() {
        return u64::from_be_bytes(*first);
    }
    if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        // They overlap in the same bytes.
        return word(first) << 32 | word(last) << (8 * (8 - name.len()));
    }
    name.iter()
        .rfold(0, |rank, byte| rank >> 8 | u64::from(*byte) << 56)
}

/// The same of a name that is the first `len` bytes of `text`.
#[inline]
pub(super) fn rank_within(text: &[u8], len: usize) -> u64 {
    let Some(first) = text.first_chunk::<8>() else {
        return rank(text.get(..len).unwrap_or_default());
    };
    let bits = u32::try_from(8 * len).unwrap_or(u32::MAX);
    // Behind a short name comes what is not the name's.
    u64::from_be_bytes(*first) & !u64::MAX.checked_shr(bits).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{rank, rank_within};

    #[test]
    fn every_length_alike() {
        let text = b"lineItemId\xff\xfe";
        for len in 0..=text.len() {
            let mut first = [0; 8];
            for (to, from) in first.iter_mut().zip(&text[..len]) {
                *to = *from;
            }
            let expected = u64::from_be_bytes(first);
            assert_eq!(rank(&text[..len]), expected, "{len}");
            assert_eq!(rank_within(text, len), expected, "{len}");
            assert_eq!(rank_within(&text[..len], len), expected, "{len}");
        }
    }
}
