//! What was done to each attempt, against what it was called.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use integration_tests::harness::rows::Row as DbRow;
use integration_tests::harness::state::State;
use serde_json::Value;

use crate::decks::Deck;
use crate::rows::{Pace, Row, rows};

/// One death, and what was made of it.
#[derive(Debug)]
pub(crate) struct Judged {
    /// What was done.
    pub row: Row,
    /// The attempt.
    pub attempt: i64,
    /// What it was called.
    pub cause: String,
    /// How sure.
    pub confidence: String,
    /// What the evidence said.
    pub evidence: String,
    /// Runs of the attempt.
    pub runs: usize,
    /// Whether another run than the one that did it was charged, or named with certainty.
    pub wrong_run: bool,
    /// From the end of the process, as the supervisor saw it, until the report's file was there; one
    /// for each report.
    pub reported_after: Vec<Duration>,
}

impl Judged {
    /// Called by its name.
    pub(crate) fn exact(&self) -> bool {
        self.cause == self.row.cause
    }

    /// As sure as it should be.
    pub(crate) fn as_sure(&self) -> bool {
        self.confidence == self.row.confidence
    }

    /// Proven, and wrong.
    pub(crate) fn wrong_but_confident(&self) -> bool {
        self.wrong_run || (self.confidence == "proven" && !(self.exact() && self.as_sure()))
    }
}

/// Every death: those of the decks, and those before `Hello`. Anything else that ended badly is a fault
/// of the test or of the supervisor, and is a panic.
pub(crate) fn judge(state: &State, decks: &[Deck]) -> Vec<Judged> {
    let known = Known::read(state);
    let mut done: BTreeMap<i64, Row> = BTreeMap::new();
    for deck in decks {
        for (attempt, line) in deck.drawn() {
            let before = done.insert(attempt, deck.rows[line].clone());
            assert!(before.is_none(), "attempt {attempt} drew twice");
        }
    }
    for row in rows().into_iter().filter(|row| row.pace() == Pace::Early) {
        let mine = known
            .attempts
            .iter()
            .filter(|(_, one)| one["name"] == row.name.as_str());
        done.extend(mine.map(|(attempt, _)| (*attempt, row.clone())));
    }
    let mut judged = Vec::new();
    for (attempt, one) in &known.attempts {
        let drained = one["kill_reason"]
            .as_str()
            .is_some_and(|why| why.contains("drained"));
        match done.remove(attempt) {
            // The service was stopped over it: it may have died of that.
            Some(row) if drained && row.pace() == Pace::Early => {}
            Some(row) => judged.push(known.judge(row, *attempt, one)),
            None => assert!(
                drained || one["cause"] == "completed",
                "nothing was done to attempt {attempt}: {one:?}"
            ),
        }
    }
    assert!(done.is_empty(), "attempts that nobody knows: {done:?}");
    judged
}

struct Known {
    attempts: BTreeMap<i64, DbRow>,
    runs: BTreeMap<i64, Vec<DbRow>>,
    reports: BTreeMap<i64, Vec<(String, Value)>>,
    home: std::path::PathBuf,
}

impl Known {
    fn read(state: &State) -> Self {
        let database = state.database();
        let id = |row: &DbRow| row["attempt_id"].as_i64().unwrap();
        let attempts = database.rows("SELECT * FROM attempts JOIN accounts USING (account_id)");
        let mut runs: BTreeMap<i64, Vec<DbRow>> = BTreeMap::new();
        for row in database.rows("SELECT * FROM runs ORDER BY attempt_id, run_no") {
            runs.entry(id(&row)).or_default().push(row);
        }
        let mut reports: BTreeMap<i64, Vec<(String, Value)>> = BTreeMap::new();
        for row in database.rows("SELECT * FROM crash_reports") {
            let report = serde_json::from_str(row["report"].as_str().unwrap()).unwrap();
            let name = row["crash_id"].as_str().unwrap().to_owned();
            reports.entry(id(&row)).or_default().push((name, report));
        }
        Self {
            attempts: attempts.into_iter().map(|row| (id(&row), row)).collect(),
            runs,
            reports,
            home: state.dir().join("crashes"),
        }
    }

    fn judge(&self, row: Row, attempt: i64, one: &DbRow) -> Judged {
        let text = |name: &str| one[name].as_str().unwrap_or("none").to_owned();
        let none = Vec::new();
        let reports = self.reports.get(&attempt).unwrap_or(&none);
        let runs = &self.runs[&attempt];
        if row.report {
            assert!(
                !reports.is_empty(),
                "no report of attempt {attempt}: {row:?} {one:?}"
            );
        }
        Judged {
            attempt,
            cause: text("cause"),
            confidence: text("confidence"),
            evidence: text("evidence"),
            runs: runs.len(),
            wrong_run: wrong_run(&row, runs, reports),
            reported_after: reports
                .iter()
                .map(|report| self.reported_after(report))
                .collect(),
            row,
        }
    }

    fn reported_after(&self, (id, report): &(String, Value)) -> Duration {
        let path = self.home.join(id).join("report.json");
        let written = fs::metadata(&path).unwrap().modified().unwrap();
        let died = report["died_at"].as_str().unwrap();
        let died: chrono::DateTime<chrono::Utc> = died.parse().unwrap();
        let died = Duration::from_millis(u64::try_from(died.timestamp_millis()).unwrap());
        written
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .saturating_sub(died)
    }
}

// Whoever else was in the attempt costs nothing, and is not named as the one that did it.
fn wrong_run(row: &Row, runs: &[DbRow], reports: &[(String, Value)]) -> bool {
    let others: BTreeSet<i64> = runs
        .iter()
        .filter(|run| run["worker"] != row.worker.as_str())
        .map(|run| run["run_no"].as_i64().unwrap())
        .collect();
    let charged = runs.iter().any(|run| {
        let decision: Value =
            serde_json::from_str(run["decision"].as_str().unwrap_or("{}")).unwrap();
        others.contains(&run["run_no"].as_i64().unwrap()) && decision["charged"] == true
    });
    let named = reports.iter().any(|(_, report)| {
        let verdict = &report["verdict"];
        let culprit = verdict["culprit"].as_i64();
        culprit.is_some_and(|run| others.contains(&run))
            && verdict["culprit_confidence"] == "proven"
    });
    charged || named
}
