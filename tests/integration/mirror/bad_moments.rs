//! A token that is refused, a wait that eBay asks for, a body that stands still.

use integration_tests::harness::rows::Database;
use integration_tests::sim::{Fault, FaultKind, Sim};

use crate::bad_input::{few, later};
use crate::compare::{Before, assert_equal};
use crate::db::{self, Run};
use crate::history;
use crate::mirrors::PAIR;
use crate::stage::{Stage, complaints, token};

fn observe_and_compare(sim: &Sim, db: &Database, name: &str) {
    for (worker, pass) in PAIR {
        assert_eq!(
            db::last_run(db, name, worker).outcome,
            "completed",
            "{name}"
        );
        sim.observe(name, pass).unwrap();
        assert_equal(sim, db, name, worker);
    }
    history::assert_complete(sim, db, name);
    history::assert_folds(db, name);
}

fn requests(sim: &Sim, name: &str) -> u64 {
    sim.requests(name).unwrap().values().sum()
}

#[test]
fn a_refused_token_is_not_used_again_until_its_file_changes() {
    let (stage, sim) = Stage::simulated(72, "", &[]);
    let db = &stage.db();
    for name in ["victim", "neighbour"] {
        stage.join(&sim, few(name));
    }
    stage.once_well();
    for name in ["victim", "neighbour"] {
        observe_and_compare(&sim, db, name);
    }
    sim.advance();
    stage.set_token("victim", "v^1.1#i^1#expired");
    let mut befores = Vec::new();
    for (worker, _) in PAIR {
        befores.push((worker, Before::of(db, "victim", worker)));
    }
    assert_eq!(stage.once().code, Some(1));
    for (worker, before) in &befores {
        let run = db::last_run(db, "victim", worker);
        assert_eq!(
            (run.outcome.as_str(), run.detail.as_str()),
            ("failed", "unauthorized")
        );
        assert!(
            run.what()
                .contains("eBay answered 401: 1001 Invalid access token."),
            "{run:?}"
        );
        assert_eq!(run.decision["kind"], "await_token");
        assert_eq!(run.decision["charged"], false);
        before.assert_cursor(db, "victim", worker);
        before.assert_harmless(&sim, db, "victim");
    }
    observe_and_compare(&sim, db, "neighbour");
    let attempts = db::table(db, "attempts", "victim").len();
    assert_eq!(
        stage.once().code,
        Some(1),
        "an account without a token is not well"
    );
    assert_eq!(
        db::table(db, "attempts", "victim").len(),
        attempts,
        "started without a new token"
    );
    stage.set_token("victim", &format!("{}\n", token("victim")));
    stage.once_well();
    observe_and_compare(&sim, db, "victim");
}

#[test]
fn a_short_wait_is_waited_for_and_a_long_one_is_slept_over() {
    let (stage, sim) = Stage::simulated(73, "", &[]);
    let db = &stage.db();
    for name in ["short", "long"] {
        stage.join(&sim, few(name));
    }
    stage.once_well();
    for name in ["short", "long"] {
        observe_and_compare(&sim, db, name);
    }
    sim.advance();
    for (name, seconds) in [("short", "1"), ("long", "3600")] {
        let fault = Fault {
            path: String::new(),
            kind: later(429, seconds),
            skip: 0,
            times: 2,
        };
        sim.fault(name, fault).unwrap();
    }
    assert_eq!(stage.once().code, Some(1));
    observe_and_compare(&sim, db, "short");
    for (worker, _) in PAIR {
        assert_slept_over(&db::last_run(db, "long", worker));
    }
    let asked = requests(&sim, "long");
    stage.once_well();
    assert_eq!(requests(&sim, "long"), asked, "asked before its time");
    db::make_due(db, "long");
    stage.once_well();
    observe_and_compare(&sim, db, "long");
}

/// It is due when eBay said, an hour after it ended.
fn assert_slept_over(run: &Run) {
    assert_eq!(
        (run.outcome.as_str(), run.detail.as_str()),
        ("failed", "throttled")
    );
    let until = &run.failure["throttled"]["until"];
    assert_eq!(run.decision["kind"], "snooze");
    assert_eq!(run.decision["due_at"], *until);
    let time = |text: &serde_json::Value| {
        chrono::DateTime::parse_from_rfc3339(text.as_str().unwrap()).unwrap()
    };
    let hour = chrono::TimeDelta::hours(1);
    assert!(time(until) <= time(&run.row["ended_at"]) + hour, "{run:?}");
    assert!(
        time(until) >= time(&run.row["started_at"]) + hour,
        "{run:?}"
    );
}

#[test]
fn a_body_that_stands_still_is_a_hang() {
    let silence =
        "[accounts.page]\nsilence = \"1500ms\"\n[accounts.report]\nsilence = \"1500ms\"\n";
    let (stage, sim) = Stage::simulated(74, silence, &[]);
    let db = &stage.db();
    let cases = [
        ("page", "/fulfillment/", "orders", "active_inventory"),
        (
            "report",
            "/download_result_file",
            "active_inventory",
            "orders",
        ),
    ];
    for name in ["page", "report", "neighbour"] {
        stage.join(&sim, few(name));
    }
    stage.once_well();
    for name in ["page", "report", "neighbour"] {
        observe_and_compare(&sim, db, name);
    }
    sim.advance();
    let mut befores = Vec::new();
    for (name, path, worker, _) in cases {
        let fault = Fault {
            path: path.to_owned(),
            kind: FaultKind::StallBody { after: 300 },
            skip: 0,
            times: 0,
        };
        sim.fault(name, fault).unwrap();
        befores.push(Before::of(db, name, worker));
    }
    let ended = stage.once();
    assert_eq!(ended.code, Some(1), "{}", complaints(&ended));
    for ((name, path, worker, other), before) in cases.into_iter().zip(&befores) {
        let run = db::last_run(db, name, worker);
        assert_eq!(
            (run.outcome.as_str(), run.detail.as_str()),
            ("died", "hung"),
            "{run:?}"
        );
        assert_eq!(run.decision["charged"], true);
        let report = db::json(&db::table(db, "crash_reports", name)[0], "report");
        assert_eq!(report["worker"], worker, "{report}");
        assert!(
            report.to_string().contains(path),
            "names no request: {report}"
        );
        before.assert_cursor(db, name, worker);
        before.assert_harmless(&sim, db, name);
        // The other one was taken along at most once, and has run since.
        assert_eq!(db::last_run(db, name, other).outcome, "completed");
        sim.clear_faults(name).unwrap();
    }
    observe_and_compare(&sim, db, "neighbour");
    stage.once_well();
    for (name, ..) in cases {
        observe_and_compare(&sim, db, name);
    }
}
