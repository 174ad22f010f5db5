//! Looks for access tokens in bytes that are about to leave the state directory.

use std::fmt;
use std::io::{self, Read};

use memchr::memmem::Finder;
use shared::secret::Secret;

/// How eBay's access tokens begin, plain and in the ways in which a URL or a form has it.
const BEGINNINGS: [&str; 7] = [
    "v^1.1#",
    "v%5E1.1%23",
    "v%5e1.1%23",
    "v^1.1%23",
    "v%5E1.1#",
    "v%5e1.1#",
    "v\\u005e1.1#",
];

/// Bytes read at a time.
const PIECE: usize = 64 * 1024;

/// What must not be found.
pub struct Needles {
    finders: Vec<Finder<'static>>,
    longest: usize,
}

/// Says how many there are: one of them is a token.
impl fmt::Debug for Needles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Needles")
            .field("count", &self.finders.len())
            .finish_non_exhaustive()
    }
}

impl Needles {
    /// Whatever looks like a token, and this token, plain and percent-encoded.
    pub fn new(token: Option<&Secret>) -> Self {
        let mut texts: Vec<String> = BEGINNINGS.map(str::to_owned).to_vec();
        if let Some(token) = token {
            let upper = percent_encoded(token.expose(), |byte| format!("%{byte:02X}"));
            let lower = percent_encoded(token.expose(), |byte| format!("%{byte:02x}"));
            texts.extend([token.expose().to_owned(), upper, lower]);
        }
        // An empty one would be found everywhere.
        texts.retain(|text| !text.is_empty());
        Self {
            longest: texts.iter().map(String::len).max().unwrap_or(0),
            finders: texts
                .iter()
                .map(|text| Finder::new(text.as_bytes()).into_owned())
                .collect(),
        }
    }

    /// Where the first of them begins, in bytes from the start; `None` if there is none.
    pub fn find_in(&self, mut source: impl Read) -> io::Result<Option<u64>> {
        let mut buffer: Vec<u8> = Vec::with_capacity(PIECE + self.longest);
        let mut before: u64 = 0;
        loop {
            let read = source
                .by_ref()
                .take(PIECE as u64)
                .read_to_end(&mut buffer)?;
            if read == 0 {
                return Ok(None);
            }
            let found = self
                .finders
                .iter()
                .filter_map(|one| one.find(&buffer))
                .min();
            if let Some(found) = found {
                return Ok(Some(before + found as u64));
            }
            // One may begin at the end of this piece.
            let done = buffer.len().saturating_sub(self.longest.saturating_sub(1));
            buffer.drain(..done);
            before += done as u64;
        }
    }
}

fn percent_encoded(text: &str, encoded: impl Fn(u8) -> String) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                encoded(byte)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let some = into.len().min(1);
            self.0.read(&mut into[..some])
        }
    }

    #[test]
    fn tokens_are_found_in_every_dress() {
        let token = Secret::new("opaque/t+ken".to_owned());
        let needles = Needles::new(Some(&token));
        let cases = [
            ("nothing to see", None),
            ("a v^1.1#i^1#p", Some(2)),
            ("?t=v%5E1.1%23i", Some(3)),
            ("?t=v%5e1.1%23i", Some(3)),
            ("a v^1.… b", None),
            ("the opaque/t+ken", Some(4)),
            ("the opaque%2Ft%2Bken", Some(4)),
            ("the opaque%2ft%2bken", Some(4)),
            ("opaque/t+ke", None),
            ("opaque/t+ken v^1.1#", Some(0)),
            ("", None),
        ];
        for (text, place) in cases {
            assert_eq!(needles.find_in(text.as_bytes()).unwrap(), place, "{text}");
            assert_eq!(needles.find_in(Drip(text.as_bytes())).unwrap(), place);
        }
        let without = Needles::new(None);
        assert_eq!(without.find_in("opaque/t+ken".as_bytes()).unwrap(), None);
        assert!(!format!("{needles:?}").contains("opaque"));
    }

    #[test]
    fn a_token_across_two_pieces_is_found() {
        let needles = Needles::new(None);
        for before in PIECE - 8..=PIECE + 1 {
            let mut bytes = vec![b'x'; before];
            bytes.extend_from_slice(b"v^1.1#");
            bytes.extend_from_slice(&[b'y'; 100]);
            assert_eq!(needles.find_in(&*bytes).unwrap(), Some(before as u64));
        }
    }
}
