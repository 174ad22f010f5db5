//! `bulkhead crash`: the reports of deaths and failures, and what can be done with them.

mod export;
mod list;
mod prune;
mod replay;
mod show;
mod sought;
mod words;

use std::path::PathBuf;

use super::args::{BadInput, CrashCommand};
use super::output::Output;
use super::{Exit, Place};
use crate::config::{Bytes, Span};
use crate::daemon::pruning::bounds;
use crate::outcome::{CrashId, CrashReport};
use crate::store::{Store, StoreError};

pub(super) async fn crash(
    place: &Place,
    command: CrashCommand,
    output: Output,
) -> anyhow::Result<Exit> {
    match command {
        CrashCommand::List { limit } => list::list(place, limit, output).await,
        CrashCommand::Show { id } => show::show(place, id, output).await,
        CrashCommand::Replay { id, no_limits } => {
            replay::replay(place, id, no_limits, output).await
        }
        CrashCommand::Export { id, to } => export::export(place, id, to, output).await,
        CrashCommand::Prune {
            older_than,
            keep,
            max_bytes,
            dry_run,
        } => {
            let mut bounds = bounds(&place.config.crashes);
            bounds.keep_for = older_than.map_or(bounds.keep_for, Span::duration);
            bounds.keep_count = keep.unwrap_or(bounds.keep_count);
            bounds.keep_bytes = max_bytes.map_or(bounds.keep_bytes, Bytes::get);
            prune::prune(place, bounds, dry_run, output).await
        }
    }
}

/// The directory of a crash.
fn directory(place: &Place, id: CrashId) -> PathBuf {
    place.state_dir.join("crashes").join(id.to_string())
}

/// The report, or that there is none.
async fn report(store: &Store, id: CrashId) -> anyhow::Result<CrashReport> {
    store.crash(id).await.map_err(|error| {
        if matches!(error, StoreError::NotFound { .. }) {
            BadInput(format!(
                "there is no crash report {id}; bulkhead crash list shows them"
            ))
            .into()
        } else {
            anyhow::Error::new(error)
        }
    })
}
