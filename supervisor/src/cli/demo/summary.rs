//! The end of the demo: what every account came to, what died and why, where to look further.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use shared::table::Table;
use shared::worker::Worker;

use super::script::{CAST, Role};
use super::story::{AccountCycle, Story};
use crate::cli::output::{mib, table};
use crate::outcome::{CrashId, CrashReport};
use crate::store::{RunRow, Store};

/// The tables that the demo fills, in the order of their columns.
const SHOWN: [Table; 3] = [Table::Orders, Table::OrderLineItems, Table::ActiveInventory];

/// More crash reports than the demo can make.
const ALL: u32 = 10_000;

#[derive(Serialize)]
pub(super) struct Summary {
    accounts: Vec<AccountSummary>,
    deaths: Vec<Death>,
    isolation_held: bool,
    state_dir: Option<String>,
}

#[derive(Serialize)]
struct AccountSummary {
    name: &'static str,
    role: Role,
    cycles: Vec<AccountCycle>,
    runs: Vec<RunSummary>,
    rows: BTreeMap<&'static str, u64>,
    quarantined: Vec<String>,
    dead_letters: Vec<String>,
}

#[derive(Serialize)]
struct RunSummary {
    attempt: i64,
    worker: String,
    outcome: Option<String>,
    detail: Option<String>,
    created: u64,
    updated: u64,
    unchanged: u64,
    ended: u64,
}

#[derive(Serialize)]
struct Death {
    id: CrashId,
    account: String,
    worker: String,
    cause: &'static str,
    confidence: &'static str,
    evidence: Vec<String>,
    memory_limit: Option<u64>,
    peak_resident: Option<u64>,
    decision: &'static str,
    why: String,
}

pub(super) async fn of(
    database: &Store,
    story: &Story,
    keep: Option<&Path>,
) -> anyhow::Result<Summary> {
    let runs = database.runs(ALL).await?;
    let states = database.sync_states().await?.states;
    let letters = database.dead_letters(false).await?;
    let mut accounts = Vec::new();
    for part in CAST {
        let of_account = runs.iter().rev().filter(|run| run.account == part.name);
        let quarantined = states
            .iter()
            .filter(|state| state.account == part.name && state.policy.quarantined_until.is_some());
        accounts.push(AccountSummary {
            name: part.name,
            role: part.role,
            cycles: story
                .cycles
                .iter()
                .filter(|cycle| cycle.account == part.name)
                .cloned()
                .collect(),
            runs: of_account.map(run_summary).collect(),
            rows: rows(database, part.name).await?,
            quarantined: quarantined.map(|state| state.worker.to_string()).collect(),
            dead_letters: letters
                .iter()
                .filter(|letter| letter.account == part.name)
                .map(|letter| letter.item.key.clone())
                .collect(),
        });
    }
    let mut deaths = Vec::new();
    for row in database.crashes(ALL).await?.into_iter().rev() {
        deaths.push(death(database.crash(row.id).await?));
    }
    Ok(Summary {
        accounts,
        deaths,
        isolation_held: story.held(),
        state_dir: keep.map(|path| path.display().to_string()),
    })
}

/// How many open rows the account has in each table.
async fn rows(database: &Store, account: &str) -> anyhow::Result<BTreeMap<&'static str, u64>> {
    let accounts = database.accounts().await?;
    let known = accounts.iter().find(|known| known.name == account);
    let mut rows = BTreeMap::new();
    for table in Table::ALL {
        if let Some(known) = known {
            let count = database.count_open_rows(known.id, table).await?;
            rows.insert(table.def().name, count);
        }
    }
    Ok(rows)
}

fn run_summary(run: &RunRow) -> RunSummary {
    RunSummary {
        attempt: run.attempt.0,
        worker: run.worker.clone(),
        outcome: run.outcome.clone(),
        detail: run.detail.clone(),
        created: run.counters.created,
        updated: run.counters.updated,
        unchanged: run.counters.unchanged,
        ended: run.counters.ended,
    }
}

fn death(report: CrashReport) -> Death {
    Death {
        id: report.id,
        account: report.account.unwrap_or_default(),
        worker: report.worker.map_or("", Worker::name).to_owned(),
        cause: report
            .failure
            .as_ref()
            .map_or_else(|| report.verdict.cause.name(), |failure| failure.name()),
        confidence: report.verdict.confidence.name(),
        evidence: report.verdict.evidence,
        memory_limit: report.limits.map(|limits| limits.memory),
        peak_resident: report.peak_resident,
        decision: report.decision.kind.name(),
        why: report.decision.why,
    }
}

pub(super) fn words(summary: &Summary) -> String {
    let mut parts = vec![
        format!("\n{}", accounts(summary)),
        format!(
            "\nwhat died, why, and what was decided:\n{}",
            deaths(summary)
        ),
    ];
    let owed = summary
        .accounts
        .iter()
        .any(|account| !account.dead_letters.is_empty());
    parts.push(if summary.isolation_held {
        let but = if owed { ", but for what is passed over" } else { "" };
        format!("\nisolation held: every harmless worker of every account completed in every cycle, and the\ndatabase is exactly what the simulated eBay says, history included{but}.")
    } else {
        "\nISOLATION DID NOT HOLD: see the lines that say what is not as it must be.".to_owned()
    });
    parts.push(further(summary));
    parts.join("\n")
}

fn accounts(summary: &Summary) -> String {
    let head = [
        "ACCOUNT",
        "ROLE",
        "CYCLES HELD",
        "ORDERS",
        "LINE ITEMS",
        "LISTINGS",
        "QUARANTINED",
        "PASSED OVER",
    ];
    let rows = summary.accounts.iter().map(|account| {
        let good = account.cycles.iter().filter(|cycle| cycle.held).count();
        let mut row = vec![
            account.name.to_owned(),
            format!("{:?}", account.role).to_lowercase(),
            format!("{good} of {}", account.cycles.len()),
        ];
        row.extend(SHOWN.iter().map(|table| {
            account
                .rows
                .get(table.def().name)
                .copied()
                .unwrap_or(0)
                .to_string()
        }));
        row.push(account.quarantined.join(", "));
        row.push(account.dead_letters.join(", "));
        row
    });
    table(&head, rows)
}

fn deaths(summary: &Summary) -> String {
    let head = [
        "REPORT", "ACCOUNT", "CAUSE", "SURE", "LIMIT", "PEAK", "DECISION",
    ];
    let bytes = |bytes: Option<u64>| bytes.map_or_else(|| "-".to_owned(), mib);
    let rows = summary.deaths.iter().map(|death| {
        vec![
            death.id.to_string(),
            death.account.clone(),
            death.cause.to_owned(),
            death.confidence.to_owned(),
            bytes(death.memory_limit),
            bytes(death.peak_resident),
            death.decision.to_owned(),
        ]
    });
    table(&head, rows)
}

fn further(summary: &Summary) -> String {
    let Some(dir) = &summary.state_dir else {
        return "\nto look further, keep the state directory: bulkhead demo --keep DIR".to_owned();
    };
    let report = summary
        .deaths
        .first()
        .map_or_else(|| "ID".to_owned(), |death| death.id.to_string());
    format!(
        "\nto look further:\n  bulkhead --state-dir {dir} status\n  bulkhead --state-dir {dir} crash show {report}\n  bulkhead --state-dir {dir} quarantine list\n  bulkhead --state-dir {dir} dead-letter list"
    )
}
