//! The generated statements against the migrated schema.

use std::collections::BTreeMap;

use shared::table::{Kind, Table, TableDef};
use sqlx::{AssertSqlSafe, Executor as _, Row as _, SqlSafeStr as _};

use super::statement::TableSql;
use super::{Store, audit, probe};

async fn store() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    (directory, Store::open(&path, true).await.unwrap())
}

async fn pragma(store: &Store, text: String) -> Vec<sqlx::sqlite::SqliteRow> {
    sqlx::query(AssertSqlSafe(text))
        .fetch_all(&store.reader)
        .await
        .unwrap()
}

/// Column → (type, not null).
type Columns = BTreeMap<String, (String, bool)>;

fn described(def: &TableDef) -> Columns {
    let mut columns: Columns = [
        ("row_id", "INTEGER", false),
        ("account_id", "INTEGER", true),
        ("payload", "TEXT", true),
        ("volatile", "TEXT", true),
        ("content_hash", "BLOB", true),
        ("shape_version", "INTEGER", true),
        ("ebay_time", "TEXT", false),
        ("first_seen_at", "TEXT", true),
        ("changed_at", "TEXT", true),
        ("ended_at", "TEXT", false),
    ]
    .into_iter()
    .map(|(name, kind, not_null)| (name.to_owned(), (kind.to_owned(), not_null)))
    .collect();
    for key in def.key {
        columns.insert((*key).to_owned(), ("TEXT".to_owned(), true));
    }
    for column in def.columns {
        let kind = match column.kind {
            Kind::Integer | Kind::Boolean => "INTEGER",
            Kind::Text | Kind::Decimal | Kind::Time | Kind::Mark => "TEXT",
        };
        columns.insert(column.name.to_owned(), (kind.to_owned(), false));
    }
    columns
}

#[tokio::test]
async fn descriptions_match_the_schema() {
    let (_directory, store) = store().await;
    for table in Table::ALL {
        let def = table.def();
        let rows = pragma(&store, format!("PRAGMA table_info({})", def.name)).await;
        let found: Columns = rows
            .iter()
            .map(|row| {
                let kind = (row.get::<String, _>("type"), row.get::<bool, _>("notnull"));
                (row.get::<String, _>("name"), kind)
            })
            .collect();
        assert_eq!(found, described(def), "{}", def.name);
        assert_eq!(
            unique_key(&store, def).await,
            expected_key(def),
            "{}",
            def.name
        );
        let strict = pragma(&store, format!("PRAGMA table_list({})", def.name)).await;
        assert!(strict[0].get::<bool, _>("strict"), "{}", def.name);
    }
}

fn expected_key(def: &TableDef) -> Vec<String> {
    let mut key = vec!["account_id".to_owned()];
    key.extend(def.key.iter().map(|part| (*part).to_owned()));
    key
}

async fn unique_key(store: &Store, def: &TableDef) -> Vec<String> {
    let indexes = pragma(store, format!("PRAGMA index_list({})", def.name)).await;
    let unique: Vec<String> = indexes
        .iter()
        .filter(|row| row.get::<bool, _>("unique"))
        .map(|row| row.get::<String, _>("name"))
        .collect();
    assert_eq!(unique.len(), 1, "{}", def.name);
    pragma(store, format!("PRAGMA index_info({})", unique[0]))
        .await
        .iter()
        .map(|row| row.get::<String, _>("name"))
        .collect()
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let (_directory, store) = store().await;
    for table in Table::ALL {
        for text in TableSql::of(table).all() {
            let prepared = store
                .writer
                .prepare(AssertSqlSafe(text.to_owned()).into_sql_str())
                .await;
            assert!(prepared.is_ok(), "{text}: {:?}", prepared.err());
        }
    }
}

/// How SQLite would run a statement, one step a line.
async fn plan(store: &Store, text: &str) -> Vec<String> {
    pragma(store, format!("EXPLAIN QUERY PLAN {text}"))
        .await
        .iter()
        .map(|row| row.get::<String, _>("detail"))
        .collect()
}

