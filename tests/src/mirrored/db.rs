//! Questions to the database about one account.

use std::collections::BTreeMap;

use crate::harness::rows::{Database, Row};
use serde_json::Value;

/// Whose rows.
fn of(account: &str) -> String {
    format!("account_id = (SELECT account_id FROM accounts WHERE name = '{account}')")
}

/// One run of the past.
#[derive(Debug)]
pub struct Run {
    /// Name of the outcome.
    pub outcome: String,
    /// Name of the failure or cause within it.
    pub detail: String,
    /// The failure, null if there is none.
    pub failure: Value,
    /// The decision.
    pub decision: Value,
    /// The whole row.
    pub row: Row,
}

impl Run {
    /// What the failure says is wrong.
    pub fn what(&self) -> &str {
        let what = &self.failure[&self.detail]["what"];
        what.as_str().unwrap_or_default()
    }

    /// The failure's place.
    pub fn place(&self) -> &Value {
        &self.failure[&self.detail]["place"]
    }
}

/// All rows of one of the tables that carry an account, in the order in which they came.
pub fn table(db: &Database, table: &str, account: &str) -> Vec<Row> {
    let of = of(account);
    db.rows(&format!("SELECT * FROM {table} WHERE {of} ORDER BY rowid"))
}

/// What is remembered of an account's worker.
pub fn state(db: &Database, account: &str, worker: &str) -> Row {
    let of = of(account);
    db.row(&format!(
        "SELECT * FROM sync_state WHERE {of} AND worker = '{worker}'"
    ))
}

/// The worker's runs, oldest first.
pub fn runs(db: &Database, account: &str, worker: &str) -> Vec<Run> {
    let rows = table(db, "runs", account).into_iter();
    rows.filter(|row| row["worker"] == worker)
        .map(|row| Run {
            outcome: text(&row, "outcome"),
            detail: text(&row, "detail"),
            failure: json(&row, "failure"),
            decision: json(&row, "decision"),
            row,
        })
        .collect()
}

/// The worker's latest run.
pub fn last_run(db: &Database, account: &str, worker: &str) -> Run {
    runs(db, account, worker).pop().unwrap()
}

/// Makes everything of the account due, as if its time had come.
pub fn make_due(db: &Database, account: &str) {
    let of = of(account);
    db.execute(&format!(
        "UPDATE sync_state SET due_at = '2000-01-01T00:00:00.000Z' WHERE {of}"
    ));
}

/// A column's text; empty for null.
pub fn text(row: &Row, column: &str) -> String {
    row[column].as_str().unwrap_or_default().to_owned()
}

/// A column's text read as JSON; null for null.
pub fn json(row: &Row, column: &str) -> Value {
    let text = row[column].as_str();
    text.map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

/// Rows by the text of their key columns.
pub fn by_key(rows: Vec<Row>, key: &[&str]) -> BTreeMap<Vec<String>, Row> {
    let count = rows.len();
    let rows: BTreeMap<_, _> = rows
        .into_iter()
        .map(|row| (key.iter().map(|column| text(&row, column)).collect(), row))
        .collect();
    assert_eq!(rows.len(), count, "two rows with one key");
    rows
}
