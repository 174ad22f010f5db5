//! Many cycles of a changing eBay with random faults in between.

use fastrand::Rng;
use integration_tests::sim::{Fault, FaultKind, Sim};

use crate::compare::{Before, WORKERS, assert_equal, assert_ledger};
use crate::db::Db;
use crate::history;
use crate::stage::{Stage, complaints, spec};

const CYCLES: usize = 8;
const ACCOUNTS: [(&str, u32, u32); 4] = [
    ("anna", 60, 90),
    ("boris", 260, 1_000),
    ("clara", 30, 150),
    ("empty", 0, 0),
];

/// Details with which a run may end while one of these faults is in force.
const NAMED: [&str; 6] = [
    "transient",
    "throttled",
    "forbidden",
    "bad_data",
    "too_large",
    "incomplete",
];

fn status(status: u16, retry_after: Option<&str>, error_id: Option<u32>) -> FaultKind {
    FaultKind::Status {
        status,
        retry_after: retry_after.map(str::to_owned),
        error_id,
        html: status == 502,
    }
}

fn fault(rng: &mut Rng) -> Fault {
    let anywhere = [
        status(500, None, None),
        status(502, None, None),
        status(503, Some("0"), None),
        status(403, None, None),
        status(429, Some("0"), Some(218_050)),
        FaultKind::NotModified204 {},
        FaultKind::CutBody {
            after: rng.u64(..900),
        },
    ];
    let orders = [
        FaultKind::TotalLies { by: 1 },
        FaultKind::TotalLies { by: -1 },
        FaultKind::TotalChanges {},
        FaultKind::EmptyPage {},
        FaultKind::DuplicateItem {},
        FaultKind::MalformedJson {},
        FaultKind::WrongPageType { html: rng.bool() },
        FaultKind::InvalidUtf8 {},
        FaultKind::DeepNesting { depth: 10_000 },
    ];
    let inventory = [
        status(409, None, Some(160_025)),
        FaultKind::MalformedJson {},
        FaultKind::WrongPageType { html: rng.bool() },
        FaultKind::TruncatedZip {
            drop: 1 + rng.usize(..200),
        },
        FaultKind::WrongCrc {},
        FaultKind::WrongSize {},
        FaultKind::TruncatedXml {},
        FaultKind::UnbalancedXml {},
        FaultKind::InvalidUtf8 {},
        FaultKind::DeepNesting { depth: 10_000 },
        FaultKind::Doctype {},
        FaultKind::SameKeyTwice {},
        FaultKind::ReportFailure {},
        FaultKind::StatusUnknown {},
        FaultKind::TaskLost {},
    ];
    let (path, own) = if rng.bool() {
        ("/fulfillment/", orders.as_slice())
    } else {
        ("/feed/", inventory.as_slice())
    };
    let at = rng.usize(..anywhere.len() + own.len());
    let kind = anywhere.iter().chain(own).nth(at).unwrap().clone();
    Fault {
        path: path.to_owned(),
        kind,
        skip: rng.u32(..4) / 2,
        times: rng.u32(1..6),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_every_cycle_the_database_is_ebay() {
    let seed = std::env::var("MIRROR_SEED")
        .map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("to see the same again: MIRROR_SEED={seed}");
    let sim = Sim::start(seed).await.unwrap();
    let stage = Stage::new(sim.url(), "");
    for (name, orders, listings) in ACCOUNTS {
        stage.join(&sim, spec(name, orders, listings)).await;
    }
    let mut rng = Rng::with_seed(seed);
    let mut failed = 0;
    for cycle in 1..=CYCLES {
        sim.advance();
        if cycle > 1 && cycle < CYCLES {
            for (name, ..) in ACCOUNTS {
                for _ in 0..rng.u32(..3) {
                    let fault = fault(&mut rng);
                    println!("cycle {cycle}, {name}: {fault:?}");
                    sim.fault(name, fault).unwrap();
                }
            }
        }
        failed += play(&sim, &stage).await;
        for (name, ..) in ACCOUNTS {
            history::assert_complete(&sim, &stage.db(), name).await;
            history::assert_folds(&stage.db(), name).await;
        }
    }
    assert!(failed > 0, "no fault showed");
}

/// One faulty pass, then as many without faults as it takes; returns how many runs failed.
async fn play(sim: &Sim, stage: &Stage) -> usize {
    let db = stage.db();
    let mut befores = Vec::new();
    for (name, ..) in ACCOUNTS {
        for (worker, pass) in WORKERS {
            let before = Before::of(&db, name, worker).await;
            befores.push((
                name,
                worker,
                pass,
                before,
                db.runs(name, worker).await.len(),
            ));
        }
    }
    let ended = stage.once().await;
    let mut behind = Vec::new();
    for (name, worker, pass, before, runs) in befores {
        let completed = took_part(&db, name, worker, runs).await;
        assert_ledger(&db, name, worker).await;
        if completed {
            sim.observe(name, pass).unwrap();
            assert_equal(sim, &db, name, worker).await;
        } else {
            before.assert_harmless(sim, &db, name).await;
            if worker == "active_inventory" {
                before.assert_cursor(&db, name, worker).await;
            }
            behind.push((name, worker, pass));
        }
        sim.clear_faults(name).unwrap();
    }
    assert_eq!(
        ended.code == 0,
        behind.is_empty(),
        "{}",
        complaints(&ended.log)
    );
    recover(sim, stage, &behind).await;
    behind.len()
}

/// Whether the latest of the worker's new runs completed; each that did not says why.
async fn took_part(db: &Db, name: &str, worker: &str, before: usize) -> bool {
    let runs = db.runs(name, worker).await;
    let new = runs.get(before..).unwrap();
    for run in new {
        match run.outcome.as_str() {
            "completed" | "snoozed" => {}
            "failed" => {
                assert!(NAMED.contains(&run.detail.as_str()), "{name} {run:?}");
                assert!(!run.what().is_empty(), "{name} {run:?}");
            }
            other => panic!("{name} {worker} ended as {other}: {run:?}"),
        }
    }
    new.last()
        .unwrap_or_else(|| panic!("{name} {worker} did not run"))
        .outcome
        == "completed"
}

/// Without faults, the next pass completes what is behind.
async fn recover(sim: &Sim, stage: &Stage, behind: &[(&str, &str, integration_tests::sim::Pass)]) {
    if behind.is_empty() {
        return;
    }
    let db = stage.db();
    for (name, worker, _) in behind {
        db.make_due(name).await;
        // It may have been charged for the third time; then somebody must let it go.
        stage
            .bulkhead(&["quarantine", "release", name, worker])
            .await;
    }
    stage.once_well().await;
    for (name, worker, pass) in behind {
        assert_eq!(db.last_run(name, worker).await.outcome, "completed");
        sim.observe(name, *pass).unwrap();
    }
    for (name, ..) in ACCOUNTS {
        for (worker, _) in WORKERS {
            assert_equal(sim, &db, name, worker).await;
            assert_ledger(&db, name, worker).await;
        }
    }
}
