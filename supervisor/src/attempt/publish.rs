//! Tells of deaths: in the log, and as files beside the attempt's own.

use std::path::Path;

use super::Context;
use super::directory::Directory;
use crate::crash;
use crate::outcome::CrashReport;

/// Publishes beside the threads of the runtime: a disk that takes long to sync must not hold up the
/// other accounts.
pub(super) async fn all(
    context: &Context,
    reports: Vec<CrashReport>,
    directory: Option<Directory>,
) -> Option<Directory> {
    if reports.is_empty() {
        return directory;
    }
    let crashes = context.state_dir.join("crashes");
    let published = tokio::task::spawn_blocking(move || {
        for report in &reports {
            one(&crashes, report, directory.as_ref());
        }
        directory
    });
    published.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a crash report is in the database only; this is our bug");
        None
    })
}

/// The report in the log and as a file. The database is the third place, with the end itself.
fn one(crashes: &Path, report: &CrashReport, directory: Option<&Directory>) {
    let json =
        serde_json::to_string(report).unwrap_or_else(|error| format!("not printable: {error}"));
    tracing::error!(
        account.id = report.account_id.map(tracing::field::display), account.name = report.account,
        worker.name = report.worker.map(tracing::field::display),
        crash.id = %report.id, cause = report.verdict.cause.name(), confidence = report.verdict.confidence.name(),
        decision = report.decision.kind.name(), report = json, "crash report"
    );
    match crash::write(crashes, report) {
        Ok(path) => {
            let kept = path
                .parent()
                .zip(directory)
                .map(|(home, directory)| directory.keep_in(home));
            if let Some(Err(error)) = kept {
                tracing::warn!(crash.id = %report.id, %error, "the attempt's files are not kept beside its report");
            }
        }
        Err(error) => {
            tracing::error!(crash.id = %report.id, %error, "the crash report is in the database only");
        }
    }
}
