//! Reports of token children: numbered once, bounded for each account, and no obstacle to anything.

use shared::id::AccountId;
use shared::id::AttemptId;
use shared::time::Timestamp;
use shared::worker::Worker;
use sqlx::Connection as _;
use supervisor::outcome::{CrashId, CrashReport, ExchangeKind, ExchangeReport};
use supervisor::store::Store;

use crate::harness::{World, add, at};
use crate::queries::{die, report};
use crate::upgrade::schema;

fn of_token(world: &World, account: Option<AccountId>, at: Timestamp) -> CrashReport {
    CrashReport {
        id: CrashId::Token(0),
        at,
        account_id: account,
        account: account.map(|_| "alpha".to_owned()),
        worker: None,
        exchange: Some(ExchangeReport {
            kind: ExchangeKind::Refresh,
            host: "https://ebay.example".to_owned(),
            stderr_unread: "why".to_owned(),
            to_do: "what".to_owned(),
        }),
        runs: Vec::new(),
        ..report(world, AttemptId(1))
    }
}

async fn put(world: &World, account: Option<AccountId>, hour: i64, since: i64) -> (CrashId, bool) {
    let mut report = of_token(world, account, at(hour));
    let bound = (2, at(since));
    let stored = world.store.put_token_crash(&mut report, bound).await;
    let stored = stored.unwrap();
    let kept = world.store.crash(report.id).await.unwrap();
    assert!(!stored || kept == report, "whole");
    (report.id, stored)
}

#[tokio::test]
async fn a_number_is_never_used_twice_and_reports_are_bounded() {
    let world = World::new().await;
    let other = add(&world.store, "beta").await.unwrap();
    let (own, token) = (Some(world.account), CrashId::Token);
    assert_eq!(put(&world, own, 1, 0).await, (token(1), true));
    assert_eq!(put(&world, own, 2, 0).await, (token(2), true));
    assert_eq!(put(&world, own, 3, 0).await, (token(2), false), "enough");
    assert_eq!(put(&world, Some(other), 3, 0).await, (token(3), true));
    assert_eq!(put(&world, None, 3, 0).await, (token(4), true), "of nobody");
    assert_eq!(
        put(&world, own, 4, 2).await,
        (token(5), true),
        "the first is old"
    );

    let rows = world.store.crashes(10).await.unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.id, row.account.as_deref()))
        .collect();
    let expected = [
        (token(5), Some("alpha")),
        (token(4), None),
        (token(3), Some("beta")),
        (token(2), Some("alpha")),
        (token(1), Some("alpha")),
    ];
    assert_eq!(told, expected);
    let newest = [token(5), token(4), token(3)];
    assert_eq!(world.store.remove_crashes(&newest).await.unwrap(), 3);
    assert_eq!(put(&world, None, 5, 0).await, (token(6), true));
}

#[tokio::test]
async fn old_attempts_go_although_a_token_child_died() {
    let world = World::new().await;
    let died = die(&world).await;
    put(&world, Some(world.account), 1, 0).await;
    put(&world, None, 1, 0).await;
    assert_eq!(
        world.store.remove_attempts(at(99)).await.unwrap(),
        0,
        "it has a report"
    );
    let id = CrashId::Run {
        attempt: died,
        worker: Worker::Orders,
    };
    world.store.remove_crashes(&[id]).await.unwrap();
    assert_eq!(world.store.remove_attempts(at(99)).await.unwrap(), 1);
    assert_eq!(world.store.crash_times().await.unwrap().len(), 2);
}

#[tokio::test]
async fn reports_of_an_older_schema_stay() {
    let world = World::new().await;
    let old = report(&world, AttemptId(1));
    let path = world.directory.path().join("old.db");
    let mut connection = schema(&path, 10).await;
    for sql in [
        "INSERT INTO accounts (name, environment, marketplace, token_file, created_at) \
         VALUES ('alpha', 'production', 'EBAY_US', '', '2026-01-01T00:00:00.000Z')",
        "INSERT INTO attempts (account_id, fence, host, build, slot, memory_limit, started_at) \
         VALUES (1, 1, 'h', 'b', 'normal', 1, '2026-01-01T00:00:00.000Z')",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    sqlx::query(
        "INSERT INTO crash_reports (crash_id, attempt_id, account_id, worker, at, cause, confidence, \
         fingerprint, report) VALUES ('1-orders', 1, 1, 'orders', ?1, 'panic', 'proven', ?2, ?3)",
    )
    .bind(old.at.to_string())
    .bind(old.fingerprint.clone())
    .bind(serde_json::to_string(&old).unwrap())
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();

    let store = Store::open(&path, false).await.unwrap();
    assert_eq!(store.crash(old.id).await.unwrap(), old);
    let mut token = of_token(&world, Some(world.account), at(1));
    assert!(store.put_token_crash(&mut token, (3, at(0))).await.unwrap());
    assert_eq!(token.id, CrashId::Token(2), "numbers go on");
    assert_eq!(store.crashes(10).await.unwrap().len(), 2);
}
