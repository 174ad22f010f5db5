//! Attempts, leases and fences.

use std::time::Duration;

use shared::failure::Failure;
use shared::id::{AccountId, AttemptId, RunNo};
use shared::wire::message::Mark;
use shared::worker::Worker;
use supervisor::ingest::IngestError;
use supervisor::outcome::{
    Cause, Confidence, Decision, DecisionKind, KillReason, Outcome, PolicyState, Verdict,
};
use supervisor::store::{
    BeginAttempt, Begun, EndAttempt, EndRun, Grant, LetterEnds, Peaks, RunCounters, StoreError,
};

use crate::harness::{self, FIRST, NOW, World, at, counts, grant, listing, order};

pub(crate) fn verdict(cause: Cause) -> Verdict {
    Verdict {
        cause,
        confidence: Confidence::Proven,
        evidence: vec!["it said so".to_owned()],
        culprit: None,
        culprit_confidence: Confidence::Unknown,
    }
}

pub(crate) fn end_run(worker: Worker, outcome: Outcome) -> EndRun {
    EndRun {
        run: FIRST,
        worker,
        outcome,
        decision: Decision {
            kind: DecisionKind::Reset,
            due_at: at(1),
            charged: false,
            why: "all is well".to_owned(),
        },
        policy: PolicyState {
            failures: 3,
            ..PolicyState::default()
        },
        counters: RunCounters {
            batches: 1,
            records: 2,
            ..RunCounters::default()
        },
        report: None,
        letters: LetterEnds::default(),
    }
}

pub(crate) async fn end(
    world: &World,
    grant: Grant,
    runs: Vec<EndRun>,
) -> Result<supervisor::store::Ended, StoreError> {
    let end = EndAttempt {
        grant,
        verdict: &verdict(Cause::Completed),
        peaks: Peaks {
            resident: Some(1 << 20),
            heap: None,
        },
        runs,
    };
    world.store.end_attempt(&end, at(0)).await
}

async fn begin_for(world: &World, holder: &str, lease_for: Duration) -> Result<Begun, StoreError> {
    let begin = BeginAttempt {
        account: world.account,
        runs: &[Worker::Orders],
        host: "host",
        build: "build",
        slot: supervisor::outcome::MemorySlot::Big,
        memory_limit: 1,
        holder,
        lease_for,
    };
    world.store.begin_attempt(&begin, NOW).await
}

#[tokio::test]
async fn names_are_unique() {
    let world = World::new().await;
    let again = harness::add(&world.store, "alpha").await.unwrap_err();
    assert!(matches!(again, StoreError::AlreadyExists { .. }), "{again}");
    let accounts = world.store.accounts().await.unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!(
        (accounts[0].name.as_str(), accounts[0].created_at),
        ("alpha", NOW)
    );
    let nobody = world
        .store
        .set_token_trouble(AccountId(9), None)
        .await
        .unwrap_err();
    assert!(matches!(nobody, StoreError::NotFound { .. }), "{nobody}");
}

#[tokio::test]
async fn a_lease_keeps_others_out_until_it_expires() {
    let world = World::new().await;
    let first = begin_for(&world, "me", Duration::from_mins(1))
        .await
        .unwrap();
    let held = begin_for(&world, "you", Duration::ZERO).await.unwrap_err();
    assert_eq!(held.to_string(), "account 1 is leased to me");
    assert_eq!(world.sql("SELECT count(*) FROM attempts").await, ["1"]);
    // Renewed to end at once, it may be taken.
    world
        .store
        .renew_lease(world.account, first.fence, Duration::ZERO)
        .await
        .unwrap();
    let second = begin_for(&world, "you", Duration::from_mins(1))
        .await
        .unwrap();
    assert!(second.fence > first.fence);
    let late = world
        .store
        .renew_lease(world.account, first.fence, Duration::ZERO)
        .await;
    assert!(
        matches!(late, Err(StoreError::LeaseLost { .. })),
        "{late:?}"
    );
}

