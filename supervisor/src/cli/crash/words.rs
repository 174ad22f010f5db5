//! A crash report for a person who was just woken: what died, why, and what is done about it first;
//! then where it was and under which limits; the command that brings it about again last.

mod around;

use std::fmt::Write as _;

use shared::time::Timestamp;
use shared::worker::Worker;

use super::show::CrashAnswer;
use crate::cli::output::distance;
use crate::outcome::{CrashReport, DecisionKind, ExchangeReport, Reproduction, Verdict};
use around::{builds, ending, limits, memory, recording, sandbox, stage};

/// A name and its lines.
type Fact = (&'static str, Vec<String>);

pub(super) fn words(answer: &CrashAnswer, now: Timestamp) -> String {
    let mut text = String::new();
    for (name, lines) in facts(answer, now) {
        for (position, line) in lines.iter().enumerate() {
            let name = if position == 0 { name } else { "" };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:<11}{line}");
        }
    }
    let stderr = &answer.report.stderr;
    for (name, part) in [("stderr", &stderr.head), ("… stderr", &stderr.tail)] {
        if !part.is_empty() {
            let _ = writeln!(text, "\n{name}:\n{}", part.trim_end());
        }
    }
    if let Some(exchange) = &answer.report.exchange {
        let _ = writeln!(text, "\nstderr: {}", exchange.stderr_unread);
    }
    text.trim_end().to_owned()
}

fn facts(answer: &CrashAnswer, now: Timestamp) -> Vec<Fact> {
    let report = &answer.report;
    let mut facts = vec![
        one("crash", heading(report, now)),
        one("cause", cause(report)),
    ];
    facts.push(("evidence", report.verdict.evidence.clone()));
    match &report.exchange {
        Some(exchange) => facts.push(one("exchange", asked(exchange))),
        None => facts.push(one("culprit", culprit(report))),
    }
    facts.extend(some("failure", report.failure.as_ref()));
    facts.extend(report.panic.as_deref().map(|text| {
        let lines = text.lines().map(str::to_owned).collect();
        ("panic", lines)
    }));
    facts.extend(report.fault.as_ref().map(|fault| {
        let (name, code, address) = (&fault.name, fault.code, fault.address);
        one(
            "fault",
            format!("{name}, code {code}, at address {address:#x}"),
        )
    }));
    facts.push(one("decision", decision(report, now)));
    facts.extend(to_do(report).map(|line| one("to do", line)));
    facts.push(one("seen", seen(answer)));
    facts.extend(stage(report));
    facts.push(one("memory", memory(report)));
    facts.extend(
        report
            .limits
            .map(|set| one("limits", limits(&set, report.slot))),
    );
    facts.extend(
        report
            .sandbox
            .as_deref()
            .map(|layers| one("sandbox", sandbox(layers))),
    );
    facts.extend(ending(report).map(|line| one("ended", line)));
    facts.push(one("builds", builds(report)));
    let cursor = report.cursor.map(|cursor| format!("{cursor}, not moved"));
    facts.extend(cursor.map(|line| one("cursor", line)));
    facts.extend(
        report
            .recording
            .map(|kept| one("recording", recording(kept))),
    );
    facts.push(one(
        "files",
        answer.files.as_ref().map_or_else(
            || "gone: pruned, or removed by hand; this report is in the database".to_owned(),
            |dir| dir.display().to_string(),
        ),
    ));
    facts.extend(report.reproduce.as_ref().map(reproduce));
    facts
}

fn one(name: &'static str, line: String) -> Fact {
    (name, vec![line])
}

fn some<T: ToString>(name: &'static str, value: Option<&T>) -> Option<Fact> {
    value.map(|value| one(name, value.to_string()))
}

fn heading(report: &CrashReport, now: Timestamp) -> String {
    let (id, at, host) = (report.id, report.at, &report.host);
    let account = match &report.account {
        Some(account) => format!("account {account}"),
        None => "of no account".to_owned(),
    };
    let pid = report
        .pid
        .map_or_else(|| "never started".to_owned(), |pid| format!("pid {pid}"));
    let ago = distance(at, now);
    format!("{id}: {account}, {at} ({ago}), host {host}, {pid}")
}

fn cause(report: &CrashReport) -> String {
    let verdict = &report.verdict;
    match &report.failure {
        Some(failure) => format!(
            "the run failed: {} (process {})",
            failure.name(),
            verdict.cause.name()
        ),
        None => format!("{} ({})", verdict.cause.name(), verdict.confidence.name()),
    }
}

fn asked(exchange: &ExchangeReport) -> String {
    let (kind, host) = (exchange.kind, &exchange.host);
    format!(
        "{}: a token child asked {host} for {}",
        kind.name(),
        kind.words()
    )
}

fn culprit(report: &CrashReport) -> String {
    let Verdict {
        culprit,
        culprit_confidence,
        ..
    } = report.verdict;
    let Some(run) = culprit else {
        return if report.runs.len() > 1 {
            format!("not known; {} shared the child", names(report))
        } else {
            "not known".to_owned()
        };
    };
    let sure = culprit_confidence.name();
    match report.runs.get(run.index()) {
        Some(worker) if Some(*worker) == report.worker => format!("this run ({sure})"),
        Some(worker) => format!("run {run}, {worker} ({sure})"),
        None => format!("run {run} ({sure})"),
    }
}

fn names(report: &CrashReport) -> String {
    let names: Vec<&str> = report.runs.iter().map(|worker| worker.name()).collect();
    names.join(", ")
}

fn seen(answer: &CrashAnswer) -> String {
    let seen = &answer.seen;
    let (count, accounts) = (seen.count, seen.accounts);
    let print = &answer.report.fingerprint;
    match &seen.first {
        Some(first) => format!(
            "{} on {} since {first} (fingerprint {print})",
            times(count, "time"),
            times(accounts, "account")
        ),
        None => format!("not before (fingerprint {print})"),
    }
}

fn times(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn decision(report: &CrashReport, now: Timestamp) -> String {
    let decision = &report.decision;
    let (kind, why, due_at) = (decision.kind.name(), &decision.why, decision.due_at);
    format!(
        "{kind}: {why}; next at {due_at} ({})",
        distance(due_at, now)
    )
}

/// What only a person can do about it.
fn to_do(report: &CrashReport) -> Option<String> {
    if let Some(exchange) = &report.exchange {
        return Some(exchange.to_do.clone());
    }
    let account = report.account.as_deref().unwrap_or_default();
    let worker = report.worker.map_or("", Worker::name);
    match report.decision.kind {
        DecisionKind::Quarantine => Some(format!(
            "when it is mended: bulkhead quarantine release {account} {worker}"
        )),
        DecisionKind::AwaitToken => Some(format!(
            "write a fresh access token to the token file of {account}"
        )),
        DecisionKind::Skip => Some(
            "it is a dead letter now (bulkhead dead-letter list); when it is mended: bulkhead \
             dead-letter retry ID"
                .to_owned(),
        ),
        DecisionKind::Reset
        | DecisionKind::Again
        | DecisionKind::Narrow
        | DecisionKind::Snooze
        | DecisionKind::Backoff
        | DecisionKind::Solitary
        | DecisionKind::BigSlot => None,
    }
}

fn reproduce(how: &Reproduction) -> Fact {
    match how {
        Reproduction::Command(command) => one("reproduce", command.clone()),
        Reproduction::Impossible(why) => one("reproduce", format!("not possible: {why}")),
    }
}

#[cfg(test)]
mod tests;
