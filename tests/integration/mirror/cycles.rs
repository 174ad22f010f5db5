//! Many cycles of a changing eBay with random faults in between.

use fastrand::Rng;
use integration_tests::sim::{AccountSpec, FaultKind, Sim};

use crate::compare::{Before, assert_equal, assert_ledger};
use crate::db;
use crate::faults::any;
use crate::history;
use crate::mirrors::WORKERS;
use crate::stage::{Stage, complaints, spec};
use integration_tests::harness::rows::Database;

const CYCLES: usize = 6;
const ACCOUNTS: [&str; 3] = ["anna", "boris", "empty"];

/// Details with which a run may end while one of these faults is in force.
const NAMED: [&str; 6] = [
    "transient",
    "throttled",
    "forbidden",
    "bad_data",
    "too_large",
    "incomplete",
];

#[test]
fn after_every_cycle_the_database_is_ebay() {
    let seed = std::env::var("MIRROR_SEED")
        .map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("to see the same again: MIRROR_SEED={seed}");
    let (stage, sim) = Stage::simulated(seed, "", &[("SYNC_FIRST_SPAN", "90d")]);
    let mut rng = Rng::with_seed(seed);
    for name in ACCOUNTS {
        stage.join_all(&sim, world(name, &mut rng));
    }
    let mut failed = 0;
    for cycle in 1..=CYCLES {
        sim.advance();
        if cycle > 1 && cycle < CYCLES {
            for name in ACCOUNTS {
                for _ in 0..rng.u32(..3) {
                    let fault = any(&mut rng);
                    // Twice what nobody has would be a listing that is nowhere else.
                    if name == "empty" && fault.kind == (FaultKind::SameKeyTwice {}) {
                        continue;
                    }
                    println!("cycle {cycle}, {name}: {fault:?}");
                    sim.fault(name, fault).unwrap();
                }
            }
        }
        failed += play(&sim, &stage);
        for name in ACCOUNTS {
            history::assert_complete(&sim, &stage.db(), name);
            history::assert_folds(&stage.db(), name);
        }
        assert_audited(&stage);
    }
    assert!(failed > 0, "no fault showed");
}

/// A seller of some size.
fn world(name: &str, rng: &mut Rng) -> AccountSpec {
    let mut up_to = |most: u32| if name == "empty" { 0 } else { rng.u32(1..most) };
    AccountSpec {
        orders: up_to(260),
        listings: up_to(600),
        skus: up_to(60),
        transactions: up_to(250),
        returns: up_to(30),
        inquiries: up_to(30),
        cases: up_to(30),
        messages: up_to(120),
        purchases: up_to(60),
        finances_total: rng.bool(),
        history_ms: 89 * 86_400_000,
        ..spec(name, 0, 0)
    }
}

/// The program itself finds nothing wrong with its database.
fn assert_audited(stage: &Stage) {
    let audit = stage.bulkhead(&["audit", "verify"]);
    assert_eq!(audit.code, Some(0), "{}", complaints(&audit));
}

/// One faulty pass, then as many without faults as it takes; returns how many runs failed.
fn play(sim: &Sim, stage: &Stage) -> usize {
    let db = &stage.db();
    let mut befores = Vec::new();
    for name in ACCOUNTS {
        for (worker, pass) in WORKERS {
            let before = Before::of(db, name, worker);
            befores.push((name, worker, pass, before, db::runs(db, name, worker).len()));
        }
    }
    let ended = stage.once();
    let mut behind = Vec::new();
    for (name, worker, pass, before, runs) in befores {
        let completed = took_part(db, name, worker, runs);
        assert_ledger(db, name, worker);
        if completed {
            sim.observe(name, pass).unwrap();
            assert_equal(sim, db, name, worker);
        } else {
            before.assert_harmless(sim, db, name);
            if matches!(worker, "active_inventory" | "offers") {
                before.assert_cursor(db, name, worker);
            }
            behind.push((name, worker, pass));
        }
        sim.clear_faults(name).unwrap();
    }
    assert_eq!(
        ended.code == Some(0),
        behind.is_empty(),
        "{}",
        complaints(&ended)
    );
    recover(sim, stage, &behind);
    behind.len()
}

/// Whether the latest of the worker's new runs completed; each that did not says why.
fn took_part(db: &Database, name: &str, worker: &str, before: usize) -> bool {
    let runs = db::runs(db, name, worker);
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
fn recover(sim: &Sim, stage: &Stage, behind: &[(&str, &str, integration_tests::sim::Pass)]) {
    if behind.is_empty() {
        return;
    }
    let db = &stage.db();
    for (name, worker, _) in behind {
        db::make_due(db, name);
        // It may have been charged for the third time; then somebody must let it go.
        stage.bulkhead(&["quarantine", "release", name, worker]);
    }
    stage.once_well();
    for (name, worker, pass) in behind {
        assert_eq!(db::last_run(db, name, worker).outcome, "completed");
        sim.observe(name, *pass).unwrap();
    }
    for name in ACCOUNTS {
        for (worker, _) in WORKERS {
            assert_equal(sim, db, name, worker);
            assert_ledger(db, name, worker);
        }
    }
}
