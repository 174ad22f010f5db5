//! Which files are opened, and which are refused untouched.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use supervisor::store::{Store, StoreError};

async fn execute(path: &Path, text: &str) {
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .connect()
        .await
        .unwrap();
    sqlx::query(AssertSqlSafe(text.to_owned()))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

async fn refused(path: &Path) -> StoreError {
    let look = || {
        let beside = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        (std::fs::read(path).unwrap(), beside)
    };
    let before = look();
    let error = Store::open(path, true).await.unwrap_err();
    assert!(look() == before, "{error}");
    error
}

#[tokio::test]
async fn a_missing_file_is_made_only_when_asked() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let error = Store::open(&path, false).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
    assert!(!path.exists());
    Store::open(&path, true).await.unwrap().close().await;
    let store = Store::open(&path, false).await.unwrap();
    assert!(store.accounts().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_empty_file_becomes_a_database() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    std::fs::write(&path, "").unwrap();
    Store::open(&path, true).await.unwrap().close().await;
    Store::open(&path, false).await.unwrap();
}

/// A checkpoint writes page 1, which says how long the file is, before it has written the rest. The
/// log beside it has everything, whoever was killed in between.
#[tokio::test]
async fn a_database_whose_checkpoint_was_cut_short_is_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let store = Store::open(&path, true).await.unwrap();
    let cut = directory.path().join("cut.db");
    std::fs::copy(&path, &cut).unwrap();
    let log = |path: &Path| path.with_extension("db-wal");
    std::fs::copy(log(&path), log(&cut)).unwrap();
    assert!(
        std::fs::metadata(log(&cut)).unwrap().len() > 0,
        "nothing is in the log"
    );
    let mut file = std::fs::read(&cut).unwrap();
    // The length in pages, as good as any that is too long, at offset 28 of the header.
    file[28..32].copy_from_slice(&4_000_u32.to_be_bytes());
    let counter: [u8; 4] = file[24..28].try_into().unwrap();
    file[92..96].copy_from_slice(&counter);
    std::fs::write(&cut, file).unwrap();
    let opened = Store::open(&cut, false).await.unwrap();
    assert!(opened.accounts().await.unwrap().is_empty());
    drop(store);
}

#[tokio::test]
async fn what_is_not_ours_is_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("text");
    for content in ["hello", &"hello ".repeat(1_000)] {
        std::fs::write(&path, content).unwrap();
        let error = refused(&path).await;
        assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
        assert!(
            error.to_string().contains("is not a SQLite database"),
            "{error}"
        );
    }
    let path = directory.path().join("other.db");
    execute(&path, "CREATE TABLE accounts (a)").await;
    let error = refused(&path).await;
    assert!(error.to_string().contains("another program"), "{error}");
    execute(&path, "PRAGMA application_id = 7").await;
    assert!(matches!(refused(&path).await, StoreError::Foreign { .. }));
    let error = Store::open(directory.path(), true).await.unwrap_err();
    assert!(error.is_temporary(), "a directory: {error}");
}

#[tokio::test]
async fn a_newer_schema_is_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    Store::open(&path, true).await.unwrap().close().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, \
                 execution_time) VALUES (9000, 'from the future', 1, x'00', 0)";
    execute(&path, newer).await;
    let error = refused(&path).await;
    assert!(
        matches!(error, StoreError::Newer { found: 9_000, .. }),
        "{error}"
    );
    assert!(
        error.to_string().contains("install the newer build"),
        "{error}"
    );
}

#[tokio::test]
async fn other_migrations_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    Store::open(&path, true).await.unwrap().close().await;
    execute(&path, "UPDATE _sqlx_migrations SET checksum = x'00'").await;
    let error = refused(&path).await;
    assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_may_open_at_once() {
    for _ in 0..20 {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        let (first, second) = tokio::join!(
            tokio::spawn({
                let path = path.clone();
                async move { Store::open(&path, true).await }
            }),
            tokio::spawn({
                let path = path.clone();
                async move { Store::open(&path, true).await }
            }),
        );
        let (first, second) = (first.unwrap().unwrap(), second.unwrap().unwrap());
        assert!(first.accounts().await.unwrap().is_empty());
        assert!(second.accounts().await.unwrap().is_empty());
    }
}
