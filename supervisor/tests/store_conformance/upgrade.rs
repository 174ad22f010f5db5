//! A database of schema 3, with rows and a history, opened by this build.

use std::path::Path;

use shared::record::{Record, Value};
use shared::worker::Worker;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection};
use supervisor::daemon::{self, DaemonError};
use supervisor::store::Store;

use crate::harness::{FIRST, World, at, listing, order, snapshot, sql};

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/sqlite");

/// What a build with schema 3 had: every table of it that may have rows.
const COPIED: [&str; 7] = [
    "accounts",
    "sync_state",
    "attempts",
    "sync_windows",
    "ebay_orders",
    "ebay_active_inventory",
    "ebay_events",
];

async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(false)
        .pragma("application_id", 0x426b_4864.to_string())
        .connect()
        .await
        .unwrap()
}

/// An empty database of an older schema.
pub(crate) async fn schema(path: &Path, version: i64) -> SqliteConnection {
    let mut connection = connect(path).await;
    let migrator = Migrator::new(Path::new(MIGRATIONS)).await.unwrap();
    migrator.run_to(version, &mut connection).await.unwrap();
    connection
}

/// Columns that schema 3 has too.
async fn columns(path: &Path, table: &str) -> String {
    let names = sql(
        path,
        &format!("SELECT name FROM pragma_table_info('{table}')"),
    )
    .await;
    names.join(", ")
}

/// A listing as the report tells it: quantity, price, currency and source.
fn reported(item: &str, quantity: i64) -> Record {
    let mut record = listing(item, quantity);
    for (at, value) in record.values.iter_mut().enumerate() {
        *value = match at {
            1 => Value::Integer(quantity),
            2 => Value::Decimal("1.50".to_owned()),
            3 => Value::Text("USD".to_owned()),
            9 => Value::Text("report".to_owned()),
            _ => Value::Absent,
        };
    }
    record
}

async fn fill(world: &World) {
    let mut ingest = world.ingest(Worker::Orders).await;
    for (hour, status) in [(1, "A"), (2, "B")] {
        let batch = vec![order("1", status, at(hour)), order("2", "A", at(1))];
        ingest.batch(FIRST, batch, at(hour)).await.unwrap();
    }
    snapshot(world, vec![reported("7", 1), reported("8", 1)], at(1))
        .await
        .unwrap();
    snapshot(world, vec![reported("7", 1)], at(2))
        .await
        .unwrap();
}

/// Copies what a world holds into a database of schema 3, as a build of that time left it.
async fn downgraded(world: &World, path: &Path) {
    let mut connection = schema(path, 3).await;
    let mut script = vec![format!("ATTACH '{}' AS new", world.path().display())];
    for table in COPIED {
        let columns = columns(path, table).await;
        script.push(format!(
            "INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}"
        ));
    }
    script.push(
        "UPDATE main.ebay_active_inventory SET source = NULL, \
         content_hash = substr(content_hash, 1, 32); \
         UPDATE main.sqlite_sequence SET seq = 40 WHERE name = 'ebay_events'; DETACH new"
            .to_owned(),
    );
    sqlx::raw_sql(AssertSqlSafe(script.join(";")))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn everything_is_kept_and_goes_on() {
    let world = World::new().await;
    fill(&world).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    downgraded(&world, &path).await;
    let events = "SELECT * FROM ebay_events ORDER BY event_id";
    let before = (sql(&path, events).await, sql(&world.path(), events).await);
    assert_eq!(before.0.len(), 6, "{before:?}");
    assert_eq!(before.0, before.1);

    let old = World {
        store: Store::open(&path, false).await.unwrap(),
        account: world.account,
        directory,
    };
    assert_eq!(sql(&path, events).await, before.0, "the history is kept");
    let kept = columns(&path, "ebay_active_inventory").await;
    let kept = kept.replace("content_hash", "hex(content_hash)");
    let kept = format!("SELECT {kept} FROM ebay_active_inventory");
    assert_eq!(sql(&path, &kept).await, world.sql(&kept).await);
    let index = "SELECT sql FROM sqlite_schema WHERE name = 'ebay_events_by_key'";
    assert_eq!(sql(&path, index).await, world.sql(index).await);
    let audit = old.store.audit(None).await.unwrap();
    // That its numbers went further than its events is the only thing that is wrong with it.
    let what: Vec<&str> = audit.findings.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(what, ["events 7 to 40 are gone"]);

    let mut ingest = old.ingest(Worker::ActiveInventory).await;
    let again = vec![reported("7", 1), reported("8", 2)];
    ingest.batch(FIRST, again, at(3)).await.unwrap();
    let counters = ingest.counters(FIRST);
    assert_eq!((counters.unchanged, counters.updated), (1, 1));
    let last = "SELECT event_id, kind FROM ebay_events WHERE event_id > 6";
    assert_eq!(sql(&path, last).await, ["41|updated"], "numbers go on");
}

/// A command may be of a newer build than the service beside it.
#[tokio::test]
async fn a_database_is_migrated_by_who_has_the_lock() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(daemon::DATABASE);
    schema(&path, 3).await.close().await.unwrap();
    let version = "SELECT max(version) FROM _sqlx_migrations";
    let lock = daemon::lock(directory.path()).unwrap();
    let refused = daemon::open_store(directory.path(), false).await;
    let refused = refused.unwrap_err();
    assert!(matches!(refused, DaemonError::OlderService(_)), "{refused}");
    assert_eq!(sql(&path, version).await, ["3"]);
    daemon::open_store_locked(directory.path(), &lock)
        .await
        .unwrap()
        .close()
        .await;
    // Up to date, it is opened beside a service.
    let beside = daemon::open_store(directory.path(), false).await;
    beside.unwrap().close().await;
    drop(lock);

    let alone = tempfile::tempdir().unwrap();
    let path = alone.path().join(daemon::DATABASE);
    schema(&path, 3).await.close().await.unwrap();
    let opened = daemon::open_store(alone.path(), false).await;
    opened.unwrap().close().await;
    assert_ne!(sql(&path, version).await, ["3"]);
}
