//! Windows and their slices: which stretch of time is read next.
//!
//! Both processes compute slices with [`next_slice`]; the supervisor accepts only the checkpoint
//! of the slice that it computed itself.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The longest stretch that one checkpoint may cover: 24 h.
pub const MAX_STEP: Duration = Duration::from_hours(24);

/// What a run in window mode must cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowOrder {
    /// Everything before it is stored.
    pub cursor: Timestamp,
    /// The end of the window, exclusive: now minus the lag.
    pub until: Timestamp,
    /// The longest coverage of one slice, in milliseconds; capped at [`MAX_STEP`].
    pub step_ms: u64,
    /// How far before the cursor the first slice also fetches, in milliseconds.
    pub overlap_ms: u64,
    /// What to read once more when the window is covered.
    pub deep: Option<DeepOrder>,
}

/// The deep pass: older items whose later changes eBay's filter does not see. It moves no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeepOrder {
    /// Where it begins, or goes on after an interruption.
    pub from: Timestamp,
    /// Its end, exclusive.
    pub until: Timestamp,
}

impl WindowOrder {
    /// The deep pass as a window of its own, for [`next_slice`].
    pub fn deep_window(&self) -> Option<Self> {
        self.deep.map(|deep| Self {
            cursor: deep.from,
            until: deep.until,
            step_ms: self.step_ms,
            overlap_ms: 0,
            deep: None,
        })
    }
}

/// One stretch of a window: coverage `[start, end)`, fetched from `fetch_start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// Where fetching begins: before `start` only in the first slice of a run.
    pub fetch_start: Timestamp,
    /// Where coverage begins: the cursor.
    pub start: Timestamp,
    /// Where coverage ends, exclusive: the cursor after the checkpoint.
    pub end: Timestamp,
}

/// The slice that follows `cursor`, or `None` when the window is covered.
///
/// Every slice has `end > start`, so every committed slice strictly advances the cursor.
pub fn next_slice(order: &WindowOrder, cursor: Timestamp) -> Option<Slice> {
    if cursor >= order.until {
        return None;
    }
    let step = Duration::from_millis(order.step_ms.max(1)).min(MAX_STEP);
    let overlap = if cursor == order.cursor {
        order.overlap_ms
    } else {
        0
    };
    Some(Slice {
        fetch_start: cursor.minus(Duration::from_millis(overlap)),
        start: cursor,
        end: cursor.plus(step).min(order.until),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn order(cursor: i64, until: i64, step: i64) -> WindowOrder {
        WindowOrder {
            cursor: Timestamp(cursor),
            until: Timestamp(until),
            step_ms: u64::try_from(step).unwrap(),
            overlap_ms: 1_800_000,
            deep: None,
        }
    }

    #[test]
    fn slices() {
        let cases = [
            // (window, cursor, expected (fetch_start, start, end), why)
            (
                order(0, 10, HOUR),
                0,
                Some((-1_800_000, 0, 10)),
                "first slice overlaps, ends at until",
            ),
            (
                order(0, 50 * HOUR, 24 * HOUR),
                24 * HOUR,
                Some((24 * HOUR, 24 * HOUR, 48 * HOUR)),
                "later slices do not overlap",
            ),
            (
                order(0, 50 * HOUR, 48 * HOUR),
                0,
                Some((-1_800_000, 0, 24 * HOUR)),
                "never more than 24 h",
            ),
            (order(0, 10, HOUR), 10, None, "covered"),
            (
                order(20, 10, HOUR),
                20,
                None,
                "until before cursor: a clock that went back",
            ),
            (
                order(0, 10, 0),
                0,
                Some((-1_800_000, 0, 1)),
                "a zero step still advances",
            ),
        ];
        for (order, cursor, expected, why) in cases {
            let slice = next_slice(&order, Timestamp(cursor));
            let expected = expected.map(|(fetch_start, start, end)| Slice {
                fetch_start: Timestamp(fetch_start),
                start: Timestamp(start),
                end: Timestamp(end),
            });
            assert_eq!(slice, expected, "{why}");
        }
    }

    #[test]
    fn a_deep_pass_is_a_window_of_its_own() {
        let mut order = order(100 * HOUR, 101 * HOUR, 24 * HOUR);
        assert_eq!(order.deep_window(), None);
        let deep = |from: i64, until: i64| DeepOrder {
            from: Timestamp(from),
            until: Timestamp(until),
        };
        let cases = [
            // (deep pass, cursor of it, expected end of the slice, why)
            (
                deep(0, 101 * HOUR),
                0,
                Some(24 * HOUR),
                "in steps of the window",
            ),
            (
                deep(0, 101 * HOUR),
                96 * HOUR,
                Some(101 * HOUR),
                "to its end",
            ),
            (
                deep(0, 30 * HOUR),
                24 * HOUR,
                Some(30 * HOUR),
                "its own end",
            ),
            (deep(0, 30 * HOUR), 30 * HOUR, None, "covered"),
            (
                deep(30 * HOUR, 30 * HOUR),
                30 * HOUR,
                None,
                "nothing is left",
            ),
        ];
        for (deep, cursor, end, why) in cases {
            order.deep = Some(deep);
            let window = order.deep_window().unwrap();
            assert_eq!(window.cursor, deep.from, "{why}");
            let cursor = Timestamp(cursor);
            let expected = end.map(|end| Slice {
                fetch_start: cursor,
                start: cursor,
                end: Timestamp(end),
            });
            assert_eq!(next_slice(&window, cursor), expected, "{why}");
        }
        assert_eq!(
            next_slice(&order, order.cursor).map(|slice| slice.end),
            Some(order.until),
            "the window itself is as without one"
        );
    }

    #[test]
    fn slices_tile_the_window() {
        let order = order(0, 90 * 24 * HOUR + 7, 24 * HOUR);
        let mut cursor = order.cursor;
        let mut count = 0;
        while let Some(slice) = next_slice(&order, cursor) {
            assert_eq!(slice.start, cursor);
            assert!(slice.end > slice.start);
            cursor = slice.end;
            count += 1;
        }
        assert_eq!((cursor, count), (order.until, 91));
    }
}
