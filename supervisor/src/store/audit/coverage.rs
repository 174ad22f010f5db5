//! Whether a ledger covers its time without a gap: each stretch begins where the one before ended.

use shared::time::Timestamp;

/// The ledger of one worker of one account, stretch by stretch in the order of their ends.
///
/// No overlap is legal: what a slice fetches before its start is not in the ledger, a snapshot or a
/// rescan covers the time since the one before, and a deep pass covers nothing.
#[derive(Debug)]
pub(in crate::store) struct Coverage {
    cursor: Option<Timestamp>,
    /// Where the next stretch must begin.
    expected: Option<Timestamp>,
    is_empty: bool,
}

impl Coverage {
    /// An empty ledger that must begin at `since` and end at `cursor`.
    pub(in crate::store) fn new(since: Option<Timestamp>, cursor: Option<Timestamp>) -> Self {
        Self {
            cursor,
            expected: since,
            is_empty: true,
        }
    }

    /// Adds a stretch. Returns what is wrong with it, if anything is.
    pub(in crate::store) fn add(&mut self, start: Timestamp, end: Timestamp) -> Option<String> {
        let first = std::mem::replace(&mut self.is_empty, false);
        let expected = self.expected.replace(end);
        let what = match expected {
            None => format!("is not begun in the sync state, but covers {start} to {end}"),
            Some(expected) if first && start != expected => {
                format!("begins at {start} instead of {expected}")
            }
            Some(expected) if start > expected => {
                format!("has a gap from {expected} to {start}")
            }
            Some(expected) if start < expected => {
                format!("covers {start} to {expected} twice")
            }
            // Only the first snapshot or rescan covers nothing: what was before is unknown.
            Some(_) if start == end && !first => format!("covers nothing at {start}"),
            Some(_) if start > end => format!("goes back from {start} to {end}"),
            Some(_) => return None,
        };
        Some(what)
    }

    /// What is wrong with the end, if anything is.
    pub(in crate::store) fn finish(&self) -> Option<String> {
        let end = self.expected.filter(|_| !self.is_empty);
        if end == self.cursor {
            return None;
        }
        let told = |time: Option<Timestamp>, nothing: &str| {
            time.map_or_else(|| nothing.to_owned(), |time| time.to_string())
        };
        Some(format!(
            "ends {} while the cursor is {}",
            told(end, "nowhere"),
            told(self.cursor, "null")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Since, cursor, stretches.
    type Ledger = (Option<i64>, Option<i64>, &'static [(i64, i64)]);

    /// Everything that is wrong with a ledger.
    fn faults((since, cursor, stretches): Ledger) -> Vec<String> {
        let mut coverage = Coverage::new(since.map(Timestamp), cursor.map(Timestamp));
        let mut faults = Vec::new();
        for (start, end) in stretches {
            faults.extend(coverage.add(Timestamp(*start), Timestamp(*end)));
        }
        faults.extend(coverage.finish());
        faults
    }

    #[test]
    fn whole_ledgers() {
        let cases: [Ledger; 4] = [
            (None, None, &[]),
            (Some(1), Some(5), &[(1, 5)]),
            (Some(1), Some(9), &[(1, 5), (5, 6), (6, 9)]),
            (Some(5), Some(9), &[(5, 5), (5, 9)]),
        ];
        for ledger in cases {
            let found = faults(ledger);
            assert!(found.is_empty(), "{ledger:?}: {found:?}");
        }
    }

    #[test]
    fn broken_ledgers() {
        let cases: [(Ledger, &[&str]); 11] = [
            ((Some(1), Some(9), &[(1, 5), (6, 9)]), &["has a gap from"]),
            ((Some(1), Some(9), &[(1, 5), (4, 9)]), &["twice"]),
            ((Some(1), Some(9), &[(2, 9)]), &["begins at"]),
            ((Some(3), Some(9), &[(2, 9)]), &["begins at"]),
            ((Some(1), Some(9), &[(1, 8)]), &["while the cursor is"]),
            ((Some(1), Some(8), &[(1, 9)]), &["while the cursor is"]),
            ((Some(1), Some(9), &[]), &["ends nowhere while the cursor"]),
            ((Some(1), None, &[(1, 9)]), &["while the cursor is null"]),
            ((None, None, &[(1, 9)]), &["is not begun", "cursor is null"]),
            ((Some(1), Some(5), &[(1, 5), (5, 5)]), &["covers nothing"]),
            ((Some(5), Some(4), &[(5, 4)]), &["goes back"]),
        ];
        for (ledger, expected) in cases {
            let found = faults(ledger);
            assert_eq!(found.len(), expected.len(), "{ledger:?}: {found:?}");
            for (found, expected) in found.iter().zip(expected) {
                assert!(found.contains(expected), "{found} / {expected}");
            }
        }
    }
}
