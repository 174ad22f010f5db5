//! `bulkhead cursor show|set`.

use serde::Serialize;
use shared::time::Timestamp;
use shared::worker::Worker;

use super::args::{BadInput, CursorSet};
use super::output::{Output, distance, span};
use super::{Exit, Place, account};
use crate::clock::Clock;
use crate::os;
use crate::store::{CursorMove, CursorMoved, CursorStep, MoveRefused, StoreError};

#[derive(Serialize)]
struct CursorAnswer {
    account: String,
    worker: Worker,
    /// Where the ledger begins.
    since: Option<String>,
    /// Everything before it is stored, but for the gaps.
    cursor: Option<String>,
    gaps: Vec<GapAnswer>,
    /// Moves by hand, oldest first.
    moves: Vec<MoveAnswer>,
}

/// A stretch that was declared as not to be read.
#[derive(Serialize)]
pub(super) struct GapAnswer {
    account: String,
    worker: String,
    start: String,
    end: String,
    at: String,
    by: String,
    reason: String,
}

#[derive(Serialize)]
struct MoveAnswer {
    from: Option<String>,
    to: String,
    at: String,
    by: String,
    reason: String,
}

pub(super) async fn show(
    place: &Place,
    account: &str,
    worker: Worker,
    output: Output,
) -> anyhow::Result<Exit> {
    let store = place.store().await?;
    let known = account::named(&store, account).await?;
    let state = store.sync_state(known.id, worker).await?;
    let gaps = store.declared_gaps(known.id, worker).await?;
    let moves = store.cursor_moves(known.id, worker).await?;
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let answer = CursorAnswer {
        account: known.name,
        worker,
        since: text(state.since),
        cursor: text(state.cursor),
        gaps: gaps.into_iter().map(GapAnswer::of).collect(),
        moves: moves
            .into_iter()
            .map(|one| MoveAnswer {
                from: text(one.from),
                to: one.to.to_string(),
                at: one.at.to_string(),
                by: one.by,
                reason: one.reason,
            })
            .collect(),
    };
    output.answer(&answer, |answer| words(answer, state.cursor))?;
    Ok(Exit::Done)
}

impl GapAnswer {
    pub(super) fn of(gap: crate::store::DeclaredGap) -> Self {
        Self {
            account: gap.account,
            worker: gap.worker,
            start: gap.start.to_string(),
            end: gap.end.to_string(),
            at: gap.at.to_string(),
            by: gap.by,
            reason: gap.reason,
        }
    }

    pub(super) fn words(&self) -> String {
        format!(
            "{} of {} from {} to {}: {}, {}, {}",
            self.worker,
            self.account,
            self.start,
            self.end,
            self.by,
            self.at,
            self.reason.escape_debug()
        )
    }
}

fn words(answer: &CursorAnswer, cursor: Option<Timestamp>) -> String {
    let now = Clock.now();
    let mut lines = Vec::new();
    match (&answer.since, &answer.cursor) {
        (Some(since), Some(at)) => {
            let ago = cursor.map_or_else(String::new, |cursor| distance(cursor, now));
            lines.push(format!(
                "cursor {at} ({ago}); everything since {since} was read"
            ));
        }
        _ => lines.push("no cursor: nothing was read yet".to_owned()),
    }
    for gap in &answer.gaps {
        lines.push(format!("not read, as declared: {}", gap.words()));
    }
    for one in &answer.moves {
        let from = one.from.as_deref().unwrap_or("nowhere");
        let reason = match one.reason.as_str() {
            "" => String::new(),
            reason => format!(": {}", reason.escape_debug()),
        };
        lines.push(format!(
            "moved from {from} to {} by {} at {}{reason}",
            one.to, one.by, one.at
        ));
    }
    lines.join("\n")
}

pub(super) async fn set(place: &Place, set: &CursorSet, output: Output) -> anyhow::Result<Exit> {
    let store = place.store().await?;
    let known = account::named(&store, &set.account).await?;
    let by = os::user_name();
    let wanted = CursorMove {
        clock_was_wrong: false,
        account: known.id,
        worker: set.worker,
        to: set.time,
        accept_gap: set.accept_gap,
        by: &by,
        reason: set.reason.as_deref().unwrap_or(""),
    };
    let moved = match store.move_cursor(&wanted, Clock.now()).await {
        Err(StoreError::LeaseHeld { holder, .. }) => {
            return Err(anyhow::anyhow!(
                "{} is being synced by {holder}; nothing was changed: try again when bulkhead status does not say running, or stop the service first",
                known.name
            ));
        }
        other => other?,
    };
    let (from, step) = match moved {
        CursorMoved::Moved { from, step } => (from, step),
        CursorMoved::Refused(why) => return Err(BadInput(refused(set, why)).into()),
    };
    let from_text = from.map(|from| from.to_string());
    let answer = serde_json::json!({
        "account": known.name, "worker": set.worker, "from": from_text,
        "to": set.time.to_string(), "gap": step == CursorStep::Gap,
    });
    output.answer(&answer, |_| done(set, from, step))?;
    Ok(Exit::Done)
}

fn done(set: &CursorSet, from: Option<Timestamp>, step: CursorStep) -> String {
    let CursorSet {
        account,
        worker,
        time,
        ..
    } = set;
    match step {
        CursorStep::Back => format!(
            "{worker} of {account} reads again from {time} on, {} of it; it is due now",
            span(from.unwrap_or(*time).since(*time))
        ),
        CursorStep::Begin => {
            format!("{worker} of {account} reads from {time} on; it is due now")
        }
        CursorStep::Gap => format!(
            "{worker} of {account} goes on from {time}; the {} before it stay unread and are in the ledger as a gap",
            span(time.since(from.unwrap_or(*time)))
        ),
    }
}

fn refused(set: &CursorSet, why: MoveRefused) -> String {
    let CursorSet {
        account,
        worker,
        time,
        ..
    } = set;
    let why = match why {
        MoveRefused::Snapshot => {
            format!("{worker} reads everything every time: it has no cursor to move")
        }
        MoveRefused::Same => format!("the cursor of {worker} of {account} is at {time} already"),
        MoveRefused::Future => format!("{time} has not come yet: name a time that has passed"),
        MoveRefused::Gap => format!(
            "{time} is after the cursor of {worker} of {account}: what lies between would never be read; add --accept-gap and --reason WHY if that is meant"
        ),
        MoveRefused::NoReason => "a gap needs a --reason that says something".to_owned(),
    };
    format!("{why}; nothing was changed")
}
