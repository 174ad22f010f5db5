//! What a run did about dead letters: which it opens, which it passed over, which it has read. Pure.

use std::time::Duration;

use shared::attempt::{RunMode, RunOrder, SkipItem};
use shared::time::Timestamp;

use crate::ingest::Passed;
use crate::outcome::{CrashId, DecisionKind, ItemAt, Outcome};
use crate::store::{DeadLetter, LetterEnds, LetterStatus, NewLetter, PassedLetter, RunCounters};

/// A run that has ended, and the dead letters of its worker as they were when it began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<'a> {
    pub order: &'a RunOrder,
    pub letters: &'a [DeadLetter],
    pub outcome: &'a Outcome,
    pub counters: &'a RunCounters,
    pub passed: &'a [Passed],
}

/// The items that a run of this worker is told to pass over, in the order of its letters.
pub(super) fn skips(letters: &[DeadLetter]) -> Vec<SkipItem> {
    with(letters, LetterStatus::Open)
        .map(|letter| letter.item.clone())
        .take(shared::attempt::MAX_SKIPS)
        .collect()
}

/// The items that someone asked to be read again.
pub(super) fn retried(letters: &[DeadLetter]) -> Vec<SkipItem> {
    with(letters, LetterStatus::Retrying)
        .map(|letter| letter.item.clone())
        .collect()
}

/// The stretch of time that a run in window mode was to read: its window with the overlap before it, and
/// its deep pass.
pub(super) fn stretch(order: &RunOrder) -> Option<(Timestamp, Timestamp)> {
    let RunMode::Window(window) = &order.mode else {
        return None;
    };
    let from = window
        .cursor
        .minus(Duration::from_millis(window.overlap_ms));
    Some(window.deep.map_or((from, window.until), |deep| {
        (from.min(deep.from), window.until.max(deep.until))
    }))
}

fn with(letters: &[DeadLetter], status: LetterStatus) -> impl Iterator<Item = &DeadLetter> {
    letters.iter().filter(move |letter| letter.status == status)
}

/// What becomes of the letters. `kind` is what was decided, `at` the item that the run was at when
/// it ended, and `crash` its report.
pub(super) fn ends(
    run: Run<'_>,
    kind: DecisionKind,
    at: Option<&ItemAt>,
    crash: CrashId,
) -> LetterEnds {
    let opened = at
        .filter(|_| kind == DecisionKind::Skip)
        .map(|at| NewLetter {
            item: at.item.clone(),
            slice: at
                .slice
                .map(|(start, end)| (start.minus(overlap(run.order)), end)),
            crash,
        });
    let open: Vec<&DeadLetter> = with(run.letters, LetterStatus::Open).collect();
    let passed = run.passed.iter().filter_map(|passed| {
        Some(PassedLetter {
            id: open.get(passed.skip)?.id,
            slice: passed.slice,
        })
    });
    let resolved = with(run.letters, LetterStatus::Retrying).filter(|letter| has_read(run, letter));
    LetterEnds {
        opened,
        passed: passed.collect(),
        resolved: resolved.map(|letter| letter.id).collect(),
    }
}

/// An item of the first slice may stand before what the slice covers.
fn overlap(order: &RunOrder) -> Duration {
    match &order.mode {
        RunMode::Window(window) => Duration::from_millis(window.overlap_ms),
        RunMode::Snapshot(_) | RunMode::Rescan(_) => Duration::ZERO,
    }
}

/// Whether the run, which did not pass the letter's item over, has read where it stands.
fn has_read(run: Run<'_>, letter: &DeadLetter) -> bool {
    if *run.outcome != Outcome::Completed {
        return false;
    }
    match (&run.order.mode, letter.slice) {
        (RunMode::Window(window), Some((start, end))) => {
            // A slice that a clock which was ahead had put into the future ends where the pass does.
            let within = window
                .deep
                .filter(|deep| deep.from <= start && start < deep.until);
            let end = within.map_or(end, |deep| end.min(deep.until));
            let deep = run.counters.deep.is_some_and(|deep| deep >= end);
            let from = window
                .cursor
                .minus(Duration::from_millis(window.overlap_ms));
            let cursor = run.counters.cursor.is_some_and(|cursor| cursor >= end);
            deep || (cursor && from <= start)
        }
        (RunMode::Window(_) | RunMode::Snapshot(_) | RunMode::Rescan(_), _) => {
            run.counters.slices > 0
        }
    }
}

#[cfg(test)]
mod tests;