#[tokio::test]
async fn a_lost_fence_commits_nothing() {
    let world = World::new().await;
    let mut orders = world.ingest(Worker::Orders).await;
    let mut inventory = world.ingest(Worker::ActiveInventory).await;
    // The second attempt took the lease; the first is too late for everything.
    let lost = |result: Result<(), IngestError>| {
        let error = result.unwrap_err();
        assert!(
            matches!(error, IngestError::Store(StoreError::LeaseLost { .. })),
            "{error}"
        );
    };
    lost(orders.batch(FIRST, vec![order("1", "A", at(1))], NOW).await);
    let slice = Mark::Slice(shared::window::Slice {
        fetch_start: at(-1),
        start: at(0),
        end: at(24),
    });
    lost(orders.checkpoint(FIRST, slice, counts(0), NOW).await);
    inventory
        .batch(FIRST, vec![listing("1", 1)], NOW)
        .await
        .unwrap();
    world.begin(&[Worker::Orders], "me").await.unwrap();
    lost(
        inventory
            .checkpoint(FIRST, Mark::Snapshot(at(1)), counts(1), NOW)
            .await,
    );
    lost(inventory.state(FIRST, harness::task("t")).await);
    let written = "SELECT (SELECT count(*) FROM ebay_events), (SELECT count(*) FROM sync_windows), \
                   (SELECT count(mode_state) FROM sync_state)";
    assert_eq!(world.sql(written).await, ["1|0|0"]);
}

#[tokio::test]
async fn an_attempt_ends_once_with_its_runs() {
    let world = World::new().await;
    let begun = world
        .begin(&[Worker::Orders, Worker::ActiveInventory], "me")
        .await
        .unwrap();
    let told = |at: usize| (begun.states[at].starts, begun.states[at].last_started_at);
    assert_eq!([told(0), told(1)], [(1, Some(NOW)); 2]);
    let failure = Failure::Bug {
        what: "x".to_owned(),
    };
    let mut failed = end_run(Worker::ActiveInventory, Outcome::Failed(failure.clone()));
    failed.run = RunNo(1);
    let runs = vec![end_run(Worker::Orders, Outcome::Completed), failed];
    let grant = grant(world.account, &begun);
    assert!(end(&world, grant, runs).await.unwrap().fence_held);
    let again = end(&world, grant, Vec::new()).await.unwrap_err();
    assert!(matches!(again, StoreError::AlreadyEnded { .. }), "{again}");

    let attempt = world.store.attempt(begun.attempt).await.unwrap();
    assert_eq!(attempt.cause.as_deref(), Some("completed"));
    assert_eq!(attempt.runs.len(), 2);
    assert_eq!(attempt.runs[0].counters.records, 2);
    assert_eq!(attempt.runs[1].failure, Some(failure));
    assert_eq!(attempt.runs[1].detail.as_deref(), Some("bug"));
    let state = world.state(Worker::Orders).await;
    assert_eq!((state.due_at, state.last_success_at), (at(1), Some(at(0))));
    assert_eq!(state.policy.failures, 3);
    let state = world.state(Worker::ActiveInventory).await;
    assert_eq!(state.last_success_at, None);
    assert_eq!(state.last_detail.as_deref(), Some("bug"));
}

#[tokio::test]
async fn an_end_gives_the_lease_back() {
    let world = World::new().await;
    let begun = world.begin(&[Worker::ActiveInventory], "me").await.unwrap();
    let grant = grant(world.account, &begun);
    let save = || {
        let idle = &shared::attempt::ModeState::Idle;
        world
            .store
            .save_mode_state(grant, Worker::ActiveInventory, idle)
    };
    save().await.unwrap();
    end(&world, grant, Vec::new()).await.unwrap();
    let late = save().await.unwrap_err();
    assert!(matches!(late, StoreError::LeaseLost { .. }), "{late}");
    world.begin(&[Worker::Orders], "you").await.unwrap();
}

#[tokio::test]
async fn a_process_and_its_kill_are_noted() {
    let world = World::new().await;
    let begun = world.begin(&[Worker::Orders], "me").await.unwrap();
    let store = &world.store;
    store.note_spawned(begun.attempt, 77, 12_345).await.unwrap();
    for reason in [KillReason::Lingering, KillReason::Drained] {
        store.note_kill(begun.attempt, &reason).await.unwrap();
    }
    end(&world, grant(world.account, &begun), Vec::new())
        .await
        .unwrap();
    let attempt = store.attempt(begun.attempt).await.unwrap();
    let reason = attempt.kill_reason;
    assert_eq!(reason, Some(KillReason::Lingering), "the first one stands");
    assert_eq!(
        (attempt.pid, attempt.peaks.resident),
        (Some(77), Some(1 << 20))
    );
}

