//! Text of elements: where it may stand, and how much of it.

use super::Document;
use crate::parse::error::ParseError;
use crate::parse::xml::escape::push_text;

impl Document {
    /// Whether white space at this place, before `<` and the byte `next`, says nothing.
    pub(in crate::parse::xml) fn is_layout(&mut self, next: u8) -> bool {
        if matches!(next, b'!' | b'?') || self.depth() == 0 {
            return false;
        }
        let builder = self.builder();
        builder.run_bytes() == 0 && (next != b'/' || builder.has_children())
    }

    /// Takes a character that a reference stood for.
    pub(in crate::parse::xml) fn character(
        &mut self,
        c: char,
        from: u64,
    ) -> Result<(), ParseError> {
        if self.depth() == 0 {
            return Err(self.bad(from, "text outside the root element"));
        }
        self.builder().text().push(c);
        self.check_run(from)
    }

    /// Takes literal text of the innermost element.
    pub(in crate::parse::xml) fn text(&mut self, text: &str, from: u64) -> Result<(), ParseError> {
        if self.depth() == 0 {
            if text.bytes().all(|b| b.is_ascii_whitespace()) {
                return Ok(());
            }
            return Err(self.bad(from, "text outside the root element"));
        }
        push_text(text, self.builder().text());
        self.check_run(from)
    }

    /// Takes literal text without a carriage return.
    pub(in crate::parse::xml) fn plain_text(
        &mut self,
        text: &str,
        from: u64,
    ) -> Result<(), ParseError> {
        if self.depth() == 0 {
            return self.text(text, from);
        }
        self.builder().text().push_str(text);
        self.check_run(from)
    }

    fn check_run(&mut self, from: u64) -> Result<(), ParseError> {
        let limit = self.caps.text_bytes;
        if self.builder().run_bytes() > limit {
            let what = format!("text longer than {limit} bytes");
            return Err(self.too_large(from, what));
        }
        self.check_size(from)
    }
}
