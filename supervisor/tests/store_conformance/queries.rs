//! What a person asks.

use shared::id::AttemptId;
use shared::sandbox::Layer;
use shared::worker::Worker;
use supervisor::outcome::{
    Cause, CrashId, CrashReport, Decision, DecisionKind, MemorySlot, Outcome, Reproduction,
    StderrText,
};
use supervisor::store::StoreError;

use crate::attempts::{end, end_run, verdict};
use crate::harness::{NOW, World, at, grant};

pub(crate) fn report(world: &World, attempt: AttemptId) -> CrashReport {
    let worker = Worker::Orders;
    CrashReport {
        id: CrashId::Run { attempt, worker },
        at: at(0),
        account_id: Some(world.account),
        account: Some("alpha".to_owned()),
        worker: Some(worker),
        exchange: None,
        runs: vec![worker],
        build: "build".to_owned(),
        child_build: Some("build".to_owned()),
        host: "host".to_owned(),
        pid: Some(7),
        died_at: Some(at(0)),
        verdict: verdict(Cause::Panic),
        failure: None,
        ending: None,
        raw_status: Some(6),
        cpu_ms: None,
        kill: None,
        limits: None,
        sandbox: Some(vec![Layer::Seccomp]),
        fault: None,
        slot: MemorySlot::Normal,
        peak_resident: None,
        peak_heap: None,
        peak_cgroup: None,
        failed_allocation: None,
        stage: None,
        panic: Some("boom".to_owned()),
        cursor: None,
        stderr: StderrText::default(),
        fingerprint: "00ff00ff00ff00ff".to_owned(),
        decision: Decision {
            kind: DecisionKind::Solitary,
            due_at: at(0),
            charged: true,
            why: "first death".to_owned(),
        },
        recording: None,
        reproduce: Some(Reproduction::Impossible("nothing was recorded".to_owned())),
    }
}

pub(crate) async fn die(world: &World) -> AttemptId {
    let begun = world.begin(&[Worker::Orders], "me").await.unwrap();
    let mut run = end_run(Worker::Orders, Outcome::Died(Cause::Panic));
    run.report = Some(Box::new(report(world, begun.attempt)));
    end(world, grant(world.account, &begun), vec![run])
        .await
        .unwrap();
    begun.attempt
}

#[tokio::test]
async fn crash_reports_are_kept_whole() {
    let world = World::new().await;
    let (first, second) = (die(&world).await, die(&world).await);
    let rows = world.store.crashes(10).await.unwrap();
    let ids: Vec<AttemptId> = rows.iter().filter_map(|row| row.id.attempt()).collect();
    assert_eq!(ids, [second, first]);
    assert_eq!(
        (rows[0].cause.as_str(), rows[0].confidence.as_str()),
        ("panic", "proven")
    );
    let whole = world.store.crash(rows[1].id).await.unwrap();
    assert_eq!(whole, report(&world, first));
    let group = world
        .store
        .same_fingerprint("00ff00ff00ff00ff")
        .await
        .unwrap();
    assert_eq!(
        (group.count, group.accounts, group.first_seen),
        (2, 1, Some(at(0)))
    );
    let none = world.store.same_fingerprint("x").await.unwrap();
    assert_eq!((none.count, none.first_seen), (0, None));
    let id = CrashId::Run {
        attempt: AttemptId(99),
        worker: Worker::Orders,
    };
    let missing = world.store.crash(id).await.unwrap_err();
    assert_eq!(missing.to_string(), "crash 99-orders not found");
    assert!(matches!(missing, StoreError::NotFound { .. }));
}

#[tokio::test]
async fn status_tells_what_runs_and_what_cannot_be_read() {
    let world = World::new().await;
    // An account from before the other eight workers: they do not run, and nothing misses them.
    world
        .sql("DELETE FROM sync_state WHERE worker NOT IN ('orders', 'active_inventory')")
        .await;
    assert_eq!(world.store.sync_states().await.unwrap().states.len(), 2);
    let missing = world.begin(&[Worker::Returns], "me").await.unwrap_err();
    assert!(matches!(missing, StoreError::NotFound { .. }), "{missing}");
    world
        .sql("UPDATE sync_state SET policy = '{' WHERE worker = 'active_inventory'")
        .await;
    let begun = world.begin(&[Worker::Orders], "me").await.unwrap();
    let status = world.store.status().await.unwrap();
    assert_eq!(status.len(), 2);
    let broken = status[0].state.as_ref().unwrap_err().to_string();
    assert!(
        broken.contains("sync_state.policy of account 1, worker active_inventory"),
        "{broken}"
    );
    assert_eq!(
        (status[0].running, status[1].running),
        (None, Some(begun.attempt))
    );
    assert_eq!(
        (status[1].enabled, status[1].account_created_at),
        (true, Some(NOW))
    );
    assert_eq!(status[1].state.as_ref().unwrap().starts, 1);
    let run = vec![end_run(Worker::Orders, Outcome::Completed)];
    end(&world, grant(world.account, &begun), run)
        .await
        .unwrap();
    world.sql("UPDATE accounts SET enabled = 0").await;
    let status = world.store.status().await.unwrap();
    assert_eq!((status[1].running, status[1].enabled), (None, false));
    assert_eq!(world.store.sync_states().await.unwrap().states.len(), 0);
}

#[tokio::test]
async fn runs_are_listed_newest_first() {
    let world = World::new().await;
    let first = die(&world).await;
    let second = world
        .begin(&[Worker::Orders, Worker::ActiveInventory], "me")
        .await
        .unwrap();
    let rows = world.store.runs(2).await.unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.attempt, row.worker.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (second.attempt, "orders"),
            (second.attempt, "active_inventory")
        ]
    );
    assert_eq!((rows[0].ended_at, rows[0].outcome.as_deref()), (None, None));
    let rows = world.store.runs(10).await.unwrap();
    assert_eq!(
        (rows[2].attempt, rows[2].outcome.as_deref()),
        (first, Some("died"))
    );
    assert_eq!(rows[2].decision.as_ref().unwrap().kind, DecisionKind::Reset);
    let missing = world.store.attempt(AttemptId(99)).await.unwrap_err();
    assert!(matches!(missing, StoreError::NotFound { .. }), "{missing}");
}

#[tokio::test]
async fn tables_are_counted() {
    let world = World::new().await;
    die(&world).await;
    let counts = world.store.table_counts().await.unwrap();
    let of = |name| counts.iter().find(|(known, _)| *known == name).unwrap().1;
    assert_eq!(
        (of("ebay_orders"), of("accounts"), of("crash_reports")),
        (0, 1, 1)
    );
}
