//! The database as anybody reads it: plain SQL, rows as JSON objects.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column as _, Connection as _, Row as _, SqliteConnection, TypeInfo as _,
    ValueRef as _,
};

/// A row by column.
pub(crate) type Row = Map<String, Value>;

/// Whose rows.
const OF_ACCOUNT: &str = "account_id = (SELECT account_id FROM accounts WHERE name = ?1)";

/// A database file; each question opens it anew.
#[derive(Debug)]
pub(crate) struct Db {
    path: PathBuf,
}

/// One run of the past.
#[derive(Debug)]
pub(crate) struct Run {
    /// Name of the outcome.
    pub(crate) outcome: String,
    /// Name of the failure or cause within it.
    pub(crate) detail: String,
    /// The failure, null if there is none.
    pub(crate) failure: Value,
    /// The decision.
    pub(crate) decision: Value,
    /// The whole row.
    pub(crate) row: Row,
}

impl Run {
    /// What the failure says is wrong.
    pub(crate) fn what(&self) -> &str {
        self.failure[&self.detail]["what"]
            .as_str()
            .unwrap_or_default()
    }

    /// The failure's place.
    pub(crate) fn place(&self) -> &Value {
        &self.failure[&self.detail]["place"]
    }
}

impl Db {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Rows of a query whose first parameter is the account's name.
    pub(crate) async fn rows(&self, sql: String, account: &str) -> Vec<Row> {
        let options = SqliteConnectOptions::new().filename(&self.path);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let query = sqlx::query(AssertSqlSafe(sql)).bind(account);
        let rows = query.fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        rows.iter().map(object).collect()
    }

    /// All rows of one of the tables that carry an account, in the order in which they came.
    pub(crate) async fn table(&self, table: &str, account: &str) -> Vec<Row> {
        let sql = format!("SELECT * FROM {table} WHERE {OF_ACCOUNT} ORDER BY rowid");
        self.rows(sql, account).await
    }

    /// What is remembered of an account's worker.
    pub(crate) async fn state(&self, account: &str, worker: &str) -> Row {
        let sql = format!("SELECT * FROM sync_state WHERE {OF_ACCOUNT} AND worker = '{worker}'");
        self.rows(sql, account).await.pop().unwrap()
    }

    /// The worker's runs, oldest first.
    pub(crate) async fn runs(&self, account: &str, worker: &str) -> Vec<Run> {
        let sql = format!(
            "SELECT * FROM runs WHERE {OF_ACCOUNT} AND worker = '{worker}' ORDER BY attempt_id"
        );
        let rows = self.rows(sql, account).await;
        rows.into_iter()
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
    pub(crate) async fn last_run(&self, account: &str, worker: &str) -> Run {
        self.runs(account, worker).await.pop().unwrap()
    }

    /// Makes everything of the account due now, as if its time had come.
    pub(crate) async fn make_due(&self, account: &str) {
        let sql =
            format!("UPDATE sync_state SET due_at = '2000-01-01T00:00:00.000Z' WHERE {OF_ACCOUNT}");
        self.rows(sql, account).await;
    }
}

fn object(row: &SqliteRow) -> Row {
    let mut object = Row::new();
    for (at, column) in row.columns().iter().enumerate() {
        let raw = row.try_get_raw(at).unwrap();
        let value = match (raw.is_null(), raw.type_info().name()) {
            (true, _) => Value::Null,
            (false, "INTEGER") => row.get::<i64, _>(at).into(),
            (false, "BLOB") => format!("{:x?}", row.get::<Vec<u8>, _>(at)).into(),
            (false, _) => row.get::<String, _>(at).into(),
        };
        object.insert(column.name().to_owned(), value);
    }
    object
}

/// A column's text; empty for null.
pub(crate) fn text(row: &Row, column: &str) -> String {
    row[column].as_str().unwrap_or_default().to_owned()
}

/// A column's text read as JSON; null for null.
pub(crate) fn json(row: &Row, column: &str) -> Value {
    match &row[column] {
        Value::String(text) => serde_json::from_str(text).unwrap(),
        other => other.clone(),
    }
}

/// Rows by the text of their key columns.
pub(crate) fn by_key(rows: Vec<Row>, key: &[&str]) -> BTreeMap<Vec<String>, Row> {
    let count = rows.len();
    let rows: BTreeMap<_, _> = rows
        .into_iter()
        .map(|row| (key.iter().map(|column| text(&row, column)).collect(), row))
        .collect();
    assert_eq!(rows.len(), count, "two rows with one key");
    rows
}