#[tokio::test]
async fn rows_are_found_by_index() {
    let (_directory, store) = store().await;
    for table in Table::ALL {
        let def = table.def();
        let sql = TableSql::of(table);
        let by_key = format!(
            "SEARCH t USING INDEX sqlite_autoindex_{}_1 (account_id=? AND {}=?)",
            def.name,
            def.key.join("=? AND ")
        );
        let found = plan(&store, &sql.stored).await;
        assert_eq!(found[0], "SCAN j VIRTUAL TABLE INDEX 1:", "{found:?}");
        assert_eq!(found[1], by_key, "{found:?}");

        let found = plan(&store, &sql.under).await;
        let first = def.key[0];
        assert!(
            found[0].contains(&format!("(account_id=? AND {first}=?)")),
            "{found:?}"
        );

        for text in [&sql.current, &sql.end_events] {
            let found = plan(&store, text).await;
            let by_number = "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)";
            assert!(
                found.iter().any(|step| step == by_number),
                "{text}: {found:?}"
            );
        }
        for text in sql.all() {
            let found = plan(&store, text).await;
            let scan = |step: &String| {
                step.starts_with("SCAN") && (step.contains(def.name) || step.contains("SCAN t"))
            };
            // The last row number is read from the end of the table; only a snapshot's table has
            // an index of its open rows, and no other is asked for them.
            let exempt = text == sql.last_row || text == sql.open;
            assert!(exempt || !found.iter().any(scan), "{text}: {found:?}");
        }
    }
}

#[tokio::test]
async fn probed_rows_are_found_by_index() {
    let (_directory, store) = store().await;
    let mut versioned = Vec::new();
    for table in Table::ALL {
        let def = table.def();
        let Some(text) = probe::stored(def) else {
            assert!(def.columns.iter().all(|column| column.kind != Kind::Mark));
            continue;
        };
        let found = plan(&store, &text).await;
        assert_eq!(found[0], "SCAN j VIRTUAL TABLE INDEX 1:", "{found:?}");
        let by_key = format!(
            "SEARCH t USING INDEX sqlite_autoindex_{}_1 (account_id=? AND {}=?)",
            def.name,
            def.key.join("=? AND ")
        );
        assert_eq!(found[1..], [by_key], "{found:?}");
        versioned.push(table);
    }
    for table in [Table::Cases, Table::Inquiries, Table::Returns] {
        assert!(versioned.contains(&table), "{table:?}");
    }
}

#[tokio::test]
async fn an_audit_reads_by_index_and_sorts_nothing() {
    let (_directory, store) = store().await;
    let history = "SEARCH e USING INDEX ebay_events_by_key \
                   (account_id=? AND entity=? AND entity_key=?)";
    for table in Table::ALL {
        for text in audit::generated(table.def()) {
            let found = plan(&store, &text).await;
            let sorts = |step: &String| step.contains("TEMP B-TREE") && !text.contains("j.key");
            assert!(!found.iter().any(sorts), "{text}: {found:?}");
            let scans = |step: &String| step.starts_with("SCAN t") || step.starts_with("SCAN e");
            assert!(!found.iter().any(scans), "{text}: {found:?}");
            if text.contains("ebay_events") {
                assert!(
                    found.iter().any(|step| step == history),
                    "{text}: {found:?}"
                );
            }
        }
    }
    for text in audit::WHOLE {
        let found = plan(&store, text).await;
        let sorts = |step: &String| step.contains("TEMP B-TREE");
        assert!(!found.iter().any(sorts), "{text}: {found:?}");
    }
    let found = plan(&store, audit::WHOLE[0]).await;
    assert!(
        found[0].contains("USING COVERING INDEX ebay_events_by_key"),
        "{found:?}"
    );
}

#[tokio::test]
async fn open_rows_of_a_snapshot_are_found_by_index() {
    let (_directory, store) = store().await;
    for worker in shared::worker::Worker::ALL {
        if worker.mode() != shared::worker::Mode::Snapshot {
            continue;
        }
        for table in worker.tables() {
            let found = plan(&store, &TableSql::of(*table).open).await;
            assert_eq!(found.len(), 1, "no sorting: {found:?}");
            let covering = format!("USING COVERING INDEX {}_open", table.def().name);
            assert!(found[0].contains(&covering), "{found:?}");
        }
    }
}

#[test]
fn every_parameter_is_bound() {
    // The driver leaves what it is not given null, without an error, so the numbers are held here:
    // each is the number of `bind` calls per row in `write`.
    for table in Table::ALL {
        let def = table.def();
        let sql = TableSql::of(table);
        let own = def.key.len() + def.columns.len();
        for (sized, per_row) in [
            (&sql.insert, own + 9),
            (&sql.replace, own + 8),
            (&sql.events, 9),
        ] {
            for (size, text) in sized {
                assert_eq!(text.matches('?').count(), size * per_row, "{text}");
                assert!(size * per_row <= 32_766, "more variables than SQLite takes");
            }
        }
    }
}
