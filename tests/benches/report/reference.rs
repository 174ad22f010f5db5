//! The raw limit: the same rows into a fresh SQLite file, with the same table and indexes, without
//! history, checks, hashes or a second process. `sqlite3 .import`, or what this program does in its
//! place when it is started as `INSERT_MODE` where there is no such tool.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, sqlite::SqliteConnectOptions};

use crate::{
    stored::{self, TABLE},
    watch::{Figures, watch},
};

/// First argument of this program when it plays the reference; the two databases follow.
pub(crate) const INSERT_MODE: &str = "insert-select";

/// How the reference was made, and what it took.
pub(crate) struct Reference {
    pub name: &'static str,
    pub figures: Figures,
}

/// Copies the rows of `database` into a fresh file in `dir`.
pub(crate) async fn measure(dir: &Path, database: &Path) -> Result<Reference, Box<dyn Error>> {
    let target = dir.join("reference.db");
    make_table(database, &target).await?;
    let has_tool = Command::new("sqlite3")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let (name, mut command) = if has_tool {
        let rows = export(dir, database)?;
        let mut import = Command::new("sqlite3");
        import
            .arg(&target)
            .arg("PRAGMA synchronous = NORMAL")
            .arg(format!(".import --csv {} {TABLE}", rows.display()));
        ("sqlite3 .import", import)
    } else {
        let mut insert = Command::new(std::env::current_exe()?);
        insert.arg(INSERT_MODE).args([database, &target]);
        ("INSERT … SELECT", insert)
    };
    let (status, figures) = watch(&mut command, "")?;
    let (copied, rows) = (count(&target).await?, count(database).await?);
    if !status.success() || copied != rows {
        return Err(format!("{name}: {status}, {copied} of {rows} rows").into());
    }
    Ok(Reference { name, figures })
}

/// The table as it is, but not strict: in a CSV file a null is an empty text.
async fn make_table(database: &Path, target: &Path) -> Result<(), Box<dyn Error>> {
    let texts: Vec<String> = sqlx::query_scalar(
        "SELECT sql FROM sqlite_master WHERE tbl_name = ?1 AND sql IS NOT NULL ORDER BY rootpage",
    )
    .bind(TABLE)
    .fetch_all(&mut stored::open(database).await?)
    .await?;
    let mut connection = SqliteConnectOptions::new()
        .filename(target)
        .create_if_missing(true)
        .connect()
        .await?;
    connection.execute("PRAGMA journal_mode = WAL").await?;
    for text in texts {
        let text = text.trim_end().trim_end_matches("STRICT").to_owned();
        connection.execute(AssertSqlSafe(text)).await?;
    }
    sqlx::Connection::close(connection).await?;
    Ok(())
}

fn export(dir: &Path, database: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let path = dir.join("rows.csv");
    let columns = Command::new("sqlite3")
        .arg(database)
        .arg(format!(
            "SELECT group_concat(iif(type = 'BLOB', 'hex(' || name || ')', name), ', ') \
             FROM pragma_table_info('{TABLE}')"
        ))
        .output()?;
    let columns = String::from_utf8(columns.stdout)?;
    let status = Command::new("sqlite3")
        .args(["-readonly", "-csv"])
        .arg(database)
        .arg(format!("SELECT {columns} FROM {TABLE} ORDER BY row_id"))
        .stdout(fs::File::create(&path)?)
        .status()?;
    if !status.success() {
        return Err(format!("exporting the rows: {status}").into());
    }
    Ok(path)
}

async fn count(database: &Path) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {TABLE}")))
        .fetch_one(&mut stored::open(database).await?)
        .await
}

/// What this program does as the reference.
pub(crate) async fn insert(from: &str, to: &str) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(to);
    let mut connection = options.pragma("synchronous", "NORMAL").connect().await?;
    sqlx::query("ATTACH ?1 AS source")
        .bind(from.to_owned())
        .execute(&mut connection)
        .await?;
    let text = format!("INSERT INTO main.{TABLE} SELECT * FROM source.{TABLE} ORDER BY row_id");
    connection.execute(AssertSqlSafe(text)).await?;
    sqlx::Connection::close(connection).await
}