#[tokio::test]
async fn an_attempt_that_lost_its_lease_leaves_the_states_alone() {
    let world = World::new().await;
    let first = world.begin(&[Worker::Orders], "me").await.unwrap();
    let second = world.begin(&[Worker::Orders], "me").await.unwrap();
    let runs = || vec![end_run(Worker::Orders, Outcome::Completed)];
    let ended = end(&world, grant(world.account, &first), runs())
        .await
        .unwrap();
    assert!(!ended.fence_held);
    let state = world.state(Worker::Orders).await;
    assert_eq!((state.due_at, state.last_outcome), (NOW, None));
    assert_eq!(
        world.sql("SELECT ended_at IS NULL FROM attempts").await,
        ["0", "1"]
    );
    assert!(
        end(&world, grant(world.account, &second), runs())
            .await
            .unwrap()
            .fence_held
    );
}

#[tokio::test]
async fn leftovers_are_interrupted_and_due_at_once() {
    let world = World::new().await;
    let begun = world.begin(&[Worker::Orders], "dead").await.unwrap();
    world
        .store
        .note_spawned(begun.attempt, 77, 12_345)
        .await
        .unwrap();
    world
        .sql(&format!("UPDATE sync_state SET due_at = '{}'", at(9)))
        .await;
    assert_eq!(world.store.open_attempts("elsewhere").await.unwrap(), []);
    let open = world.store.open_attempts("host").await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].pid, open[0].pid_started), (Some(77), Some(12_345)));

    world
        .store
        .rescue_attempt(begun.attempt, at(1), &mut harness::interrupted)
        .await
        .unwrap();
    assert_eq!(world.store.open_attempts("host").await.unwrap(), []);
    let again = world
        .store
        .rescue_attempt(begun.attempt, at(2), &mut harness::interrupted)
        .await
        .unwrap_err();
    assert!(matches!(again, StoreError::AlreadyEnded { .. }), "{again}");
    let nobody = world
        .store
        .rescue_attempt(AttemptId(99), at(2), &mut harness::interrupted)
        .await
        .unwrap_err();
    assert!(matches!(nobody, StoreError::NotFound { .. }), "{nobody}");
    let state = world.state(Worker::Orders).await;
    assert_eq!(
        (state.due_at, state.last_outcome.as_deref()),
        (at(1), Some("interrupted"))
    );
    assert_eq!(state.policy.interruptions, 1, "what policy says is kept");
    let other = world.state(Worker::ActiveInventory).await;
    assert_eq!(other.due_at, at(9), "it did not run");
    let attempt = world.store.attempt(begun.attempt).await.unwrap();
    assert_eq!(
        (attempt.cause.as_deref(), attempt.confidence.as_deref()),
        (Some("unknown"), Some("unknown"))
    );
    let lease = begin_for(&world, "you", Duration::from_mins(1))
        .await
        .unwrap();
    assert!(
        lease.fence > begun.fence + 1,
        "what the dead one left behind cannot commit"
    );
}

#[tokio::test]
async fn quarantine_is_released_by_hand() {
    let world = World::new().await;
    let release = || {
        world
            .store
            .release_quarantine(world.account, Worker::Orders, at(5))
    };
    assert!(!release().await.unwrap());
    let begun = world.begin(&[Worker::Orders], "me").await.unwrap();
    let mut run = end_run(Worker::Orders, Outcome::Died(Cause::Panic));
    run.policy.quarantined_until = Some(at(24));
    run.policy.tally = vec![at(-1), at(0)];
    end(&world, grant(world.account, &begun), vec![run])
        .await
        .unwrap();
    assert_eq!(world.store.quarantined(at(1)).await.unwrap().len(), 1);
    assert_eq!(world.store.quarantined(at(24)).await.unwrap().len(), 0);
    assert!(release().await.unwrap());
    let state = world.state(Worker::Orders).await;
    assert_eq!(
        (state.due_at, state.policy.quarantined_until),
        (at(5), None)
    );
    assert_eq!((state.policy.tally.len(), state.policy.failures), (0, 3));
    assert_eq!(state.last_detail.as_deref(), Some("panic"));
}
