//! Reads the database by raw SQL, beside whoever is using it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions as _, Connection as _, Row as _, SqliteConnection,
};
use sqlx::{TypeInfo as _, ValueRef as _};
use tokio::runtime::Runtime;

/// A row by the names of its columns; a blob is its hex digits.
pub type Row = Map<String, Value>;

/// A database file.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    runtime: Runtime,
}

impl Database {
    /// The file need not be there yet.
    pub fn open(path: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        Self {
            path: path.to_owned(),
            runtime: runtime.unwrap(),
        }
    }

    /// All rows of a query.
    pub fn rows(&self, sql: &str) -> Vec<Row> {
        self.runtime.block_on(async {
            let mut connection = SqliteConnectOptions::new()
                .filename(&self.path)
                .busy_timeout(Duration::from_secs(10))
                .pragma("query_only", "ON")
                .connect()
                .await
                .unwrap();
            let rows = sqlx::query(AssertSqlSafe(sql.to_owned()))
                .fetch_all(&mut connection)
                .await;
            let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
            connection.close().await.unwrap();
            rows.iter().map(read).collect()
        })
    }

    /// The only row of a query.
    pub fn row(&self, sql: &str) -> Row {
        let mut rows = self.rows(sql);
        assert_eq!(rows.len(), 1, "{sql}");
        rows.remove(0)
    }

    /// The only value of a query.
    pub fn value(&self, sql: &str) -> Value {
        let row = self.row(sql);
        assert_eq!(row.len(), 1, "{sql}");
        row.into_iter().next().unwrap().1
    }

    /// The only number of a query.
    pub fn number(&self, sql: &str) -> i64 {
        self.value(sql)
            .as_i64()
            .unwrap_or_else(|| panic!("{sql}: no number"))
    }

    /// Holds the write lock, as another program may, until the answer is dropped.
    pub fn hold(&self) -> Held {
        self.runtime.block_on(async {
            let mut connection = SqliteConnectOptions::new()
                .filename(&self.path)
                .busy_timeout(Duration::from_secs(10))
                .connect()
                .await
                .unwrap();
            sqlx::query("BEGIN IMMEDIATE")
                .execute(&mut connection)
                .await
                .unwrap();
            Held {
                _connection: connection,
            }
        })
    }

    /// Changes the database as nobody but a test would.
    pub fn execute(&self, sql: &str) {
        self.runtime.block_on(async {
            let mut connection = SqliteConnectOptions::new()
                .filename(&self.path)
                .connect()
                .await
                .unwrap();
            sqlx::query(AssertSqlSafe(sql.to_owned()))
                .execute(&mut connection)
                .await
                .unwrap();
            connection.close().await.unwrap();
        });
    }
}

/// The write lock of a database.
#[derive(Debug)]
pub struct Held {
    _connection: SqliteConnection,
}

fn read(row: &SqliteRow) -> Row {
    row.columns()
        .iter()
        .map(|column| {
            let at = column.ordinal();
            (column.name().to_owned(), cell(row, at))
        })
        .collect()
}

fn cell(row: &SqliteRow, at: usize) -> Value {
    let raw = row.try_get_raw(at).unwrap();
    if raw.is_null() {
        return Value::Null;
    }
    let kind = raw.type_info().name().to_owned();
    match kind.as_str() {
        "INTEGER" => Value::from(row.get_unchecked::<i64, _>(at)),
        "REAL" => Value::from(row.get_unchecked::<f64, _>(at)),
        "BLOB" => {
            let bytes = row.get_unchecked::<Vec<u8>, _>(at);
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            Value::from(digits.concat())
        }
        _ => Value::from(row.get_unchecked::<String, _>(at)),
    }
}
