//! Looks for access tokens and other secrets in bytes that are about to leave the state directory, and
//! takes them out of text that is about to be kept.

use std::fmt;
use std::io::{self, Read};

use memchr::memmem::Finder;
use shared::secret::Secret;

use super::dresses::{SHORTEST, dresses};

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

/// What stands in the place of a secret.
const GONE: &str = "…";
/// The shortest piece of a secret that says something, in bytes.
const PIECE_OF_SECRET: usize = 4;
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
    /// Whatever looks like a token, and these secrets in every dress; but for those that are
    /// [`too_short`].
    pub fn new(secrets: &[Secret]) -> Self {
        let mut texts: Vec<String> = BEGINNINGS.map(str::to_owned).to_vec();
        texts.extend(secrets.iter().flat_map(|secret| dresses(secret.expose())));
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

/// Whether a secret is too short to be looked for: it would be found by chance.
pub fn too_short(secret: &Secret) -> bool {
    secret.expose().len() < SHORTEST
}

/// The text without these secrets in any dress, and without the beginning of one where it was cut off.
pub fn without(text: &str, secrets: &[Secret]) -> String {
    let plain = secrets.iter().map(|secret| secret.expose().to_owned());
    let dressed = secrets.iter().flat_map(|secret| dresses(secret.expose()));
    let mut all: Vec<String> = plain.chain(dressed).collect();
    all.retain(|dress| !dress.is_empty());
    // A long one may hold a short one.
    all.sort_by_key(|dress| std::cmp::Reverse(dress.len()));
    let mut text = text.to_owned();
    for dress in &all {
        text = text.replace(dress.as_str(), GONE);
    }
    let pieces = all.iter().filter_map(|dress| piece_at_end(&text, dress));
    let cut = pieces.max().unwrap_or(0);
    if cut > 0 {
        text.truncate(text.len() - cut);
        text.push_str(GONE);
    }
    text
}

/// Bytes at the end of the text with which the secret begins; none if those say nothing.
fn piece_at_end(text: &str, secret: &str) -> Option<usize> {
    let longest = secret.len().min(text.len());
    let begins = |len: &usize| {
        secret
            .get(..*len)
            .is_some_and(|piece| text.ends_with(piece))
    };
    (PIECE_OF_SECRET..=longest).rev().find(begins)
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
        let needles = Needles::new(std::slice::from_ref(&token));
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
            (r"the opaque\/t+ken", Some(4)),
            ("Basic eDpvcGFxdWUvdCtrZW4=", Some(9)),
            ("opaque/t+ken v^1.1#", Some(0)),
            ("", None),
        ];
        for (text, place) in cases {
            assert_eq!(needles.find_in(text.as_bytes()).unwrap(), place, "{text}");
            assert_eq!(needles.find_in(Drip(text.as_bytes())).unwrap(), place);
        }
        let without = Needles::new(&[]);
        assert_eq!(without.find_in("opaque/t+ken".as_bytes()).unwrap(), None);
        assert!(!format!("{needles:?}").contains("opaque"));
    }

    #[test]
    fn text_that_is_kept_holds_no_secret() {
        let secrets = ["canary-secret", "pin"].map(|text| Secret::new(text.to_owned()));
        let cases = [
            ("nothing", "nothing"),
            ("of canary-secret, pin", "of …, …"),
            ("cut: canary-sec", "cut: …"),
            ("cut: can", "cut: can"),
            ("Basic eDpjYW5hcnktc2VjcmV0", "Basic eDp…"),
            ("canary-secre is whole", "canary-secre is whole"),
        ];
        for (text, expected) in cases {
            assert_eq!(without(text, &secrets), expected);
        }
        assert_eq!(without("all", &[Secret::new(String::new())]), "all");
        assert!(too_short(&secrets[1]) && !too_short(&secrets[0]));
    }

    #[test]
    fn a_token_across_two_pieces_is_found() {
        let needles = Needles::new(&[]);
        for before in PIECE - 8..=PIECE + 1 {
            let mut bytes = vec![b'x'; before];
            bytes.extend_from_slice(b"v^1.1#");
            bytes.extend_from_slice(&[b'y'; 100]);
            assert_eq!(needles.find_in(&*bytes).unwrap(), Some(before as u64));
        }
    }
}
