//! When eBay answers well and nobody is killed, everything comes to be equal.

use integration_tests::harness::rows::Database;
use integration_tests::mirrored::compare::{assert_ledger, assert_open_equal};
use integration_tests::mirrored::mirrors::WORKERS;
use integration_tests::mirrored::stage::complaints;
use integration_tests::mirrored::{db, history};

use crate::crew::{ACCOUNTS, assert_no_secret_left, have_waited};
use crate::sea::Sea;

/// Passes within which everything must be well: a report may snooze, an item that was passed over is
/// read again, and what runs alone runs after the others.
const PASSES: usize = 8;

impl Sea {
    /// Stops the service, lets everything come to rest, compares, and starts the service again.
    pub(crate) fn calm(&mut self) {
        // Either the service lives to see it, or the next one starts by the right clock.
        if !self.clock.is_right() && self.rng.bool() {
            self.set_right();
        }
        self.stop();
        self.assert_closed();
        self.count_outcomes();
        self.assert_no_doing_of_ours();
        self.clock.set_right();
        for (name, _) in ACCOUNTS {
            self.sim.clear_faults(name).unwrap();
        }
        self.rest();
        let db = &self.stage.db();
        for (name, _) in ACCOUNTS {
            for (worker, _) in WORKERS {
                assert_open_equal(&self.sim, db, name, worker);
                assert_ledger(db, name, worker);
            }
            history::assert_folds(db, name);
        }
        let audit = self.stage.bulkhead(&["audit", "verify"]);
        assert_eq!(audit.code, Some(0), "{}", complaints(&audit));
        let ahead = "SELECT count(*) FROM sync_state WHERE unixepoch(cursor) > unixepoch() + 1";
        assert_eq!(db.number(ahead), 0, "a cursor is ahead of the time");
        self.assert_closed();
        self.start();
    }

    /// Nothing is left running, and no secret is anywhere.
    pub(crate) fn land(mut self) {
        self.stop();
        self.assert_closed();
        assert_no_secret_left(&self.stage);
    }

    /// Every start has an end, nobody holds an account, and no file of an attempt is left.
    fn assert_closed(&self) {
        let open = "SELECT (SELECT count(*) FROM attempts WHERE ended_at IS NULL OR cause IS NULL) \
             + (SELECT count(*) FROM runs WHERE ended_at IS NULL OR outcome IS NULL) \
             + (SELECT count(*) FROM leases WHERE holder != '')";
        assert_eq!(self.stage.db().number(open), 0, "something is open");
        let attempts = self.stage.state().dir().join("attempts");
        // A service that started nothing has not made it.
        let left = std::fs::read_dir(attempts).into_iter().flatten();
        assert_eq!(left.count(), 0, "directories of attempts are left");
    }

    /// Children were killed and stopped, and eBay was ill: nothing else ended them, nothing was late
    /// because the clock was set, and nothing contradicted itself. One that was stopped when it had
    /// said everything lingers.
    fn assert_no_doing_of_ours(&self) {
        let ends = "SELECT * FROM attempts WHERE cause NOT IN ('completed', 'drained', 'cancelled', \
             'killed_externally', 'hung', 'never_ready', 'unknown') \
             AND coalesce(kill_reason, '') NOT LIKE '%lingering%'";
        let bugs = "SELECT * FROM runs WHERE detail = 'bug'";
        for sql in [ends, bugs] {
            let found = self.stage.db().rows(sql);
            assert!(found.is_empty(), "{found:#?}");
        }
    }

    /// Passes until every worker has completed twice in a row and nothing is owed: the first may
    /// have read a report of eBay's that was made in the storm.
    fn rest(&mut self) {
        let db = &self.stage.db();
        let mut well = 0;
        for _ in 0..PASSES {
            // That a consent is gone is found out when it is used.
            self.crew.renew(&self.stage, &self.sim);
            have_waited(&self.stage);
            for (name, _) in ACCOUNTS {
                for (worker, _) in WORKERS {
                    self.stage
                        .bulkhead(&["quarantine", "release", name, worker]);
                }
                db::make_due(db, name);
            }
            for row in db.rows("SELECT letter_id FROM dead_letters WHERE resolved_at IS NULL") {
                let number = row["letter_id"].to_string();
                self.stage.bulkhead(&["dead-letter", "retry", &number]);
            }
            let ended = self.stage.once();
            well = if ended.code == Some(0) && all_well(db) {
                well + 1
            } else {
                0
            };
            if well == 2 {
                return;
            }
        }
        let status = self.stage.bulkhead(&["status"]);
        panic!("no rest within {PASSES} passes:\n{}", status.stdout);
    }
}

fn all_well(db: &Database) -> bool {
    let owed = "SELECT count(*) FROM dead_letters WHERE resolved_at IS NULL";
    db.number(owed) == 0
        && ACCOUNTS.iter().all(|(name, _)| {
            WORKERS
                .iter()
                .all(|(worker, _)| db::last_run(db, name, worker).outcome == "completed")
        })
}
