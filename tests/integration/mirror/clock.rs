//! A clock that was a day ahead for a while: what happens after it was put right is not missed.
#![cfg(debug_assertions)]

use std::fs;

use crate::compare::{assert_equal, assert_ledger};
use crate::stage::{Stage, spec};
use integration_tests::sim::{AccountSpec, Pass, Sim};
use tempfile::NamedTempFile;

const NAME: &str = "anna";
const DAY_MS: i64 = 86_400_000;

/// A stage over a clock that is so far ahead, with a seller who has something of everything.
fn stage(ahead: i64) -> (Stage, Sim, NamedTempFile) {
    let clock = NamedTempFile::new().unwrap();
    fs::write(&clock, ahead.to_string()).unwrap();
    let path = clock.path().to_str().unwrap();
    let (stage, sim) = Stage::simulated(77, "", &[("CLOCK_FILE", path)]);
    let world = AccountSpec {
        returns: 12,
        skus: 9,
        messages: 10,
        ..spec(NAME, 60, 0)
    };
    sim.account(world).unwrap();
    (stage, sim, clock)
}

/// After the clock was set right the database is what is true.
fn assert_right(stage: &Stage, sim: &Sim, workers: &[(&str, Pass)]) {
    let db = &stage.db();
    for (worker, pass) in workers {
        sim.observe(NAME, *pass).unwrap();
        assert_equal(sim, db, NAME, worker);
        assert_ledger(db, NAME, worker);
    }
    assert_eq!(stage.bulkhead(&["audit", "verify"]).code, Some(0));
}

#[test]
fn a_cursor_that_ran_ahead_of_the_time_is_set_back() {
    let (stage, sim, clock) = stage(0);
    stage.account_with(NAME, "orders,returns");
    stage.once_well();
    fs::write(&clock, DAY_MS.to_string()).unwrap();
    // eBay refuses to tell orders of the time to come, and tells that there are no returns.
    assert_eq!(stage.once().code, Some(1));
    for _ in 0..3 {
        sim.advance();
    }
    fs::write(&clock, "0").unwrap();
    stage.once_well();
    let both = [("orders", Pass::Orders), ("returns", Pass::Returns)];
    assert_right(&stage, &sim, &both);
    let moved = stage
        .db()
        .rows("SELECT worker FROM cursor_moves WHERE moved_by = 'bulkhead'");
    assert_eq!(moved.len(), 1);
    assert_eq!(moved[0]["worker"], "returns");
}

#[test]
fn an_account_that_was_added_by_a_clock_that_was_ahead_misses_nothing() {
    let (stage, sim, clock) = stage(DAY_MS);
    stage.account_with(NAME, "returns,offers,messages");
    stage.once_well();
    let all = [
        ("returns", Pass::Returns),
        ("offers", Pass::Offers),
        ("messages", Pass::Messages),
    ];
    for (_, pass) in all {
        sim.observe(NAME, pass).unwrap();
    }
    for _ in 0..3 {
        sim.advance();
    }
    fs::write(&clock, "0").unwrap();
    // The first one takes back what was read of the time to come.
    stage.once_well();
    stage.once_well();
    assert_right(&stage, &sim, &all);
}
