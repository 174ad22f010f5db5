//! The specifics of an oversized variation, made one at a time so that nobody has to hold them all.

use std::io;

use fastrand::Rng;

/// Length of each value, in bytes; the last one is shorter.
const VALUE_BYTES: u64 = 60 * 1024;
/// What the XML around one value and around the whole item takes, in bytes.
pub(crate) const ENTRY_OVERHEAD: u64 = 146;
const ITEM_OVERHEAD: u64 = 420;

/// A recipe for specifics that make one item about `bytes` long as XML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filler {
    /// Target length of the whole item's XML.
    pub(crate) bytes: u64,
    /// Seed of the letters.
    pub(crate) seed: u64,
}

impl Filler {
    /// Calls `take` with each name and value, names ascending, all ASCII letters and digits.
    pub(crate) fn each(self, take: &mut dyn FnMut(&str, &str) -> io::Result<()>) -> io::Result<()> {
        let mut rng = Rng::with_seed(self.seed);
        let block: String = (0..VALUE_BYTES)
            .map(|_| char::from(b'a' + rng.u8(..16)))
            .collect();
        let mut left = self
            .bytes
            .saturating_sub(ITEM_OVERHEAD)
            .max(ENTRY_OVERHEAD + 8);
        let mut index = 0_u32;
        while left > ENTRY_OVERHEAD {
            let size = VALUE_BYTES.min(left - ENTRY_OVERHEAD);
            let tail = block
                .get(6..usize::try_from(size).unwrap_or(0))
                .unwrap_or_default();
            take(&format!("Text {index:06}"), &format!("{index:06}{tail}"))?;
            left -= size + ENTRY_OVERHEAD;
            index += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_add_up_and_need_no_escaping() {
        let (mut total, mut names) = (0_u64, Vec::new());
        Filler {
            bytes: 1_000_000,
            seed: 3,
        }
        .each(&mut |name, value| {
            assert!(value.bytes().all(|b| b.is_ascii_alphanumeric()));
            assert!(value.len() <= 60 * 1024);
            total += value.len() as u64 + ENTRY_OVERHEAD;
            names.push(name.to_owned());
            Ok(())
        })
        .unwrap();
        assert!((990_000..=1_000_000).contains(&total), "{total}");
        assert!(names.is_sorted());
    }
}
