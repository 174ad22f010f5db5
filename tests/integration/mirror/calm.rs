//! All ten workers over ninety days without faults, and listings from one API after another.

use integration_tests::sim::{AccountSpec, Listings, Sim};

use crate::compare::{assert_equal, assert_ledger};
use crate::db;
use crate::history;
use crate::mirrors::WORKERS;
use crate::stage::{Stage, complaints, spec};

const NAME: &str = "anna";

fn observe_and_compare(stage: &Stage, sim: &Sim) {
    let db = &stage.db();
    for (worker, pass) in WORKERS {
        let last = db::last_run(db, NAME, worker);
        assert_eq!(last.outcome, "completed", "{last:?}");
        sim.observe(NAME, pass).unwrap();
        assert_equal(sim, db, NAME, worker);
        assert_ledger(db, NAME, worker);
    }
    history::assert_complete(sim, db, NAME);
    history::assert_folds(db, NAME);
    let audit = stage.bulkhead(&["audit", "verify"]);
    assert_eq!(audit.code, Some(0), "{}", complaints(&audit));
}

#[test]
fn ninety_days_of_all_ten_workers() {
    let (stage, sim) = Stage::simulated(91, "", &[("SYNC_FIRST_SPAN", "90d")]);
    stage.join_all(
        &sim,
        AccountSpec {
            orders: 250,
            listings: 300,
            skus: 40,
            transactions: 200,
            messages: 150,
            purchases: 60,
            returns: 40,
            inquiries: 40,
            cases: 40,
            history_ms: 89 * 86_400_000,
            ..spec(NAME, 0, 0)
        },
    );
    for _ in 0..3 {
        stage.once_well();
        observe_and_compare(&stage, &sim);
        sim.advance();
    }
    // What is read again unchanged is no event.
    stage.once_well();
    let events = db::table(&stage.db(), "ebay_events", NAME).len();
    stage.once_well();
    assert_eq!(db::table(&stage.db(), "ebay_events", NAME).len(), events);
}

/// The report cannot deliver a title, and tells an item otherwise than Trading does: that is no
/// change of the item.
#[test]
fn another_source_of_listings_is_no_change_of_them() {
    let (stage, sim) = Stage::simulated(92, "", &[]);
    stage.join(&sim, spec(NAME, 5, 120));
    let db = &stage.db();
    let changes = |kind: &str| {
        let events = db::table(db, "ebay_events", NAME).into_iter();
        events.filter(|event| event["kind"] == kind).count()
    };
    stage.once_with("SYNC_LISTINGS", "report");
    assert_equal(&sim, db, NAME, "active_inventory");
    let created = changes("created");
    for (source, truth) in [
        ("trading", Listings::Trading),
        ("report", Listings::ReportAfterTrading),
        ("auto", Listings::Trading),
    ] {
        stage.once_with("SYNC_LISTINGS", source);
        sim.listings_from(NAME, truth).unwrap();
        assert_equal(&sim, db, NAME, "active_inventory");
        assert_eq!((changes("created"), changes("updated")), (created, 0));
        history::assert_folds(db, NAME);
    }
    assert!(changes("reshaped") >= 120, "each listing was told anew");
}
