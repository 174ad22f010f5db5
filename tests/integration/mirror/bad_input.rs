//! Whatever eBay sends: a named failure with its place, nothing moved, nothing lost, and the next
//! pass recovers.

use integration_tests::harness::rows::Database;
use integration_tests::sim::{AccountSpec, Fault, FaultKind, Sim};

use crate::compare::{Before, assert_equal, assert_ledger};
use crate::db::{self, Run};
use crate::history;
use crate::mirrors::PAIR;
use crate::stage::{Stage, complaints, spec};

/// An account beside the faulty ones.
const NEIGHBOUR: &str = "neighbour";

/// What an account's answers suffer from, and what the run must say about it.
#[derive(Debug)]
pub(crate) struct Case {
    /// The account's name.
    pub(crate) name: &'static str,
    /// Part of the path of the requests that suffer.
    pub(crate) path: &'static str,
    /// What happens to them.
    pub(crate) kind: FaultKind,
    /// How the run ends.
    pub(crate) says: Says,
}

/// How a run must end.
#[derive(Debug, Default)]
pub(crate) struct Says {
    /// Name of the outcome and of the failure or cause.
    pub(crate) outcome: (&'static str, &'static str),
    /// Part of what is wrong.
    pub(crate) what: &'static str,
    /// Part of the request of the place.
    pub(crate) request: &'static str,
    /// Whether the place has a byte, and an item.
    pub(crate) at: (bool, bool),
    /// Part of the path of the place.
    pub(crate) path: &'static str,
}

/// A failure of this kind that says this, without a place.
pub(crate) fn failed(detail: &'static str, what: &'static str) -> Says {
    Says {
        outcome: ("failed", detail),
        what,
        ..Says::default()
    }
}

impl Says {
    /// The same at this request.
    pub(crate) fn on(self, request: &'static str) -> Self {
        Self { request, ..self }
    }

    /// The same at a byte of the body.
    pub(crate) fn at_byte(self) -> Self {
        Self {
            at: (true, self.at.1),
            ..self
        }
    }

    /// The same in an item, at a byte of the body.
    pub(crate) fn in_item(self) -> Self {
        Self {
            at: (true, true),
            ..self
        }
    }

    /// The same at this path within the body.
    pub(crate) fn under(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    fn assert(&self, name: &str, run: &Run) {
        let found = (run.outcome.as_str(), run.detail.as_str());
        assert_eq!(found, self.outcome, "{name}: {run:?}");
        assert!(run.what().contains(self.what), "{name}: {run:?}");
        let place = run.place();
        assert_eq!(
            place.is_object(),
            !self.request.is_empty(),
            "{name}: {run:?}"
        );
        let text = |member: &str| place[member].as_str().unwrap_or_default();
        assert!(text("request").contains(self.request), "{name}: {place}");
        assert!(text("path").contains(self.path), "{name}: {place}");
        let at = (place["byte"].is_u64(), place["item"].is_u64());
        assert_eq!(at, self.at, "{name}: {place}");
    }
}

/// Plays the cases beside a healthy neighbour: a pass without faults, a changed world, a pass with
/// them, a pass without.
pub(crate) fn play(worker: &str, cases: &[Case], account: fn(&str) -> AccountSpec) {
    let over = [("SYNC_OVERLAP", "24h"), ("NETWORK_HEADER_TIMEOUT", "2s")];
    let (stage, sim) = Stage::simulated(71, "", &over);
    let db = &stage.db();
    let names = || cases.iter().map(|case| case.name).chain([NEIGHBOUR]);
    for name in names() {
        stage.join(&sim, account(name));
    }
    stage.once_well();
    names().for_each(|name| observe(&sim, name));
    sim.advance();
    let mut befores = Vec::new();
    for case in cases {
        arm(&sim, case.name, case.path, case.kind.clone());
        let before = Before::of(db, case.name, worker);
        befores.push((case, before, db::runs(db, case.name, worker).len()));
    }
    let ended = stage.once();
    assert_eq!(ended.code, Some(1), "{}", complaints(&ended));
    for (case, before, runs) in &befores {
        let new = db::runs(db, case.name, worker);
        let new = new.get(*runs..).unwrap();
        assert!(!new.is_empty(), "{} did not run", case.name);
        for run in new {
            case.says.assert(case.name, run);
            assert_eq!(run.row["cursor_after"], run.row["cursor_before"], "{run:?}");
        }
        let decided = &new.last().unwrap().decision["kind"];
        let throttled = case.says.outcome.1 == "throttled";
        let decision = if throttled { "snooze" } else { "backoff" };
        assert_eq!(decided, decision, "{}", case.name);
        before.assert_cursor(db, case.name, worker);
        before.assert_harmless(&sim, db, case.name);
    }
    assert_others_are_well(&sim, db, worker, cases);
    recover(&stage, &sim, cases);
}

fn arm(sim: &Sim, name: &str, path: &str, kind: FaultKind) {
    let fault = Fault {
        path: path.to_owned(),
        kind,
        skip: 0,
        times: 0,
    };
    sim.fault(name, fault).unwrap();
}

fn observe(sim: &Sim, name: &str) {
    for (_, pass) in PAIR {
        sim.observe(name, pass).unwrap();
    }
}

/// The neighbour, and the faulty accounts' other worker, completed in the same pass.
fn assert_others_are_well(sim: &Sim, db: &Database, worker: &str, cases: &[Case]) {
    for (other, pass) in PAIR {
        for name in cases.iter().map(|case| case.name).chain([NEIGHBOUR]) {
            if other != worker || name == NEIGHBOUR {
                let last = db::last_run(db, name, other);
                assert_eq!(last.outcome, "completed", "{name}: {last:?}");
                sim.observe(name, pass).unwrap();
                assert_equal(sim, db, name, other);
            }
        }
    }
}

/// Without the faults, the next pass makes everything equal.
fn recover(stage: &Stage, sim: &Sim, cases: &[Case]) {
    let db = &stage.db();
    for case in cases {
        sim.clear_faults(case.name).unwrap();
        // Some were told to come back much later.
        db::make_due(db, case.name);
    }
    stage.once_well();
    for name in cases.iter().map(|case| case.name).chain([NEIGHBOUR]) {
        observe(sim, name);
        for (worker, _) in PAIR {
            assert_eq!(db::last_run(db, name, worker).outcome, "completed");
            assert_equal(sim, db, name, worker);
            assert_ledger(db, name, worker);
        }
        history::assert_complete(sim, db, name);
        history::assert_folds(db, name);
    }
}

/// An account with more orders than fit on a page.
pub(crate) fn two_pages(name: &str) -> AccountSpec {
    spec(name, 230, 20)
}

/// An account with a few orders and listings.
pub(crate) fn few(name: &str) -> AccountSpec {
    spec(name, 20, 40)
}

/// A status with what eBay says for it.
pub(crate) fn status(status: u16) -> FaultKind {
    FaultKind::Status {
        status,
        retry_after: None,
        error_id: None,
        html: false,
    }
}

/// A status with `Retry-After`, and an error that is not the day's quota.
pub(crate) fn later(status: u16, seconds: &str) -> FaultKind {
    FaultKind::Status {
        status,
        retry_after: Some(seconds.to_owned()),
        error_id: Some(218_050),
        html: false,
    }
}
