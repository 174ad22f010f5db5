//! Opens the database file and brings its schema up to date, or says why it does not.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::Store;
use crate::store::error::{During, StoreError};

static MIGRATOR: Migrator = sqlx::migrate!("../migrations/sqlite");

/// Marks a database file as ours: `BkHd` in the header.
const APPLICATION_ID: u32 = 0x426b_4864;
/// Where SQLite keeps that mark in the file.
const APPLICATION_ID_AT: usize = 68;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// How long a statement waits for another process's lock, and a caller for a connection.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// Page caches, KiB: 16 MiB in total.
const WRITER_CACHE_KIB: u32 = 12 * 1024;
const READER_CACHE_KIB: u32 = 2 * 1024;
const READERS: u32 = 2;
/// Pages in the write-ahead log before they are copied into the file. Random keys touch the same
/// index pages in batch after batch; copying them seldom is what makes a first load quick.
const AUTOCHECKPOINT_PAGES: u32 = 8_000;

impl Store {
    /// Opens the database at `path` and migrates it. With `create`, a file that does not exist is
    /// made.
    ///
    /// Errors: [`StoreError::NotFound`] without a file, [`StoreError::Foreign`] for a file that is
    /// not ours, [`StoreError::Newer`] for a schema that this build does not know. In these cases
    /// nothing is written.
    pub async fn open(path: &Path, create: bool) -> Result<Self, StoreError> {
        match inspect(path)? {
            Found::Nothing if !create => {
                return Err(StoreError::NotFound {
                    what: format!("database {}", path.display()),
                });
            }
            Found::Nothing => mark(path).await?,
            Found::Ours => {}
            Found::Foreign(why) => {
                return Err(StoreError::Foreign {
                    path: path.to_owned(),
                    why,
                });
            }
        }
        refuse_newer(path).await?;
        let writer = pool(path, 1, WRITER_CACHE_KIB, false).await?;
        migrate(&writer, path).await?;
        let reader = pool(path, READERS, READER_CACHE_KIB, true).await?;
        Ok(Self { writer, reader })
    }
}

/// What lies at the path.
enum Found {
    /// No file, or an empty one: what a killed creation leaves.
    Nothing,
    Ours,
    Foreign(&'static str),
}

/// Looks at the file's header without SQLite, which would touch a file that is not ours.
fn inspect(path: &Path) -> Result<Found, StoreError> {
    let mut header = [0_u8; APPLICATION_ID_AT + 4];
    let mut filled = 0;
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(sqlx::Error::Io(error)).during("read the database file"),
    };
    while let Some(rest) = header.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file
            .read(rest)
            .map_err(sqlx::Error::Io)
            .during("read the database file")?
        {
            0 => break,
            count => filled += count,
        }
    }
    if filled == 0 {
        return Ok(Found::Nothing);
    }
    if filled < header.len() || !header.starts_with(MAGIC) {
        return Ok(Found::Foreign("is not a SQLite database"));
    }
    if header.ends_with(&APPLICATION_ID.to_be_bytes()) {
        return Ok(Found::Ours);
    }
    Ok(Found::Foreign("is a database of another program"))
}

/// Makes the file with our mark in it, before anything else and in the old journal mode, so that
/// the mark is in the file itself and not in a log beside it.
async fn mark(path: &Path) -> Result<(), StoreError> {
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("application_id", APPLICATION_ID.to_string())
        .connect()
        .await
        .during("create the database")?;
    sqlx::query("PRAGMA journal_mode = WAL")
        .execute(&mut connection)
        .await
        .during("create the database")?;
    connection.close().await.during("create the database")
}

async fn refuse_newer(path: &Path) -> Result<(), StoreError> {
    let action = "read the schema version";
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .connect()
        .await
        .during(action)?;
    let found = applied(&mut connection).await?;
    connection.close().await.during(action)?;
    match (found, known()) {
        (Some(found), known) if found > known => Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        }),
        _ => Ok(()),
    }
}

/// The newest migration in this build.
fn known() -> i64 {
    MIGRATOR.iter().map(|step| step.version).max().unwrap_or(0)
}

/// The newest migration that was applied.
async fn applied(connection: &mut SqliteConnection) -> Result<Option<i64>, StoreError> {
    let action = "read the schema version";
    let table: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations'")
            .fetch_optional(&mut *connection)
            .await
            .during(action)?;
    if table.is_none() {
        return Ok(None);
    }
    sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success")
        .fetch_one(connection)
        .await
        .during(action)
}

/// Applies what is missing. Two processes may try at once: the one that comes second finds the
/// tables made, fails, and then finds the schema complete.
async fn migrate(writer: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    let result = MIGRATOR.run(writer).await;
    let mut connection = writer.acquire().await.during("migrate the database")?;
    let complete = applied(&mut connection).await? == Some(known());
    match result {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMismatch(_)) => Err(StoreError::Foreign {
            path: path.to_owned(),
            why: "was migrated by a build with other migrations",
        }),
        Err(_) if complete => Ok(()),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
            Err(error).during("migrate the database")
        }
        Err(error) => Err(sqlx::Error::Migrate(Box::new(error))).during("migrate the database"),
    }
}

fn options(path: &Path, cache_kib: u32) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // Negative means KiB, not pages.
        .pragma("cache_size", format!("-{cache_kib}"))
        .pragma("wal_autocheckpoint", AUTOCHECKPOINT_PAGES.to_string())
        .statement_cache_capacity(128)
        .row_buffer_size(1_024)
        .disable_statement_logging()
}

async fn pool(
    path: &Path,
    connections: u32,
    cache_kib: u32,
    read_only: bool,
) -> Result<SqlitePool, StoreError> {
    let mut options = options(path, cache_kib);
    if read_only {
        options = options.pragma("query_only", "ON");
    }
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        // A local file does not hang up.
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .during("open the database")
}
