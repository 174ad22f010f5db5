//! A database in a temporary directory, an account in it, and short ways to say what happens.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value as Json;
use shared::attempt::{ListingSource, ModeState, RescanOrder, RunMode, RunOrder, SnapshotOrder};
use shared::id::{AccountId, RunNo};
use shared::record::{Record, Value};
use shared::table::Table;
use shared::time::Timestamp;
use shared::window::{Slice, WindowOrder};
use shared::wire::message::{Counts, Mark};
use shared::worker::{Mode, Worker};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};
use supervisor::ingest::{Ingest, IngestError};
use supervisor::outcome::{MemorySlot, PolicyState};
use supervisor::store::{BeginAttempt, Begun, Grant, NewAccount, Store, StoreError, SyncState};

pub(crate) const NOW: Timestamp = Timestamp(1_790_000_000_000);
pub(crate) const HOUR: i64 = 3_600_000;
pub(crate) const FIRST: RunNo = RunNo(0);

/// `n` hours after [`NOW`].
pub(crate) fn at(hours: i64) -> Timestamp {
    Timestamp(NOW.0 + hours * HOUR)
}

pub(crate) struct World {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) account: AccountId,
}

impl World {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("test.db"), true)
            .await
            .unwrap();
        let account = add(&store, "alpha").await.unwrap();
        Self {
            directory,
            store,
            account,
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("test.db")
    }

    pub(crate) async fn begin(&self, runs: &[Worker], holder: &str) -> Result<Begun, StoreError> {
        begin(&self.store, self.account, runs, holder).await
    }

    /// An attempt of one run, ready to take what a child sends.
    pub(crate) async fn ingest(&self, worker: Worker) -> Ingest {
        self.ingest_from(worker, NOW).await
    }

    /// The same, with a window that begins at `first` unless there is a cursor.
    pub(crate) async fn ingest_from(&self, worker: Worker, first: Timestamp) -> Ingest {
        let state = self.state(worker).await;
        let mode = match worker.mode() {
            Mode::Window => RunMode::Window(WindowOrder {
                cursor: state.cursor.unwrap_or(first),
                until: at(100),
                step_ms: 24 * HOUR as u64,
                overlap_ms: HOUR as u64,
                deep: None,
            }),
            Mode::Rescan => RunMode::Rescan(RescanOrder {
                from: first,
                open_from: first,
                until: at(100),
            }),
            Mode::Snapshot => RunMode::Snapshot(SnapshotOrder {
                last_taken_at: state.cursor,
                state: state.mode_state.clone(),
                listings: ListingSource::Report,
            }),
        };
        self.ordered(worker, mode).await
    }

    /// The same with what it must cover.
    pub(crate) async fn ordered(&self, worker: Worker, mode: RunMode) -> Ingest {
        let begun = self.begin(&[worker], "me").await.unwrap();
        let order = RunOrder {
            run: FIRST,
            worker,
            mode,
            take_until: at(1),
            deadline: at(2),
            skip: Vec::new(),
        };
        Ingest::new(self.store.clone(), grant(self.account, &begun), &[order])
    }

    pub(crate) async fn state(&self, worker: Worker) -> SyncState {
        self.store.sync_state(self.account, worker).await.unwrap()
    }

    /// Rows of a query, each as one text with `|` between columns and `-` for null.
    pub(crate) async fn sql(&self, text: &str) -> Vec<String> {
        sql(&self.path(), text).await
    }

    /// The history of all items, in order: kind, key, changes.
    pub(crate) async fn events(&self) -> Vec<(String, String, Json)> {
        self.sql("SELECT kind, entity_key, changes FROM ebay_events ORDER BY event_id")
            .await
            .iter()
            .map(|line| {
                let mut parts = line.splitn(3, '|').map(str::to_owned);
                let mut next = || parts.next().unwrap();
                let (kind, key) = (next(), next());
                (kind, key, serde_json::from_str(&next()).unwrap())
            })
            .collect()
    }

    /// Just the kinds and the first part of the keys.
    pub(crate) async fn kinds(&self) -> Vec<String> {
        self.events()
            .await
            .iter()
            .map(|(kind, key, _)| {
                let key: Vec<String> = serde_json::from_str(key).unwrap();
                format!("{kind} {}", key[0])
            })
            .collect()
    }
}

pub(crate) async fn add(store: &Store, name: &str) -> Result<AccountId, StoreError> {
    let account = NewAccount {
        name,
        environment: "sandbox",
        marketplace: "EBAY_US",
        token_file: "/tokens/alpha",
        workers: &Worker::ALL,
    };
    store.add_account(&account, NOW).await
}

pub(crate) async fn begin(
    store: &Store,
    account: AccountId,
    runs: &[Worker],
    holder: &str,
) -> Result<Begun, StoreError> {
    let begin = BeginAttempt {
        account,
        runs,
        host: "host",
        build: "build",
        slot: MemorySlot::Normal,
        memory_limit: 128 << 20,
        holder,
        lease_for: Duration::from_mins(1),
    };
    store.begin_attempt(&begin, NOW).await
}

