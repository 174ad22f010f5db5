//! A clock that was a day ahead for a while: what happens after it was put right is not missed.
#![cfg(debug_assertions)]

use std::fs;

use crate::compare::{assert_equal, assert_ledger};
use crate::stage::{Stage, spec};
use integration_tests::sim::{AccountSpec, Pass};

const NAME: &str = "anna";
const DAY_MS: i64 = 86_400_000;

#[test]
fn a_cursor_that_ran_ahead_of_the_time_is_set_back() {
    let clock = tempfile::NamedTempFile::new().unwrap();
    let path = clock.path().to_str().unwrap();
    let (stage, sim) = Stage::simulated(77, "", &[("CLOCK_FILE", path)]);
    let world = AccountSpec {
        returns: 12,
        ..spec(NAME, 60, 0)
    };
    sim.account(world).unwrap();
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
    let db = &stage.db();
    for (worker, pass) in [("orders", Pass::Orders), ("returns", Pass::Returns)] {
        sim.observe(NAME, pass).unwrap();
        assert_equal(&sim, db, NAME, worker);
        assert_ledger(db, NAME, worker);
    }
    let moved = db.rows("SELECT worker FROM cursor_moves WHERE moved_by = 'bulkhead'");
    assert_eq!(moved.len(), 1);
    assert_eq!(moved[0]["worker"], "returns");
    assert_eq!(stage.bulkhead(&["audit", "verify"]).code, Some(0));
}
