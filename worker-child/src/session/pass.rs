//! Items that are passed over: earlier runs died of them, and the orders name them.
//!
//! *Invariant:* nothing but what was ordered is passed over, and each time the supervisor is told.

use shared::attempt::SkipItem;
use shared::flight::shown;
use shared::record::MAX_KEY_PART;
use shared::wire::message::SkippedRows;

use super::pump::{At, ReadError};
use super::run::Run;
use crate::parse::field::Source;
use crate::workers::keyed::KeyText;

/// What is known of an item before its records are made.
struct Known<F> {
    at: At,
    /// Its key as the flight recorder keeps it; empty if it is not known.
    key: KeyText,
    /// The whole parts of its key, asked for only when it is passed over.
    parts: F,
}

impl Run {
    /// Notes an item of a body in the flight recorder. Whether it is passed over.
    pub(super) async fn passes<'a>(
        &mut self,
        item: impl Source<'a>,
        at: At,
    ) -> Result<bool, ReadError> {
        let keyed = self.worker.keyed();
        let key = keyed.map(|keyed| keyed.text(item)).unwrap_or_default();
        let parts = || keyed.and_then(|keyed| keyed.parts(item));
        self.passes_known(Known { at, key, parts }).await
    }

    /// The same for an item that is a body of its own: the last segment of its path names it.
    pub(super) async fn passes_alone(&mut self, at: At) -> Result<bool, ReadError> {
        let path = self.request.split('?').next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let key = KeyText::of(&name);
        let parts = || Some(vec![name]);
        self.passes_known(Known { at, key, parts }).await
    }

    async fn passes_known(
        &mut self,
        known: Known<impl FnOnce() -> Option<Vec<String>>>,
    ) -> Result<bool, ReadError> {
        let Known { at, key, parts } = known;
        self.stage.begin_item(at.index, at.byte, key.as_bytes());
        let run = self.emitter.run();
        let orders = self.context.attempt.runs.get(run.index());
        let skips = orders.map_or(&[][..], |order| &order.skip);
        let Some(skip) = ordered(skips, key.as_bytes(), &self.request, at.index) else {
            return Ok(false);
        };
        let parts = parts().unwrap_or_default();
        let id = if parts.is_empty() {
            // It counts as one that is like no other.
            format!("{} #{}", self.request, at.index)
        } else {
            parts.join("\n")
        };
        let table = self.worker.keyed().and_then(|keyed| keyed.table);
        let first = parts.into_iter().next();
        let rows = table
            .zip(first)
            .map(|(table, key)| SkippedRows { table, key });
        let rows = rows.filter(|rows| rows.key.len() <= MAX_KEY_PART);
        self.worker.passed_over(&id);
        let told = self.emitter.skipped(skip, rows).await;
        told.map_err(ReadError::Failed)?;
        self.stage.end_item();
        Ok(true)
    }
}

/// Which of the ordered items this is: by its key, or by its place if the order knows no key.
fn ordered(skips: &[SkipItem], key: &[u8], request: &str, index: u64) -> Option<u32> {
    if skips.is_empty() {
        return None;
    }
    let key = shown(key);
    let is_it = |skip: &SkipItem| {
        if skip.key.is_empty() {
            skip.request == request && skip.item == index
        } else {
            skip.key == key
        }
    };
    let position = skips.iter().position(is_it)?;
    u32::try_from(position).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_ordered_is_passed_over() {
        let skip = |key: &str, item| SkipItem {
            key: key.to_owned(),
            request: "GET /order?offset=0".to_owned(),
            item,
        };
        let skips = [skip("A", 3), skip("", 5)];
        let here = "GET /order?offset=0";
        let cases = [
            ("A", here, 3, Some(0), "the key"),
            (
                "A",
                "GET /order?offset=200",
                9,
                Some(0),
                "the key elsewhere",
            ),
            ("B", here, 3, None, "another item in its place"),
            ("", here, 3, None, "no key, and one was ordered"),
            ("", here, 5, Some(1), "the place"),
            ("B", here, 5, Some(1), "the place, whatever its key is"),
            (
                "B",
                "GET /order?offset=200",
                5,
                None,
                "the place of another body",
            ),
            ("", here, 4, None, "another place"),
        ];
        for (key, request, index, expected, why) in cases {
            assert_eq!(
                ordered(&skips, key.as_bytes(), request, index),
                expected,
                "{why}"
            );
        }
        assert_eq!(ordered(&[], b"A", here, 3), None);
    }
}