pub(crate) fn grant(account: AccountId, begun: &Begun) -> Grant {
    Grant {
        attempt: begun.attempt,
        account,
        fence: begun.fence,
    }
}

pub(crate) async fn sql(path: &std::path::Path, text: &str) -> Vec<String> {
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(false)
        .connect()
        .await
        .unwrap();
    sqlx::query(AssertSqlSafe(text.to_owned()))
        .fetch_all(&mut connection)
        .await
        .unwrap()
        .iter()
        .map(line)
        .collect()
}

fn line(row: &SqliteRow) -> String {
    let cells: Vec<String> = (0..row.len())
        .map(|at| {
            row.try_get_unchecked::<Option<String>, _>(at)
                .unwrap()
                .unwrap_or_else(|| "-".to_owned())
        })
        .collect();
    cells.join("|")
}

/// A listing with a quantity; the title is what the report cannot deliver.
pub(crate) fn listing(item: &str, quantity: i64) -> Record {
    let mut values = vec![Value::Null; Table::ActiveInventory.def().columns.len()];
    values[0] = Value::Absent;
    values[1] = Value::Integer(quantity);
    Record {
        table: Table::ActiveInventory,
        key: vec![item.to_owned(), String::new(), String::new()],
        values,
        ebay_time: None,
        payload: format!("{{\"q\":{quantity}}}"),
        volatile: String::new(),
    }
}

/// An order with a payment status, changed at a time.
pub(crate) fn order(id: &str, status: &str, changed: Timestamp) -> Record {
    let mut values = vec![Value::Null; Table::Orders.def().columns.len()];
    values[2] = Value::Text(status.to_owned());
    Record {
        table: Table::Orders,
        key: vec![id.to_owned()],
        values,
        ebay_time: Some(changed),
        payload: format!("{{\"s\":\"{status}\"}}"),
        volatile: String::new(),
    }
}

/// A return in a state, with the version of its summary.
pub(crate) fn returned(id: &str, state: &str, version: &str) -> Record {
    let columns = Table::Returns.def().columns;
    let mut values = vec![Value::Null; columns.len()];
    values[4] = Value::Text(state.to_owned());
    values[columns.len() - 1] = Value::Text(version.to_owned());
    Record {
        table: Table::Returns,
        key: vec![id.to_owned()],
        values,
        ebay_time: None,
        payload: format!("{{\"s\":\"{state}\"}}"),
        volatile: String::new(),
    }
}

/// A transaction with a status.
pub(crate) fn transaction(id: &str, status: &str) -> Record {
    let mut values = vec![Value::Null; Table::Transactions.def().columns.len()];
    values[2] = Value::Text(status.to_owned());
    Record {
        table: Table::Transactions,
        key: vec![id.to_owned(), "SALE".to_owned(), "CREDIT".to_owned()],
        values,
        ebay_time: None,
        payload: format!("{{\"s\":\"{status}\"}}"),
        volatile: String::new(),
    }
}

/// The mark of a slice, in hours after [`NOW`].
pub(crate) fn slice(fetch_start: i64, start: i64, end: i64) -> Slice {
    Slice {
        fetch_start: at(fetch_start),
        start: at(start),
        end: at(end),
    }
}

/// What a child did that no honest child does.
pub(crate) fn violation(error: IngestError) -> String {
    match error {
        IngestError::Violation { what } => what,
        IngestError::Refused(_) | IngestError::Store(_) => unreachable!("{error}"),
    }
}

/// With what a run must fail: name and words.
pub(crate) fn refused(error: IngestError) -> (&'static str, String) {
    match error {
        IngestError::Refused(failure) => (failure.name(), failure.what().to_owned()),
        IngestError::Violation { .. } | IngestError::Store(_) => unreachable!("{error}"),
    }
}

pub(crate) fn counts(records: u64) -> Counts {
    Counts {
        records,
        items: records,
        announced: None,
    }
}

/// A whole snapshot: its batch, if it has records, and its checkpoint.
pub(crate) async fn snapshot(
    world: &World,
    records: Vec<Record>,
    taken_at: Timestamp,
) -> Result<Ingest, IngestError> {
    let mut ingest = world.ingest(Worker::ActiveInventory).await;
    let count = records.len() as u64;
    if count > 0 {
        ingest.batch(FIRST, records, taken_at).await?;
    }
    let mark = Mark::Snapshot(taken_at);
    ingest
        .checkpoint(FIRST, mark, counts(count), taken_at)
        .await?;
    Ok(ingest)
}

pub(crate) fn task(id: &str) -> ModeState {
    ModeState::InventoryTask {
        id: id.to_owned(),
        created_at: NOW,
    }
}

/// What policy might say of a run whose supervisor died: one more interruption, due in an hour.
pub(crate) fn interrupted(state: &PolicyState) -> (PolicyState, Timestamp) {
    let policy = PolicyState {
        interruptions: state.interruptions + 1,
        ..state.clone()
    };
    (policy, at(1))
}
