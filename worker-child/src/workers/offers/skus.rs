//! The SKUs of an account, held as one text.

use crate::parse::ParseError;

/// Most bytes of all SKUs: 160,000 of eBay's longest. Each takes a call, so that more could not
/// be read within a run's deadline anyway.
const BYTES: usize = 8 << 20;

/// A list of texts that costs four bytes per text besides their own.
#[derive(Debug, Default)]
pub(super) struct Skus {
    text: String,
    /// Where each text ends.
    ends: Vec<u32>,
}

impl Skus {
    /// Appends a SKU; too large if all together take more than 8 MiB.
    pub(super) fn push(&mut self, sku: &str) -> Result<(), ParseError> {
        let end = self.text.len() + sku.len();
        let known = u32::try_from(end).ok().filter(|_| end <= BYTES);
        let Some(known) = known else {
            let count = self.ends.len();
            let what = format!("SKUs take more than {BYTES} bytes after {count} of them");
            return Err(ParseError::too_large(0, what).with_path("sku"));
        };
        self.text.push_str(sku);
        self.ends.push(known);
        Ok(())
    }

    /// The SKU at a position, in the order in which they came.
    pub(super) fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)? as usize;
        let before = at.checked_sub(1).and_then(|at| self.ends.get(at));
        let start = before.map_or(0, |start| *start as usize);
        self.text.get(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::ParseErrorKind;

    #[test]
    fn skus_come_back_in_order() {
        let mut skus = Skus::default();
        for sku in ["A", "Größe 42", "ABC"] {
            skus.push(sku).unwrap();
        }
        let all: Vec<_> = (0..4).map(|at| skus.get(at)).collect();
        assert_eq!(all, [Some("A"), Some("Größe 42"), Some("ABC"), None]);
    }

    #[test]
    fn there_is_a_cap() {
        let mut skus = Skus::default();
        let long = "x".repeat(1 << 20);
        for _ in 0..8 {
            skus.push(&long).unwrap();
        }
        let error = skus.push("y").unwrap_err();
        assert_eq!(
            (error.kind, error.path.as_str()),
            (ParseErrorKind::TooLarge, "sku")
        );
    }
}
