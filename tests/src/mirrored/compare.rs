//! Rows against the simulator's truth, value by value, payloads included.

use std::collections::{BTreeMap, BTreeSet};

use crate::sim::{Payloads, Sim};
use serde_json::Value;

use super::db::{self, by_key, json};
use super::mirrors::{MIRRORS, Mirror};
use crate::harness::rows::{Database, Row};

/// Rows by key.
pub type Rows = BTreeMap<Vec<String>, Row>;

/// What is true of a table now.
pub fn truth(sim: &Sim, account: &str, mirror: &Mirror) -> Rows {
    let truth = sim.truth(account, Payloads::All).unwrap();
    let rows = truth[mirror.table].as_array().unwrap();
    let rows = rows.iter().map(|row| row.as_object().unwrap().clone());
    by_key(rows.collect(), mirror.key)
}

/// What is stored of a table: open rows and ended ones.
pub fn stored(db: &Database, account: &str, mirror: &Mirror) -> (Rows, Rows) {
    let all = by_key(db::table(db, mirror.table, account), mirror.key);
    all.into_iter()
        .partition(|(_, row)| row["ended_at"].is_null())
}

/// The stored row has every column of the true one with the same value, and the same payload.
pub fn same(truth: &Row, stored: &Row) -> bool {
    truth.iter().all(|(column, value)| match column.as_str() {
        "payload" => json(stored, "payload") == *value,
        // A yes or no is a number in this database.
        _ => match value.as_bool() {
            Some(yes) => stored[column] == i64::from(yes),
            None => stored[column] == *value,
        },
    })
}

/// The worker's tables are exactly what is true now, ended rows included.
pub fn assert_equal(sim: &Sim, db: &Database, account: &str, worker: &str) {
    for mirror in MIRRORS.iter().filter(|mirror| mirror.worker == worker) {
        let truth = truth(sim, account, mirror);
        let (open, ended) = stored(db, account, mirror);
        assert_same(account, mirror.table, &truth, &open);
        let ended: BTreeSet<_> = ended.into_keys().collect();
        assert_eq!(
            ended,
            ended_truth(sim, account, mirror.table),
            "{account} {}: ended",
            mirror.table
        );
    }
}

/// The worker's open rows are exactly what is true now, whoever saw what meanwhile.
pub fn assert_open_equal(sim: &Sim, db: &Database, account: &str, worker: &str) {
    for mirror in MIRRORS.iter().filter(|mirror| mirror.worker == worker) {
        let (open, _) = stored(db, account, mirror);
        assert_same(account, mirror.table, &truth(sim, account, mirror), &open);
    }
}

/// Both sets of rows have the same keys and, of the true rows' columns, the same values.
pub fn assert_same(account: &str, table: &str, truth: &Rows, open: &Rows) {
    let missing: Vec<_> = truth
        .keys()
        .filter(|key| !open.contains_key(*key))
        .collect();
    let extra: Vec<_> = open
        .keys()
        .filter(|key| !truth.contains_key(*key))
        .collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "{account} {table}: missing {missing:?}, extra {extra:?}"
    );
    for (key, row) in truth {
        let stored = &open[key];
        assert!(
            same(row, stored),
            "{account} {table} {key:?}\n is  {stored:?}\nnot {row:?}"
        );
    }
}

/// Only a snapshot ends rows.
fn ended_truth(sim: &Sim, account: &str, table: &str) -> BTreeSet<Vec<String>> {
    let truth = sim.truth(account, Payloads::None).unwrap();
    let keys = match table {
        "ebay_orders" | "ebay_order_line_items" => return BTreeSet::new(),
        "ebay_active_inventory" => &truth["ended"],
        table => &truth["gone"][table],
    };
    let key = |key: &Value| serde_json::from_value(key.clone()).unwrap();
    keys.as_array().unwrap().iter().map(key).collect()
}

/// A worker's tables before a pass, and what was true then.
#[derive(Debug)]
pub struct Before {
    cursor: Value,
    tables: Vec<(&'static Mirror, Rows, Rows)>,
}

impl Before {
    /// As it is stored now.
    pub fn of(db: &Database, account: &str, worker: &str) -> Self {
        let mut tables = Vec::new();
        for mirror in MIRRORS.iter().filter(|mirror| mirror.worker == worker) {
            let (open, ended) = stored(db, account, mirror);
            tables.push((mirror, open, ended));
        }
        Self {
            cursor: db::state(db, account, worker)["cursor"].clone(),
            tables,
        }
    }

    /// After a run that did not complete: nothing is lost, nothing is ended or comes back, and
    /// every row is as it was or as it is true now.
    pub fn assert_harmless(&self, sim: &Sim, db: &Database, account: &str) {
        for (mirror, open_before, ended_before) in &self.tables {
            let truth = truth(sim, account, mirror);
            let (open, ended) = stored(db, account, mirror);
            let table = mirror.table;
            for key in open_before.keys() {
                assert!(
                    open.contains_key(key),
                    "{account} {table}: {key:?} was lost or ended"
                );
            }
            for (key, row) in &ended {
                let before = ended_before.get(key);
                assert_eq!(before, Some(row), "{account} {table}: {key:?} was ended");
            }
            for (key, row) in &open {
                let as_before = open_before.get(key) == Some(row);
                let as_now = truth.get(key).is_some_and(|now| same(now, row));
                assert!(as_before || as_now, "{account} {table} {key:?}: {row:?}");
            }
        }
    }

    /// The cursor is where it was.
    pub fn assert_cursor(&self, db: &Database, account: &str, worker: &str) {
        let cursor = db::state(db, account, worker)["cursor"].clone();
        assert_eq!(cursor, self.cursor, "{account} {worker}: the cursor moved");
    }
}

/// The ledger is one unbroken line that ends at the cursor; returns its rows.
pub fn assert_ledger(db: &Database, account: &str, worker: &str) -> Vec<Row> {
    let mut windows = db::table(db, "sync_windows", account);
    windows.retain(|window| window["worker"] == worker);
    windows.sort_by_key(|window| db::text(window, "end_at"));
    for pair in windows.windows(2) {
        assert_eq!(
            pair[0]["end_at"], pair[1]["start_at"],
            "{account} {worker}: a gap"
        );
    }
    let state = db::state(db, account, worker);
    let first = windows
        .first()
        .map_or(&Value::Null, |window| &window["start_at"]);
    let last = windows
        .last()
        .map_or(&Value::Null, |window| &window["end_at"]);
    assert_eq!(state["since"], *first, "{account} {worker}");
    assert_eq!(state["cursor"], *last, "{account} {worker}");
    windows
}
