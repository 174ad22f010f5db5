//! Tells of the death of a token child: in the database, as a file, and in the log, once each.
//!
//! *Invariant:* the report holds nothing of the question but its kind and the host that was asked.

use std::path::{Path, PathBuf};

use shared::id::AccountId;
use shared::time::Timestamp;

use super::end::Dead;
use crate::config::PolicyConfig;
use crate::crash::{self, Of, ReportInput};
use crate::os;
use crate::outcome::{CrashId, CrashReport, ExchangeKind, ExchangeReport, StderrText};
use crate::policy;
use crate::store::Store;

/// Why nobody has read what such a child wrote to standard error.
const UNREAD: &str =
    "not read: a token child has a client secret or a key, and may have written it there";

/// For whom a token child asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Whose<'a> {
    /// The account, if it is stored.
    pub id: Option<AccountId>,
    /// Its name.
    pub name: Option<&'a str>,
}

/// Where deaths are told of.
#[derive(Debug, Clone)]
pub(super) struct Deaths {
    store: Store,
    state_dir: PathBuf,
}

impl Deaths {
    pub(super) fn new(store: &Store, state_dir: &Path) -> Self {
        Self {
            store: store.clone(),
            state_dir: state_dir.to_path_buf(),
        }
    }

    /// Tells of a death; the id of the report that has it, if one could be stored. `next` is when the
    /// same is asked again by itself.
    pub(super) async fn tell(
        &self,
        dead: &Dead,
        whose: Whose<'_>,
        (next, now): (Timestamp, Timestamp),
        policy: &PolicyConfig,
    ) -> Option<CrashId> {
        let crashes = self.state_dir.join("crashes");
        let mut report = assemble(dead, whose, (next, now), &crashes);
        let (enough, within) = policy::token_reports(policy);
        let stored = self
            .store
            .put_token_crash(&mut report, (enough, now.minus(within)))
            .await;
        match stored {
            Ok(true) => {
                publish(&crashes, &report).await;
                Some(report.id)
            }
            Ok(false) => {
                tracing::error!(
                    account.id = report.account_id.map(tracing::field::display), account.name = report.account,
                    crash.id = %report.id, exchange = dead.kind.name(), cause = report.verdict.cause.name(),
                    "a token child died as others did before: no further report"
                );
                Some(report.id)
            }
            Err(error) => {
                log(&report, &format!("not stored: {error}"));
                None
            }
        }
    }
}

fn assemble(
    dead: &Dead,
    whose: Whose<'_>,
    (next, now): (Timestamp, Timestamp),
    crashes: &Path,
) -> CrashReport {
    let exchange = ExchangeReport {
        kind: dead.kind,
        host: dead.host.clone(),
        stderr_unread: UNREAD.to_owned(),
        to_do: to_do(dead.kind, whose.name),
    };
    crash::assemble(&ReportInput {
        // It gets its number with its row.
        id: CrashId::Token(0),
        of: Of::Exchange(&exchange),
        at: now,
        account_id: whose.id,
        account: whose.name,
        host: &os::host_name(),
        pid: dead.pid,
        child_build: dead.child_build.as_deref(),
        crashes,
        worker_child: Path::new("worker-child"),
        died_at: dead.died_at,
        evidence: &dead.evidence,
        verdict: &dead.verdict,
        peak_resident: dead.peak_resident,
        peak_cgroup: None,
        cursor: None,
        stderr: &StderrText::default(),
        decision: &policy::token_death(dead.kind, next),
    })
}

/// What a person can do.
fn to_do(kind: ExchangeKind, name: Option<&str>) -> String {
    let name = name.unwrap_or("NAME");
    match kind {
        ExchangeKind::Refresh | ExchangeKind::WebApp => format!(
            "it is asked again by itself (bulkhead status says when, for {name}); if it dies each time, look at this machine (bulkhead doctor) and restart the service if the build changed, else pass this report on (bulkhead crash export)"
        ),
        ExchangeKind::Code => format!(
            "ask for the consent once more: bulkhead account add {name} --oauth, or bulkhead account set-token {name} --oauth if the account is there already"
        ),
        ExchangeKind::WebAppRefresh => {
            "it is asked again by itself, every web_app.refresh_every".to_owned()
        }
    }
}

/// The report as a file and in the log, away from the threads that talk to children.
async fn publish(crashes: &Path, report: &CrashReport) {
    let (home, whole) = (crashes.to_path_buf(), report.clone());
    let written = tokio::task::spawn_blocking(move || crash::write(&home, &whole)).await;
    let place = match written {
        Ok(Ok(path)) => path.display().to_string(),
        Ok(Err(error)) => format!("in the database only: {error}"),
        Err(error) => format!("in the database only: {error}; this is our bug"),
    };
    log(report, &place);
}

fn log(report: &CrashReport, path: &str) {
    let json =
        serde_json::to_string(report).unwrap_or_else(|error| format!("not printable: {error}"));
    let exchange = report
        .exchange
        .as_ref()
        .map(|exchange| exchange.kind.name());
    tracing::error!(
        account.id = report.account_id.map(tracing::field::display), account.name = report.account,
        crash.id = %report.id, exchange, cause = report.verdict.cause.name(),
        confidence = report.verdict.confidence.name(), path, report = json,
        "a token child died"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_done_names_the_account_and_a_command() {
        for (kind, command) in [
            (ExchangeKind::Refresh, "bulkhead doctor"),
            (ExchangeKind::WebApp, "bulkhead crash export"),
            (ExchangeKind::Code, "account set-token shop --oauth"),
        ] {
            let text = to_do(kind, Some("shop"));
            assert!(text.contains("shop") && text.contains(command), "{text}");
        }
        assert!(to_do(ExchangeKind::Code, None).contains("account add NAME"));
    }
}
