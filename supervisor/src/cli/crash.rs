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
        table(&head, lines.iter().zip(when).map(|(line, when)| {
            vec![
                line.id.to_string(),
                line.account.clone(),
                when,
                line.cause.clone(),
                line.confidence.clone(),
                line.fingerprint.clone(),
            ]
        }))
    })?;
    Ok(Exit::Done)
}

pub(super) async fn show(place: &Place, id: CrashId, output: Output) -> anyhow::Result<Exit> {
    let store = place.store().await?;
    let report = store.crash(id).await.map_err(|error| {
        if matches!(error, StoreError::NotFound { .. }) {
            BadInput(format!("there is no crash report {id}; bulkhead crash list shows them")).into()
        } else {
            anyhow::Error::new(error)
        }
    })?;
    let Group { count, accounts, first_seen } = store.same_fingerprint(&report.fingerprint).await?;
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
    let report = &answer.report;
    let mut lines = vec![
        ("crash".to_owned(), format!("{}, account {}, {}", report.id, report.account, report.at)),
        ("cause".to_owned(), cause(report)),
    ];
    lines.extend(report.verdict.evidence.iter().map(|evidence| ("evidence".to_owned(), evidence.clone())));
    lines.extend(report.failure.iter().map(|failure| ("failure".to_owned(), failure.to_string())));
    lines.extend(report.panic.iter().map(|panic| ("panic".to_owned(), panic.clone())));
    lines.push(("memory".to_owned(), memory(report)));
    lines.extend(stage(report));
    lines.extend(report.cursor.map(|cursor| ("cursor".to_owned(), format!("{cursor}, not moved"))));
    let seen = &answer.seen;
    let first = seen.first.as_deref().unwrap_or("now");
    lines.push((
        "seen".to_owned(),
        format!("{} times on {} accounts since {first} (fingerprint {})", seen.count, seen.accounts, report.fingerprint),
    ));
    let decision = &report.decision;
    lines.push(("decision".to_owned(), format!("{}: {}; next at {}", decision.kind.name(), decision.why, decision.due_at)));
    lines.push(("files".to_owned(), dir.to_owned()));
    let mut text = String::new();
    for (name, value) in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<10}{value}");
    }
    for (name, part) in [("stderr", &report.stderr.head), ("… stderr", &report.stderr.tail)] {
        if !part.is_empty() {
            let _ = writeln!(text, "\n{name}:\n{}", part.trim_end());
        }
    }
    text.trim_end().to_owned()
}

fn cause(report: &CrashReport) -> String {
    let verdict = &report.verdict;
    let build = &report.build;
    match &report.failure {
        Some(failure) => format!("the run failed: {} (process {}), build {build}", failure.name(), verdict.cause.name()),
        None => format!("{} ({}), build {build}", verdict.cause.name(), verdict.confidence.name()),
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

fn stage(report: &CrashReport) -> Vec<(String, String)> {
    let Some(stage) = &report.stage else {
        return Vec::new();
    };
    let mut lines = vec![(
        "stage".to_owned(),
        format!(
            "{}, item {}, byte {}, page {}, {} requests, {} bytes received, {} records sent",
            stage.phase, stage.item, stage.byte, stage.pages, stage.requests, stage.received, stage.records
        ),
    )];
    lines.extend(stage.slice.map(|(start, end)| ("slice".to_owned(), format!("{start} to {end}"))));
    if !stage.last_request.is_empty() {
        lines.push(("request".to_owned(), stage.last_request.clone()));
    }
    lines
}
