//! Finding the end of one JSON value without parsing it.

use crate::parse::caps::Caps;

/// Scanner over one value, resumable at any byte. It follows strings and
/// nesting only; syntax inside is left to the parser that gets the value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Skim {
    depth: usize,
    in_string: bool,
    escaped: bool,
    values: usize,
}

/// Why a value is refused before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TooMuch {
    /// Deeper than the cap, at this byte of the piece.
    Depth(usize),
    /// More values than the cap, at this byte of the piece.
    Values(usize),
}

impl Skim {
    /// Goes on through `bytes`. Returns how many of them belong to the value
    /// if it ends there, else `None`: it takes all of them. A scalar ends at
    /// the delimiter behind it, which does not belong to it. `outer` is the
    /// nesting that surrounds the value.
    pub(super) fn advance(
        &mut self,
        bytes: &[u8],
        outer: usize,
        caps: &Caps,
    ) -> Result<Option<usize>, TooMuch> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.in_string {
                at = self.in_string(bytes, at);
                if !self.in_string && self.depth == 0 {
                    return Ok(Some(at));
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    if self.depth + outer > caps.depth {
                        return Err(TooMuch::Depth(at));
                    }
                    self.count(at, caps)?;
                }
                b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if self.depth == 0 => {
                    return Ok(Some(at));
                }
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Ok(Some(at + 1));
                    }
                }
                b',' => self.count(at, caps)?,
                _ => {}
            }
            at += 1;
        }
        Ok(None)
    }

    fn count(&mut self, at: usize, caps: &Caps) -> Result<(), TooMuch> {
        self.values += 1;
        if self.values > caps.item_nodes {
            return Err(TooMuch::Values(at));
        }
        Ok(())
    }

    /// Goes on in a string; returns where the string or the input ends.
    fn in_string(&mut self, bytes: &[u8], mut at: usize) -> usize {
        if std::mem::take(&mut self.escaped) {
            at += 1;
        }
        let rest = bytes.get(at..).unwrap_or_default();
        match memchr::memchr2(b'"', b'\\', rest) {
            None => bytes.len(),
            Some(found) => {
                if rest.get(found) == Some(&b'"') {
                    self.in_string = false;
                } else {
                    self.escaped = true;
                }
                at + found + 1
            }
        }
    }
}
