//! Crash reports in the three places where they are: database, file, log.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use super::state::State;

/// A crash report as the database has it.
#[derive(Debug, Clone)]
pub struct Report {
    /// Its id.
    pub id: String,
    /// The attempt; 0 for a token child.
    pub attempt: i64,
    /// The worker whose run it was; empty for a token child.
    pub worker: String,
    /// The column `cause`.
    pub cause: String,
    /// The column `confidence`.
    pub confidence: String,
    /// The whole.
    pub json: Value,
}

impl Report {
    /// All evidence in one text.
    pub fn evidence(&self) -> String {
        let sentences = self.json["verdict"]["evidence"].as_array().unwrap();
        let sentences = sentences.iter().map(|one| one.as_str().unwrap());
        sentences.collect::<Vec<_>>().join("\n")
    }
}

/// The reports of an account, oldest first.
pub fn reports(state: &State, account: &str) -> Vec<Report> {
    let rows = state.database().rows(&format!(
        "SELECT c.* FROM crash_reports c JOIN accounts USING (account_id) \
         WHERE name = '{account}' ORDER BY attempt_id, worker, report_id"
    ));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| Report {
            id: text(&row["crash_id"]),
            attempt: row["attempt_id"].as_i64().unwrap_or(0),
            worker: row["worker"].as_str().unwrap_or_default().to_owned(),
            cause: text(&row["cause"]),
            confidence: text(&row["confidence"]),
            json: serde_json::from_str(row["report"].as_str().unwrap()).unwrap(),
        })
        .collect()
}

/// Asserts that the file and the log line of the report say what the database says, and that
/// nobody else can read the file.
pub fn assert_everywhere(state: &State, log: &str, report: &Report) {
    let home = state.dir().join("crashes").join(&report.id);
    let path = home.join("report.json");
    let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(file, report.json, "{}: file and database", report.id);
    assert_eq!(mode(&home), 0o700, "{}", home.display());
    for entry in fs::read_dir(&home).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    let lines: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["crash.id"] == report.id.as_str())
        .collect();
    assert_eq!(lines.len(), 1, "{}: one log line\n{log}", report.id);
    let line = &lines[0];
    let logged: Value = serde_json::from_str(line["report"].as_str().unwrap()).unwrap();
    assert_eq!(logged, report.json, "{}: log and database", report.id);
    assert_eq!(line["level"], "ERROR", "{}", report.id);
    assert_eq!(line["cause"], report.cause.as_str(), "{}", report.id);
    assert_eq!(
        report.json["verdict"]["cause"]["kind"],
        report.cause.as_str()
    );
    assert_eq!(
        report.json["verdict"]["confidence"],
        report.confidence.as_str()
    );
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
