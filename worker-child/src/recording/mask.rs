//! Masks the access token in what is about to be recorded, with bytes of the same length: a replay
//! reads a body of the same shape.
//!
//! A token may come in two pieces of a body. The beginning of one at the end of a piece is masked
//! before anybody knows how it goes on, so that at no moment more than [`KNOWN`] bytes of a token
//! stand in the file.

use std::borrow::Cow;
use std::fmt::Write as _;

use memchr::memmem::{self, Finder};

/// So many first bytes of a token are no secret: eBay's tokens all begin alike (`v^1.1#i^1`).
const KNOWN: usize = 8;
/// What stands for a masked byte.
const MASK: u8 = b'x';

/// The secrets of an attempt, in the forms in which they may come back.
#[derive(Debug, Default)]
pub(super) struct Masks {
    tokens: Vec<Token>,
    longest: usize,
}

/// One secret. Nearly no body has it: what is looked for first is a part that all its forms share,
/// so that a body is searched once.
#[derive(Debug)]
struct Token {
    shared: Finder<'static>,
    forms: Vec<Finder<'static>>,
}

/// What was last seen of one stream of bytes.
#[derive(Debug, Default)]
pub(super) struct Tail(Vec<u8>);

impl Masks {
    /// Masks this token from here on: as it is, and percent-encoded in either case.
    pub(super) fn add(&mut self, token: &str) {
        if token.is_empty() {
            return;
        }
        let mut forms: Vec<String> = Vec::new();
        for form in [
            token.to_owned(),
            encoded(token, false),
            encoded(token, true),
        ] {
            self.longest = self.longest.max(form.len());
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
        self.tokens.push(Token {
            shared: Finder::new(shared_part(token)).into_owned(),
            forms: forms
                .iter()
                .map(|form| Finder::new(form).into_owned())
                .collect(),
        });
    }

    /// The bytes without a token in them.
    pub(super) fn whole<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let mut masked = Cow::Borrowed(bytes);
        for form in self.forms_in(bytes) {
            for at in form.find_iter(bytes) {
                cover(&mut masked, at..at + form.needle().len());
            }
        }
        masked
    }

    /// The next piece of a stream without a token in it, or in the stream so far.
    pub(super) fn piece<'a>(&self, tail: &mut Tail, piece: &'a [u8]) -> Cow<'a, [u8]> {
        let mut masked = self.whole(piece);
        let Some(overlap) = self.longest.checked_sub(1) else {
            return masked;
        };
        let before = tail.0.len();
        let first = piece.get(..overlap.min(piece.len())).unwrap_or_default();
        tail.0.extend_from_slice(first);
        for form in self.forms_in(&tail.0) {
            for at in form.find_iter(&tail.0).filter(|at| *at < before) {
                // One that lies wholly before was covered then.
                let end = (at + form.needle().len()).saturating_sub(before);
                cover(&mut masked, 0..end);
            }
        }
        // From the border of two pieces to the last bytes of the stream.
        tail.0
            .extend_from_slice(piece.get(first.len()..).map_or(&[], |rest| {
                rest.get(rest.len().saturating_sub(overlap)..)
                    .unwrap_or(rest)
            }));
        let excess = tail.0.len().saturating_sub(overlap);
        tail.0.drain(..excess);
        for form in self.tokens.iter().flat_map(|token| &token.forms) {
            let begun = beginning(form.needle(), &tail.0).min(piece.len());
            cover(&mut masked, piece.len() - begun..piece.len());
        }
        masked
    }

    /// The forms that may stand in these bytes.
    fn forms_in<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = &'a Finder<'static>> {
        self.tokens
            .iter()
            .filter(|token| token.shared.find(bytes).is_some())
            .flat_map(|token| &token.forms)
    }
}

/// The longest part of a token that percent-encoding leaves as it is; empty is in everything.
fn shared_part(token: &str) -> &[u8] {
    token
        .as_bytes()
        .split(|byte| !is_unreserved(*byte))
        .max_by_key(|part| part.len())
        .unwrap_or_default()
}

