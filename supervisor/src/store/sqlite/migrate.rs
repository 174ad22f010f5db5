//! Opens the database file and brings its schema up to date, or says why it does not.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::Store;
use super::trial::Opened;
use crate::store::error::{During, StoreError};

static MIGRATOR: Migrator = sqlx::migrate!("../migrations/sqlite");

/// Marks a database file as ours: `BkHd` in the header.
const APPLICATION_ID: i64 = 0x426b_4864;

/// How long a statement waits for another process's lock, and a caller for a connection.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// Page caches, KiB: 16 MiB in total.
const WRITER_CACHE_KIB: u32 = 12 * 1024;
const READER_CACHE_KIB: u32 = 2 * 1024;
const READERS: u32 = 2;
/// How often migrating is tried while another process may be at it.
const MIGRATE_TRIES: u32 = 5;
/// Pages in the write-ahead log before they are copied into the file: 32 MiB. Random keys touch the
/// same index pages in batch after batch, and each copy saves the ones before it. Four times as
/// many pages gave no more speed.
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
            Found::Nothing | Found::Empty if !create => {
                return Err(StoreError::NotFound {
                    what: format!("database {}", path.display()),
                });
            }
            Found::Nothing => make(path).await?,
            Found::Empty => mark(path).await?,
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
        if let Err(error) = migrate(&writer, path).await {
            // Leaves no log beside a file that was refused.
            writer.close().await;
            return Err(error);
        }
        let reader = pool(path, READERS, READER_CACHE_KIB, true).await?;
        let opened = Arc::new(Opened::look(path)?);
        Ok(Self {
            writer,
            reader,
            opened,
        })
    }
}

impl Store {
    /// Whether there is a database of ours that [`open`](Self::open) would migrate.
    pub async fn is_behind(path: &Path) -> Result<bool, StoreError> {
        match inspect(path)? {
            Found::Ours => Ok(schema(path).await?.is_none_or(|found| found < known())),
            Found::Nothing | Found::Empty | Found::Foreign(_) => Ok(false),
        }
    }
}

/// What lies at the path.
enum Found {
    Nothing,
    /// A file without a byte, as `mktemp` makes.
    Empty,
    Ours,
    Foreign(&'static str),
}

/// Bytes of the header that are looked at: the file format's first words, then our mark at 68
/// (SQLite's file format, "The Database Header").
const HEADER: usize = 72;
const FIRST_WORDS: &[u8] = b"SQLite format 3\0";

/// Files whose header was read, kept open for as long as the process lives: closing one would drop
/// every POSIX lock that this process has on it, those of an open store included (`fcntl(2)`).
static LOOKED_AT: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// Looks for our mark in the header, without SQLite: no lock is taken and nothing is written.
///
/// SQLite itself must not be asked before it is known that the file is ours: opened as usual it
/// writes beside the file, and opened as immutable it takes a database that is in use, or whose
/// last owner was killed, for a damaged one.
fn inspect(path: &Path) -> Result<Found, StoreError> {
    let mut header = [0; HEADER];
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(sqlx::Error::Io(error)).during("open the database file"),
    };
    let read = file.read_at(&mut header, 0);
    LOOKED_AT
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(file);
    let read = read
        .map_err(sqlx::Error::Io)
        .during("look at the database file")?;
    let mark = header
        .last_chunk()
        .map_or(0, |four| u32::from_be_bytes(*four));
    Ok(match read {
        0 => Found::Empty,
        HEADER if !header.starts_with(FIRST_WORDS) => Found::Foreign("is not a SQLite database"),
        HEADER if i64::from(mark) == APPLICATION_ID => Found::Ours,
        HEADER => Found::Foreign("is a database of another program"),
        _ => Found::Foreign("is not a SQLite database"),
    })
}

/// Makes the database under another name and moves it to its own once it carries our mark, so
/// that nobody ever finds a half-made one. Readable by its owner only.
async fn make(path: &Path) -> Result<(), StoreError> {
    let action = "create the database";
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let file = tempfile::Builder::new()
        .prefix(".bulkhead-")
        .tempfile_in(directory.unwrap_or(Path::new(".")))
        .map_err(sqlx::Error::Io)
        .during(action)?;
    mark(file.path()).await?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        // Someone else was quicker; theirs is as good.
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(sqlx::Error::Io(error.error)).during(action),
    }
}

/// Writes our mark into an empty file, before anything else and in the old journal mode, so that
/// it is in the file itself and not in a log beside it; then switches to the write-ahead log.
async fn mark(path: &Path) -> Result<(), StoreError> {
    let action = "create the database";
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("application_id", APPLICATION_ID.to_string())
        .connect()
        .await
        .during(action)?;
    sqlx::query("PRAGMA journal_mode = WAL")
        .execute(&mut connection)
        .await
        .during(action)?;
    connection.close().await.during(action)
}

async fn refuse_newer(path: &Path) -> Result<(), StoreError> {
    match (schema(path).await?, known()) {
        (Some(found), known) if found > known => Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        }),
        _ => Ok(()),
    }
}

/// The schema of a database of ours; `None` before the first migration.
async fn schema(path: &Path) -> Result<Option<i64>, StoreError> {
    let action = "read the schema version";
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .connect()
        .await
        .during(action)?;
    let found = applied(&mut connection).await?;
    connection.close().await.during(action)?;
    Ok(found)
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

/// Applies what is missing. Another process may do the same at the same time: then a step fails
/// because its tables are there already or the database has changed under it, and the next try
/// finds more of the schema complete.
async fn migrate(writer: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    let action = "migrate the database";
    let mut tries = 0;
    loop {
        let error = match MIGRATOR.run(writer).await {
            Ok(()) => return Ok(()),
            Err(MigrateError::VersionMismatch(_)) => {
                return Err(StoreError::Foreign {
                    path: path.to_owned(),
                    why: "was migrated by a build with other migrations",
                });
            }
            Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => error,
            Err(error) => sqlx::Error::Migrate(Box::new(error)),
        };
        let mut connection = writer.acquire().await.during(action)?;
        if applied(&mut connection).await? == Some(known()) {
            return Ok(());
        }
        tries += 1;
        if tries == MIGRATE_TRIES {
            return Err(error).during(action);
        }
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
