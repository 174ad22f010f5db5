//! Which item a run died of: the last one that it worked on, if that was the same twice in a row.
//!
//! An item is known by its key. One without a key is known by its place, which says something only
//! while the body that brought it stays the same: so a slice is narrowed first.

use shared::attempt::SkipItem;
use shared::failure::{Failure, Place};
use shared::flight::{REQUEST_TEXT, RunStage};
use shared::time::Timestamp;

use crate::outcome::{Cause, ItemAt, Outcome};

/// How the child marks eBay's own id of a request, behind its text.
const REQUEST_ID: &str = " [id ";
/// A text that takes more of the recorder's room than this may have been cut.
const REQUEST_ROOM: usize = REQUEST_TEXT - 8;

/// The item that a run was working on when it ended like this, if an item can be the reason.
///
/// `stage` is what the flight recorder says of the run: a claim, so that its slice counts only as far
/// as it lies in `ordered`, the stretch of time that the run was to read.
pub fn item_at(
    outcome: &Outcome,
    stage: Option<&RunStage>,
    ordered: Option<(Timestamp, Timestamp)>,
) -> Option<ItemAt> {
    let item = match outcome {
        Outcome::Died(cause) if may_be_an_items(cause) => worked_on(stage?)?,
        Outcome::Failed(Failure::BadData { place, .. } | Failure::TooLarge { place, .. }) => {
            complained_of(place, stage)?
        }
        Outcome::Completed
        | Outcome::Snoozed { .. }
        | Outcome::Failed(_)
        | Outcome::Died(_)
        | Outcome::Interrupted
        | Outcome::Cancelled
        | Outcome::Drained => return None,
    };
    let slice = stage.zip(ordered).and_then(|(stage, (from, until))| {
        let start = Timestamp(stage.slice_start).max(from);
        let end = Timestamp(stage.slice_end).min(until);
        (start < end).then_some((start, end))
    });
    Some(ItemAt {
        item,
        slice,
        charged_at: None,
    })
}

/// An item cannot make a run slow as a whole, nor its frames illegal: what is sent then is not
/// what is being worked on.
const fn may_be_an_items(cause: &Cause) -> bool {
    match cause {
        Cause::Failed { .. }
        | Cause::MemoryLimit
        | Cause::StackOverflow
        | Cause::Panic
        | Cause::Abort
        | Cause::CpuLimit
        | Cause::Signal { .. }
        | Cause::Hung
        | Cause::ExitedEarly
        | Cause::Unknown => true,
        Cause::Completed
        | Cause::KernelOom
        | Cause::Deadline
        | Cause::NeverReady
        | Cause::Cancelled
        | Cause::Drained
        | Cause::KilledExternally
        | Cause::ProtocolViolation { .. }
        | Cause::SpawnFailed { .. } => false,
    }
}

fn worked_on(stage: &RunStage) -> Option<SkipItem> {
    Some(SkipItem {
        key: stage.key.clone(),
        request: without_id(&stage.last_request).to_owned(),
        item: stage.at?,
    })
}

fn complained_of(place: &Place, stage: Option<&RunStage>) -> Option<SkipItem> {
    let item = place.item?;
    let key = stage.filter(|stage| stage.at == Some(item));
    Some(SkipItem {
        key: key.map(|stage| stage.key.clone()).unwrap_or_default(),
        request: without_id(&place.request).to_owned(),
        item,
    })
}

fn without_id(request: &str) -> &str {
    match request.rfind(REQUEST_ID) {
        Some(at) if request.len() < REQUEST_ROOM => request.get(..at).unwrap_or(request),
        Some(_) | None => request,
    }
}

/// Whether both are the same item: by key, or without one by its place. A place is only told by a
/// request that names its page, and whose text is whole.
pub(super) fn is_same(one: &SkipItem, other: &SkipItem) -> bool {
    if !one.key.is_empty() || !other.key.is_empty() {
        return one.key == other.key;
    }
    one == other && one.request.starts_with("GET ") && one.request.len() < REQUEST_ROOM
}

#[cfg(test)]
mod tests;
