//! Pruning of crash reports: looks at database and disk, lets the pure decision decide, removes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use shared::time::Timestamp;

use crate::config::CrashesConfig;
use crate::crash::{
    CrashFiles, KeepBounds, KeptCrash, Removal, Removed, list, prune, remove, remove_recording,
};
use crate::outcome::CrashId;
use crate::store::{Store, StoreError};

/// Between two prunings of a running service.
pub(super) const EVERY: Duration = Duration::from_hours(1);

/// Why pruning did not come to its end. What it had removed until then is gone.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file or directory.
    #[error("{action} {path} failed: {source}")]
    Files {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
}

/// The bounds of the configuration.
pub fn bounds(config: &CrashesConfig) -> KeepBounds {
    KeepBounds {
        keep_for: config.keep_for.duration(),
        keep_count: config.keep_count,
        keep_bytes: config.keep_bytes.get(),
    }
}

/// How far the clock is believed to have gone on since anything last started here, besides the time
/// that this service has lived.
const BELIEVED: Duration = Duration::from_hours(24);

/// The time by which ages are told: `now`, but not much later than the newest start of an attempt. A
/// clock that is far ahead would make everything old, and what is pruned does not come back. Once
/// something has started by that clock it is believed.
pub(super) fn as_of(now: Timestamp, newest_start: Option<Timestamp>, lived: Duration) -> Timestamp {
    newest_start.map_or(now, |newest| now.min(newest.plus(BELIEVED).plus(lived)))
}

/// What pruning would remove now.
pub async fn to_prune(
    store: &Store,
    state_dir: &Path,
    bounds: KeepBounds,
    now: Timestamp,
) -> Result<Vec<Removal>, PruneError> {
    let crashes = state_dir.join("crashes");
    // The disk first: a directory seen here whose attempt has ended by the next line has its row
    // by the line after that.
    let files = aside(move || {
        list(&crashes).map_err(|source| PruneError::Files {
            action: "looking through",
            path: crashes,
            source,
        })
    })
    .await?;
    let running = store.running_attempts().await?;
    let held = store.held_crashes().await?;
    let rows = store.crash_times().await?;
    let mut kept = merge(files, rows, &held);
    let runs = |crash: &KeptCrash| crash.id.attempt().is_some_and(|id| running.contains(&id));
    kept.retain(|crash| !runs(crash));
    Ok(prune(kept, bounds, now))
}

/// Removes what `to_prune` found: directories first, so that what is left half-way is a report
/// that says that its files are gone.
pub async fn carry_out(
    store: &Store,
    state_dir: &Path,
    removals: &[Removal],
) -> Result<(), PruneError> {
    let crashes = state_dir.join("crashes");
    let todo = removals.to_vec();
    // One that cannot be removed does not keep the others.
    let (gone, failed) = aside(move || {
        let (mut gone, mut failed) = (Vec::new(), None);
        for removal in &todo {
            match remove_files(&crashes, removal) {
                Ok(()) if removal.what == Removed::Everything => gone.push(removal.id),
                Ok(()) => {}
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        Ok((gone, failed))
    })
    .await?;
    store.remove_crashes(&gone).await?;
    failed.map_or(Ok(()), Err)
}

fn remove_files(crashes: &Path, removal: &Removal) -> Result<(), PruneError> {
    let removed = match removal.what {
        Removed::Everything => remove(crashes, removal.id),
        Removed::Recording => remove_recording(crashes, removal.id),
    };
    removed.map_err(|source| PruneError::Files {
        action: "removing files of",
        path: crashes.join(removal.id.to_string()),
        source,
    })
}

/// Away from the threads that talk to children: large files take their time.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PruneError> + Send + 'static,
) -> Result<T, PruneError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(PruneError::Files {
            action: "looking after",
            path: PathBuf::from("crashes"),
            source: io::Error::other(error),
        }),
    }
}

/// What is on disk and what is in the database, one entry for each crash. One without a row, left
/// by a supervisor that was killed, is as old as its directory.
fn merge(
    files: Vec<CrashFiles>,
    rows: Vec<(CrashId, Timestamp)>,
    held: &BTreeSet<CrashId>,
) -> Vec<KeptCrash> {
    let mut kept: BTreeMap<CrashId, KeptCrash> = BTreeMap::new();
    for files in files {
        let crash = KeptCrash {
            id: files.id,
            at: files.at,
            bytes: files.bytes,
            recording: files.recording,
            held: held.contains(&files.id),
        };
        kept.insert(files.id, crash);
    }
    for (id, at) in rows {
        let fresh = || KeptCrash {
            id,
            at,
            bytes: 0,
            recording: None,
            held: held.contains(&id),
        };
        kept.entry(id).or_insert_with(fresh).at = at;
    }
    kept.into_values().collect()
}

/// Says what was pruned.
pub(super) fn tell(removals: &[Removal]) {
    if removals.is_empty() {
        return;
    }
    let (all, recordings): (Vec<&Removal>, Vec<&Removal>) = removals
        .iter()
        .partition(|removal| removal.what == Removed::Everything);
    let size_bytes: u64 = removals.iter().map(|removal| removal.bytes).sum();
    let ids = removals.iter().map(|removal| removal.id.to_string());
    let ids = ids.collect::<Vec<_>>().join(" ");
    tracing::info!(
        crashes = all.len(),
        recordings = recordings.len(),
        size_bytes,
        crash.ids = ids,
        "old crash reports or their recordings were removed, as [crashes] says"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_far_ahead_makes_nothing_old() {
        const DAY: i64 = 86_400_000;
        let now = 1_000 * DAY;
        for (newest, lived, expected, why) in [
            (None, 0, now, "nothing ever ran, so nothing is lost"),
            (Some(now - 5), 0, now, "as usual"),
            (Some(now - DAY), 0, now, "a day of rest"),
            (Some(now - 40 * DAY), 0, now - 39 * DAY, "a leap"),
            (Some(now - 40 * DAY), 50, now, "paused for so long"),
            (Some(now - 40 * DAY), 1, now - 38 * DAY, "a leap later on"),
            (Some(now + 40 * DAY), 0, now, "the clock was ahead before"),
        ] {
            let lived = Duration::from_hours(24) * lived;
            let found = as_of(Timestamp(now), newest.map(Timestamp), lived);
            assert_eq!(found, Timestamp(expected), "{why}");
        }
    }
}
