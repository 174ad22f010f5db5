//! `bulkhead crash show`.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::words::words;
use super::{directory, report};
use crate::cli::output::Output;
use crate::cli::{Exit, Place};
use crate::clock::Clock;
use crate::crash::{RECORDING, reproduction};
use crate::daemon::worker_child;
use crate::outcome::{CrashId, CrashReport, Reproduction};
use crate::store::Group;

/// A report with what only now is known.
#[derive(Serialize)]
pub(super) struct CrashAnswer {
    #[serde(flatten)]
    pub report: CrashReport,
    pub seen: Seen,
    /// The directory, if it is still there.
    pub files: Option<PathBuf>,
}

/// How often the same was seen.
#[derive(Serialize)]
pub(super) struct Seen {
    pub count: u64,
    pub accounts: u64,
    pub first: Option<String>,
}

pub(super) async fn show(place: &Place, id: CrashId, output: Output) -> anyhow::Result<Exit> {
    let store = place.store().await?;
    let mut report = report(&store, id).await?;
    let Group {
        count,
        accounts,
        first_seen,
    } = store.same_fingerprint(&report.fingerprint).await?;
    let seen = Seen {
        count,
        accounts,
        first: first_seen.map(|at| at.to_string()),
    };
    let dir = directory(place, id);
    // Where things are now: they may have been moved or pruned since.
    report.reproduce = Some(reproducible(&report, &dir, &worker_child(&place.config)));
    let files = dir.is_dir().then_some(dir);
    let answer = CrashAnswer {
        report,
        seen,
        files,
    };
    let now = Clock.now();
    output.answer(&answer, |answer| words(answer, now))?;
    Ok(Exit::Done)
}

fn reproducible(report: &CrashReport, dir: &Path, worker_child: &Path) -> Reproduction {
    let found = reproduction(report, dir, worker_child);
    if matches!(found, Reproduction::Command(_)) && !dir.join(RECORDING).is_file() {
        return Reproduction::Impossible(
            "the recording is gone: pruned, or removed by hand".to_owned(),
        );
    }
    found
}
