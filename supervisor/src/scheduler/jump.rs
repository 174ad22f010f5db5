//! What a due time and a cursor are worth when the clock was set back since they were stored. Pure.
//!
//! A clock that is set forward makes everything due at once, which the slots bound and which the fixed rate
//! does not repeat. One that is set back leaves due times far ahead: without this nothing would run
//! until the time has come once more.

use std::time::Duration;

use shared::time::Timestamp;
use shared::worker::Mode;

use crate::clock::SLIGHT;

/// A ledger of snapshots that covers no more than this is no loss.
const CHEAP: Duration = Duration::from_hours(24);

/// When it is due, where `last` is when it was last started or ended: as stored, or now if that
/// was in the future, so that it runs once and is noted by the clock as it is. How long it was to wait is
/// not known then; a quarantine holds.
pub(super) fn due_at(stored: Timestamp, last: Option<Timestamp>, now: Timestamp) -> Timestamp {
    if last.is_some_and(|last| was_set_back(last, now)) {
        stored.min(now)
    } else {
        stored
    }
}

/// What is known of a cursor and its ledger when the cursor is ahead of the time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ahead {
    /// Of what kind of worker.
    pub mode: Mode,
    /// The cursor.
    pub cursor: Timestamp,
    /// Where the earliest stretch begins that ends after now.
    pub begin: Timestamp,
    /// When the account was added.
    pub born: Timestamp,
}

/// By how much a cursor may be ahead of the time: what lies so far before it is read again anyway, and
/// so far clocks differ all the time. The next snapshot waits for as long.
pub(super) fn may_be_ahead(overlap: Duration) -> Duration {
    SLIGHT.min(overlap)
}

/// Where a cursor is moved back to that ran ahead of the time.
///
/// To the beginning of the stretch in which the time now lies: nothing is lost by reading that again,
/// whichever way the clock was wrong. If nothing of the ledger has happened yet, it begins anew as long
/// ago as it did. With a clock that is behind the account's birth, it may as well be the clock that is
/// wrong now: then only snapshots of a day at most are given up, which the next one makes up for.
pub(super) fn back_to(ahead: &Ahead, now: Timestamp) -> Option<Timestamp> {
    if ahead.begin <= now {
        return Some(ahead.begin);
    }
    let covered = ahead.cursor.since(ahead.begin);
    let cheap = ahead.mode == Mode::Snapshot && covered <= CHEAP;
    (now >= ahead.born || cheap).then(|| now.minus(covered))
}

/// Whether the clock was set back between two looks.
pub(super) fn was_set_back(last: Timestamp, now: Timestamp) -> bool {
    last > now.plus(SLIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_put_right_was_not_set_back() {
        for (last, now, expected) in [(0, 5, false), (60_000, 0, false), (60_001, 0, true)] {
            assert_eq!(was_set_back(Timestamp(last), Timestamp(now)), expected);
        }
    }

    #[test]
    fn a_cursor_that_ran_ahead_goes_back_to_what_was_true() {
        use Mode::{Snapshot, Window};
        const DAY: i64 = 86_400_000;
        // (mode, cursor, begin, born, expected at 100, why)
        let table = [
            (Window, 200, 90, 5, Some(90), "where the time lies"),
            (Window, 200, 90, 150, Some(90), "added by a clock ahead"),
            (Snapshot, 200, 200, 5, Some(100), "a first one, to come"),
            (Window, 300, 150, 5, Some(-50), "a first one, to come"),
            (Snapshot, 250, 200, 150, Some(50), "by a clock ahead"),
            (Snapshot, 102 + DAY, 101, 101, None, "a clock behind"),
            (Window, 200, 150, 101, None, "a clock behind"),
        ];
        for (mode, cursor, begin, born, expected, why) in table {
            let [cursor, begin, born] = [cursor, begin, born].map(Timestamp);
            let ahead = Ahead {
                mode,
                cursor,
                begin,
                born,
            };
            let to = back_to(&ahead, Timestamp(100));
            assert_eq!(to, expected.map(Timestamp), "{why}");
        }
        let short = Duration::from_secs(1);
        assert_eq!(may_be_ahead(short), short);
        assert_eq!(may_be_ahead(Duration::from_hours(1)), SLIGHT);
    }

    #[test]
    fn a_clock_that_was_set_back_stops_nobody() {
        const DAY: i64 = 86_400_000;
        let now = 100 * DAY;
        let table = [
            // (stored, last, expected, why)
            (now + 300, None, now + 300, "never ran: planned by hand"),
            (now + 300, Some(now - 5), now + 300, "as usual"),
            (now - 300, Some(now - 600), now - 300, "due, as usual"),
            (now + 300, Some(now), now + 300, "just now"),
            (
                now + 70_000,
                Some(now + 60_000),
                now + 70_000,
                "put right a little",
            ),
            (now + DAY + 300, Some(now + DAY), now, "set back by a day"),
            (
                now - 300,
                Some(now + DAY),
                now - 300,
                "set back, and due all the same",
            ),
            (
                now + 2 * DAY,
                Some(now - 5),
                now + 2 * DAY,
                "a long snooze is no jump",
            ),
            (
                now - DAY,
                Some(now - DAY - 300),
                now - DAY,
                "set forward by a day: due",
            ),
        ];
        for (stored, last, expected, why) in table {
            let due = due_at(Timestamp(stored), last.map(Timestamp), Timestamp(now));
            assert_eq!(due, Timestamp(expected), "{why}");
        }
    }
}