/// How many of the last bytes are the beginning of a token, if that is more than everybody knows.
fn beginning(token: &[u8], bytes: &[u8]) -> usize {
    let known = token.get(..KNOWN.min(token.len() - 1)).unwrap_or_default();
    if known.is_empty() {
        return 0;
    }
    let from = bytes.len().saturating_sub(token.len() - 1);
    let last = bytes.get(from..).unwrap_or(bytes);
    memmem::find_iter(last, known)
        .filter_map(|at| last.get(at..))
        .find(|rest| token.starts_with(rest))
        .map_or(0, <[u8]>::len)
}

fn cover(bytes: &mut Cow<'_, [u8]>, range: std::ops::Range<usize>) {
    if range.is_empty() {
        return;
    }
    if let Some(secret) = bytes.to_mut().get_mut(range) {
        secret.fill(MASK);
    }
}

/// RFC 3986, section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn encoded(token: &str, lower: bool) -> String {
    let mut form = String::with_capacity(token.len() * 3);
    for byte in token.bytes() {
        // Writing to a String cannot fail.
        if is_unreserved(byte) {
            form.push(char::from(byte));
        } else if lower {
            write!(form, "%{byte:02x}").ok();
        } else {
            write!(form, "%{byte:02X}").ok();
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "v^1.1#i^1#CANARY+secret/0123456789=";

    fn masks() -> Masks {
        let mut masks = Masks::default();
        masks.add(TOKEN);
        masks
    }

    #[test]
    fn whole_tokens_in_all_forms() {
        let masks = masks();
        assert_eq!(masks.tokens[0].forms.len(), 3);
        assert_eq!(masks.tokens[0].shared.needle(), b"0123456789");
        for form in [TOKEN, &encoded(TOKEN, false), &encoded(TOKEN, true)] {
            let text = format!("a {form} b {form}");
            let masked = masks.whole(text.as_bytes()).into_owned();
            let x = "x".repeat(form.len());
            assert_eq!(String::from_utf8(masked).unwrap(), format!("a {x} b {x}"));
        }
        assert!(matches!(masks.whole(b"v^1.1#i^1#other"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_token_in_pieces() {
        let masks = masks();
        let forms = [
            TOKEN.to_owned(),
            encoded(TOKEN, false),
            encoded(TOKEN, true),
        ];
        for text in forms.map(|form| format!("before {form}{form} after {form}")) {
            for size in 1..text.len() {
                let mut tail = Tail::default();
                let mut recorded = Vec::new();
                for piece in text.as_bytes().chunks(size) {
                    recorded.extend_from_slice(&masks.piece(&mut tail, piece));
                    let so_far = String::from_utf8_lossy(&recorded);
                    assert!(!so_far.contains("CANA"), "{size}: {so_far}");
                }
                assert_eq!(recorded.len(), text.len(), "{size}");
                let text = String::from_utf8(recorded).unwrap();
                for part in ["secret", "0123", "y/", "%2", "=", "#C"] {
                    assert!(!text.contains(part), "{size}: {text}");
                }
                assert!(
                    text.starts_with("before ") && text.contains(" after "),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn what_only_begins_like_a_token_stays() {
        let masks = masks();
        let mut tail = Tail::default();
        let piece = masks.piece(&mut tail, b"v^1.1#i").into_owned();
        assert_eq!(piece, b"v^1.1#i");
        assert_eq!(&*masks.piece(&mut tail, b"^2#other"), b"^2#other");
        let mut none = Masks::default();
        none.add("");
        assert_eq!(&*none.piece(&mut Tail::default(), b"abc"), b"abc");
        none.add("x");
        assert_eq!(&*none.piece(&mut Tail::default(), b"axc"), b"axc");
        none.add("#^#");
        let odd = "a #^# b %23%5e%23 c %23%5E%23";
        let masked = none
            .piece(&mut Tail::default(), odd.as_bytes())
            .into_owned();
        assert_eq!(masked, b"a xxx b xxxxxxxxx c xxxxxxxxx");
    }

    #[test]
    fn every_token_given_is_masked() {
        let mut masks = masks();
        masks.add("fresher-token");
        let masked = masks.whole(b"fresher-token and v^1.1#i^1#CANARY+secret/0123456789=");
        assert!(
            !masked
                .windows(6)
                .any(|six| six == b"CANARY" || six == b"fresher"[..6].as_ref())
        );
    }
}
