//! Probes: what a child is told to fetch.

use shared::attempt::{RescanOrder, RunMode};
use shared::table::Table;
use shared::wire::message::{MAX_PROBES, Probed};
use shared::worker::Worker;
use supervisor::ingest::Ingest;

use crate::harness::{FIRST, NOW, World, add, at, returned, violation};

async fn ingest(world: &World, worker: Worker) -> Ingest {
    let mode = RunMode::Rescan(RescanOrder {
        from: at(0),
        open_from: at(0),
        until: at(1),
    });
    world.ordered(worker, mode).await
}

fn item(id: &str, version: &str) -> Probed {
    Probed {
        key: vec![id.to_owned()],
        version: version.to_owned(),
    }
}

async fn needed(ingest: &mut Ingest, items: &[Probed]) -> Vec<u32> {
    ingest.probe(FIRST, Table::Returns, items).await.unwrap()
}

#[tokio::test]
async fn what_is_not_stored_in_that_version_is_needed() {
    let world = World::new().await;
    let mut ingest = ingest(&world, Worker::Returns).await;
    let odd = "o'd\"d\\é\u{1}";
    let items = [
        item("1", "v1"),
        item("2", "v1"),
        item("3", "v1"),
        item(odd, odd),
        item("1", "v1"),
        item("9", ""),
    ];
    assert_eq!(needed(&mut ingest, &items).await, [0, 1, 2, 3, 4, 5]);
    let stored = vec![
        returned("1", "OPEN", "v1"),
        returned("2", "OPEN", "v2"),
        returned("3", "OPEN", "V1"),
        returned(odd, "OPEN", odd),
    ];
    ingest.batch(FIRST, stored, NOW).await.unwrap();
    assert_eq!(needed(&mut ingest, &items).await, [1, 2, 5]);
    // Fetched again, and now in the version that was seen.
    ingest
        .batch(FIRST, vec![returned("2", "CLOSED", "v1")], NOW)
        .await
        .unwrap();
    assert_eq!(needed(&mut ingest, &items).await, [2, 5]);
    assert_eq!(needed(&mut ingest, &items[..2]).await, Vec::<u32>::new());
}

#[tokio::test]
async fn rows_that_ended_or_have_another_shape_are_needed() {
    let world = World::new().await;
    let mut ingest = ingest(&world, Worker::Returns).await;
    let stored = ["1", "2", "3", "4"].map(|id| returned(id, "OPEN", "v1"));
    ingest.batch(FIRST, stored.to_vec(), NOW).await.unwrap();
    for change in [
        "ended_at = changed_at WHERE return_id = '1'",
        "shape_version = shape_version + 1 WHERE return_id = '2'",
        "summary_version = NULL WHERE return_id = '3'",
    ] {
        world
            .sql(&format!("UPDATE ebay_returns SET {change}"))
            .await;
    }
    let items = ["1", "2", "3", "4"].map(|id| item(id, "v1"));
    assert_eq!(needed(&mut ingest, &items).await, [0, 1, 2]);
}

#[tokio::test]
async fn another_account_or_table_says_nothing() {
    let world = World::new().await;
    let mut mine = ingest(&world, Worker::Returns).await;
    mine.batch(FIRST, vec![returned("1", "OPEN", "v1")], NOW)
        .await
        .unwrap();
    let beside = World {
        account: add(&world.store, "beta").await.unwrap(),
        store: world.store.clone(),
        directory: tempfile::tempdir().unwrap(),
    };
    let mut other = ingest(&beside, Worker::Returns).await;
    assert_eq!(needed(&mut other, &[item("1", "v1")]).await, [0]);
    let mut cases = ingest(&world, Worker::Cases).await;
    let told = cases.probe(FIRST, Table::Cases, &[item("1", "v1")]).await;
    assert_eq!(told.unwrap(), [0]);
    let foreign = cases.probe(FIRST, Table::Returns, &[item("1", "v1")]).await;
    let what = violation(foreign.unwrap_err());
    assert_eq!(what, "cases may not probe ebay_returns");
}

#[tokio::test]
async fn the_largest_probe_is_answered_at_once() {
    let world = World::new().await;
    let mut ingest = ingest(&world, Worker::Returns).await;
    let id = |number: usize| format!("{number:0>500}");
    let version = "v".repeat(64);
    let stored = (0..MAX_PROBES)
        .filter(|number| number % 3 > 0)
        .map(|number| returned(&id(number), "OPEN", &version));
    ingest.batch(FIRST, stored.collect(), NOW).await.unwrap();
    let items: Vec<Probed> = (0..MAX_PROBES)
        .map(|number| item(&id(number), &version))
        .collect();
    let expected: Vec<u32> = (0..1_000).filter(|number| number % 3 == 0).collect();
    assert_eq!(needed(&mut ingest, &items).await, expected);
    let more: Vec<Probed> = items.iter().chain(&items).cloned().collect();
    let error = ingest.probe(FIRST, Table::Returns, &more).await;
    assert_eq!(violation(error.unwrap_err()), "a probe of 2000 items");
}
