//! `bulkhead crash prune`.

use serde::Serialize;

use crate::cli::output::{Output, mib, table};
use crate::cli::{Exit, Place};
use crate::clock::Clock;
use crate::crash::{Bound, KeepBounds, Removal, Removed};
use crate::daemon::pruning::{carry_out, to_prune};

#[derive(Serialize)]
struct PruneAnswer {
    /// Nothing was removed: this is what would be.
    dry_run: bool,
    /// Bytes that are free now, or would be.
    bytes: u64,
    removed: Vec<Removal>,
}

pub(super) async fn prune(
    place: &Place,
    bounds: KeepBounds,
    dry_run: bool,
    output: Output,
) -> anyhow::Result<Exit> {
    let store = place.store().await?;
    let removed = to_prune(&store, &place.state_dir, bounds, Clock.now()).await?;
    if !dry_run {
        carry_out(&store, &place.state_dir, &removed).await?;
    }
    let answer = PruneAnswer {
        dry_run,
        bytes: removed.iter().map(|removal| removal.bytes).sum(),
        removed,
    };
    output.answer(&answer, words)?;
    Ok(if answer.removed.is_empty() {
        Exit::NothingDue
    } else {
        Exit::Done
    })
}

fn words(answer: &PruneAnswer) -> String {
    if answer.removed.is_empty() {
        return "nothing to remove: every crash report is within the bounds, or must be kept"
            .to_owned();
    }
    let lines = answer.removed.iter().map(|removal| {
        let what = match removal.what {
            Removed::Everything => "report and files",
            Removed::Recording => "recording",
        };
        let why = match removal.beyond {
            Bound::Age => "too old",
            Bound::Count => "too many",
            Bound::Bytes => "too many bytes",
        };
        vec![
            removal.id.to_string(),
            what.to_owned(),
            why.to_owned(),
            mib(removal.bytes),
        ]
    });
    let head = ["ID", "REMOVED", "WHY", "FREES"];
    let sum = mib(answer.bytes);
    let last = if answer.dry_run {
        format!("{sum} would be free; nothing was removed (--dry-run)")
    } else {
        format!("{sum} are free")
    };
    format!("{}\n{last}", table(&head, lines))
}
