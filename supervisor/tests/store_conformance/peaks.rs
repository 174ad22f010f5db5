//! What a worker needed of late, and the reports that are pruned.

use std::collections::BTreeSet;

use shared::worker::Worker;
use supervisor::outcome::{Cause, Outcome};
use supervisor::store::{EndAttempt, LearnedPeak, Peaks};

use crate::attempts::{end_run, verdict};
use crate::harness::{World, at, grant};

const MIB: u64 = 1 << 20;

/// An attempt of these workers that needed so many bytes.
async fn needed(world: &World, workers: &[Worker], resident: Option<u64>, heap: Option<u64>) {
    let begun = world.begin(workers, "me").await.unwrap();
    let runs = workers.iter().zip(0..).map(|(worker, run)| {
        let mut end = end_run(*worker, Outcome::Completed);
        end.run = shared::id::RunNo(run);
        end
    });
    let end = EndAttempt {
        grant: grant(world.account, &begun),
        verdict: &verdict(Cause::Completed),
        peaks: Peaks { resident, heap },
        runs: runs.collect(),
    };
    world.store.end_attempt(&end, at(0)).await.unwrap();
}

async fn peak(world: &World, worker: Worker) -> LearnedPeak {
    let status = world.store.status().await.unwrap();
    let row = status.iter().find(|row| row.worker == worker.name());
    row.unwrap().peak
}

#[tokio::test]
async fn a_peak_is_exact_alone_and_a_bound_together() {
    let world = World::new().await;
    let (orders, offers) = (Worker::Orders, Worker::Offers);
    let learned = |alone, shared| LearnedPeak { alone, shared };
    assert_eq!(peak(&world, orders).await, learned(None, None));
    needed(&world, &[orders, offers], Some(40 * MIB), None).await;
    needed(&world, &[orders], Some(16 * MIB), Some(24 * MIB)).await;
    let both = learned(Some(24 * MIB), Some(40 * MIB));
    assert_eq!(peak(&world, orders).await, both);
    assert_eq!(peak(&world, offers).await, learned(None, Some(40 * MIB)));
    // It falls by an eighth, and rises at once.
    needed(&world, &[orders], Some(MIB), None).await;
    assert_eq!(peak(&world, orders).await.alone, Some(21 * MIB));
    needed(&world, &[orders], Some(80 * MIB), None).await;
    assert_eq!(peak(&world, orders).await.alone, Some(80 * MIB));
    // What was not measured teaches nothing.
    needed(&world, &[orders], None, None).await;
    assert_eq!(peak(&world, orders).await.alone, Some(80 * MIB));
}

#[tokio::test]
async fn a_sound_database_is_called_sound() {
    let world = World::new().await;
    assert_eq!(world.store.newest_start().await.unwrap(), None);
    let begun = world.begin(&[Worker::Orders], "me").await.unwrap();
    let running = BTreeSet::from([begun.attempt]);
    assert_eq!(world.store.running_attempts().await.unwrap(), running);
    assert!(world.store.newest_start().await.unwrap().is_some());
    let found = world.store.quick_check().await.unwrap();
    assert_eq!(found.damages, Vec::<String>::new());
    assert!(found.schema >= 7 && found.bytes > 0, "{found:?}");
}
