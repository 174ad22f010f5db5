//! Moving a cursor by hand: what that does to the ledger, and when it is refused. No I/O.

use shared::id::AccountId;
use shared::time::Timestamp;
use shared::worker::{Mode, Worker};

/// A cursor that someone wants to move.
#[derive(Debug, Clone, Copy)]
pub struct CursorMove<'a> {
    /// Whose.
    pub account: AccountId,
    /// Which worker.
    pub worker: Worker,
    /// Where to.
    pub to: Timestamp,
    /// The clock was wrong: what a snapshot committed of the time to come is taken back, too.
    pub clock_was_wrong: bool,
    /// Whether a stretch may be left unread.
    pub accept_gap: bool,
    /// Who asks.
    pub by: &'a str,
    /// Why; may be empty unless there is a gap.
    pub reason: &'a str,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorMoved {
    /// It was moved from there; `None` if there was no cursor.
    Moved {
        /// Where it was.
        from: Option<Timestamp>,
        /// What that does.
        step: CursorStep,
    },
    /// Nothing was written.
    Refused(MoveRefused),
}

/// What moving a cursor does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorStep {
    /// The ledger is cut; what was covered after that is read again.
    Back,
    /// The ledger begins anew there.
    Begin,
    /// A stretch stays unread: it enters the ledger as a gap.
    Gap,
}

/// Why a cursor is not moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveRefused {
    /// It reads everything every time.
    Snapshot,
    /// It is there already.
    Same,
    /// After now.
    Future,
    /// A stretch would stay unread, and nobody said that it may.
    Gap,
    /// A gap without a reason.
    NoReason,
}

/// A gap that someone declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredGap {
    /// The account's name.
    pub account: String,
    /// The worker's name.
    pub worker: String,
    /// From where.
    pub start: Timestamp,
    /// To where.
    pub end: Timestamp,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A move of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastMove {
    /// From where; `None` if there was no cursor.
    pub from: Option<Timestamp>,
    /// To where.
    pub to: Timestamp,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// Why; may be empty.
    pub reason: String,
}

/// What a move does to a ledger that covers `since` to `cursor`.
pub(super) fn step(
    wanted: &CursorMove<'_>,
    (since, cursor): (Option<Timestamp>, Option<Timestamp>),
    now: Timestamp,
) -> Result<CursorStep, MoveRefused> {
    if wanted.worker.mode() == Mode::Snapshot && !wanted.clock_was_wrong {
        return Err(MoveRefused::Snapshot);
    }
    if wanted.to > now {
        return Err(MoveRefused::Future);
    }
    let Some((since, cursor)) = since.zip(cursor) else {
        return Ok(CursorStep::Begin);
    };
    if wanted.to == cursor {
        Err(MoveRefused::Same)
    } else if wanted.to <= since {
        Ok(CursorStep::Begin)
    } else if wanted.to < cursor {
        Ok(CursorStep::Back)
    } else if !wanted.accept_gap {
        Err(MoveRefused::Gap)
    } else if wanted.reason.trim().is_empty() {
        Err(MoveRefused::NoReason)
    } else {
        Ok(CursorStep::Gap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        use CursorStep::{Back, Begin, Gap};
        let ledger = (Some(10), Some(90));
        let none = (None, None);
        let cases = [
            (ledger, 50, false, "", Ok(Back), "within the ledger"),
            (ledger, 10, false, "", Ok(Begin), "where it begins"),
            (ledger, 5, false, "", Ok(Begin), "before it begins"),
            (ledger, 90, true, "x", Err(MoveRefused::Same), "no move"),
            (
                ledger,
                95,
                false,
                "x",
                Err(MoveRefused::Gap),
                "not accepted",
            ),
            (
                ledger,
                95,
                true,
                " ",
                Err(MoveRefused::NoReason),
                "no reason",
            ),
            (ledger, 95, true, "x", Ok(Gap), "a declared gap"),
            (
                ledger,
                101,
                true,
                "x",
                Err(MoveRefused::Future),
                "after now",
            ),
            (none, 50, false, "", Ok(Begin), "it never ran"),
        ];
        for ((since, cursor), to, accept_gap, reason, expected, why) in cases {
            let wanted = |worker| CursorMove {
                account: AccountId(1),
                worker,
                to: Timestamp(to),
                clock_was_wrong: false,
                accept_gap,
                by: "me",
                reason,
            };
            let ledger = (since.map(Timestamp), cursor.map(Timestamp));
            let now = Timestamp(100);
            assert_eq!(
                step(&wanted(Worker::Orders), ledger, now),
                expected,
                "{why}"
            );
            let snapshot = step(&wanted(Worker::Offers), ledger, now);
            assert_eq!(snapshot, Err(MoveRefused::Snapshot));
            let snapshot = CursorMove {
                clock_was_wrong: true,
                ..wanted(Worker::Offers)
            };
            assert_eq!(step(&snapshot, ledger, now), expected, "{why}");
        }
    }
}
