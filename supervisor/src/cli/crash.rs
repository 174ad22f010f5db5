//! `bulkhead crash list|show`.

use std::fmt::Write as _;

use serde::Serialize;

use super::args::BadInput;
use super::output::{Output, distance, mib, table};
use super::{Exit, Place};
use crate::clock::Clock;
use crate::outcome::{CrashId, CrashReport};
use crate::store::{CrashRow, Group, StoreError};

#[derive(Serialize)]
struct CrashLine {
    id: CrashId,
    account: String,
    at: String,
    cause: String,
    confidence: String,
    fingerprint: String,
}

#[derive(Serialize)]
struct CrashAnswer {
    #[serde(flatten)]
    report: CrashReport,
    seen: Seen,
}

#[derive(Serialize)]
struct Seen {
    count: u64,
    accounts: u64,
    first: Option<String>,
}

pub(super) async fn list(place: &Place, limit: u32, output: Output) -> anyhow::Result<Exit> {
    let now = Clock.now();
    let rows = place.store().await?.crashes(limit).await?;
    let when: Vec<String> = rows.iter().map(|row| distance(row.at, now)).collect();
    let lines: Vec<CrashLine> = rows.into_iter().map(view).collect();
    output.answer(&lines, |lines| {
        if lines.is_empty() {
            return "no crash reports".to_owned();
        }
        let head = ["ID", "ACCOUNT", "WHEN", "CAUSE", "SURE", "FINGERPRINT"];
        table(
            &head,
            lines.iter().zip(when).map(|(line, when)| {
                vec![
                    line.id.to_string(),
                    line.account.clone(),
                    when,
                    line.cause.clone(),
                    line.confidence.clone(),
                    line.fingerprint.clone(),
                ]
            }),
        )
    })?;
    Ok(Exit::Done)
}

pub(super) async fn show(place: &Place, id: CrashId, output: Output) -> anyhow::Result<Exit> {
    let store = place.store().await?;
    let report = store.crash(id).await.map_err(|error| {
        if matches!(error, StoreError::NotFound { .. }) {
            BadInput(format!(
                "there is no crash report {id}; bulkhead crash list shows them"
            ))
            .into()
        } else {
            anyhow::Error::new(error)
        }
    })?;
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
    let dir = place.state_dir.join("crashes").join(id.to_string());
    let answer = CrashAnswer { report, seen };
    output.answer(&answer, |answer| words(answer, &dir.display().to_string()))?;
    Ok(Exit::Done)
}

fn view(row: CrashRow) -> CrashLine {
    CrashLine {
        id: row.id,
        account: row.account,
        at: row.at.to_string(),
        cause: row.cause,
        confidence: row.confidence,
        fingerprint: row.fingerprint,
    }
}

fn words(answer: &CrashAnswer, dir: &str) -> String {
    let mut text = String::new();
    for (name, value) in facts(answer, dir) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<10}{value}");
    }
    let stderr = &answer.report.stderr;
    for (name, part) in [("stderr", &stderr.head), ("… stderr", &stderr.tail)] {
        if !part.is_empty() {
            let _ = writeln!(text, "\n{name}:\n{}", part.trim_end());
        }
    }
    text.trim_end().to_owned()
}

fn facts(answer: &CrashAnswer, dir: &str) -> Vec<(&'static str, String)> {
    let report = &answer.report;
    let (decision, seen) = (&report.decision, &answer.seen);
    let what = format!("{}, account {}, {}", report.id, report.account, report.at);
    let mut facts = vec![("crash", what), ("cause", cause(report))];
    let evidence = report.verdict.evidence.iter().cloned();
    facts.extend(evidence.map(|line| ("evidence", line)));
    let failure = report.failure.iter().map(ToString::to_string);
    facts.extend(failure.map(|line| ("failure", line)));
    facts.extend(report.panic.clone().map(|line| ("panic", line)));
    facts.push(("memory", memory(report)));
    facts.extend(stage(report));
    let cursor = report.cursor.map(|cursor| format!("{cursor}, not moved"));
    facts.extend(cursor.map(|line| ("cursor", line)));
    let first = seen.first.as_deref().unwrap_or("now");
    let (count, accounts, print) = (seen.count, seen.accounts, &report.fingerprint);
    let seen = format!("{count} times on {accounts} accounts since {first} (fingerprint {print})");
    facts.push(("seen", seen));
    let (kind, why, due_at) = (decision.kind.name(), &decision.why, decision.due_at);
    facts.push(("decision", format!("{kind}: {why}; next at {due_at}")));
    facts.push(("files", dir.to_owned()));
    facts
}

fn cause(report: &CrashReport) -> String {
    let verdict = &report.verdict;
    let build = &report.build;
    match &report.failure {
        Some(failure) => format!(
            "the run failed: {} (process {}), build {build}",
            failure.name(),
            verdict.cause.name()
        ),
        None => format!(
            "{} ({}), build {build}",
            verdict.cause.name(),
            verdict.confidence.name()
        ),
    }
}

fn memory(report: &CrashReport) -> String {
    let show = |bytes: Option<u64>| bytes.map_or_else(|| "unknown".to_owned(), mib);
    let mut text = format!(
        "limit {}, peak heap {}, peak resident {}",
        show(report.limits.map(|limits| limits.memory)),
        show(report.peak_heap),
        show(report.peak_resident),
    );
    if let Some(size) = report.failed_allocation {
        let _ = write!(text, ", failed allocation {size} bytes");
    }
    text
}

fn stage(report: &CrashReport) -> Vec<(&'static str, String)> {
    let Some(stage) = &report.stage else {
        return Vec::new();
    };
    let place = format!("{}, item {}, byte {}", stage.phase, stage.item, stage.byte);
    let work = format!(
        "{} requests, {} pages, {} bytes received, {} records sent",
        stage.requests, stage.pages, stage.received, stage.records
    );
    let mut facts = vec![("stage", place), ("work", work)];
    let slice = stage.slice.map(|(start, end)| format!("{start} to {end}"));
    facts.extend(slice.map(|line| ("slice", line)));
    if !stage.last_request.is_empty() {
        facts.push(("request", stage.last_request.clone()));
    }
    facts
}
