//! Token children that die: each is told exactly and costs its account only, and the account comes
//! back by itself. The expectations are in `deaths.json`.

use std::fs;
use std::path::PathBuf;

use integration_tests::harness::build::binaries;
use integration_tests::harness::crash::reports;
use integration_tests::harness::process::{alive, signal_to};
use integration_tests::harness::search::{holders, holds};
use integration_tests::harness::wait::{LONG, wait_for, wait_until};
use nix::sys::signal::Signal;
use serde::Deserialize;

use crate::dying::{Dying, SECRETS, TOKEN};
use crate::stage::{Stage, lines};

/// One account whose token child dies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    account: String,
    /// What its token child does.
    exchange: String,
    cause: String,
    confidence: String,
    /// What the evidence must say, each in one of its sentences.
    evidence: Vec<String>,
}

#[test]
fn every_death_has_its_cause_and_its_report_and_passes() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("deaths.json")).unwrap();
    let dying = Dying::new();
    for case in &cases {
        dying.account(&case.account, &case.exchange);
    }
    let pass = dying.stage.state.start_once();
    wait_until("a token child that hangs", LONG, || {
        dying.mark("hangs").exists()
    });
    assert!(dying.check_alive() > 0, "none is alive");
    let ended = pass.end(LONG);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    for case in &cases {
        let name = &case.account;
        let report = dying.report(name, &ended.stderr);
        assert_eq!(report.cause, case.cause, "{name}: {}", report.evidence());
        assert_eq!(
            report.confidence,
            case.confidence,
            "{name}: {}",
            report.evidence()
        );
        for words in &case.evidence {
            let evidence = report.evidence();
            assert!(
                evidence.contains(words.as_str()),
                "{name}: {words}: {evidence}"
            );
        }
        assert_eq!(report.json["limits"]["memory"], 64 << 20, "{name}");
        dying.check(name, "refresh", &report);
    }
    dying.check_neighbours(1);
    dying.check_leftovers();
    let attempts = "SELECT count(*) FROM attempts";
    assert_eq!(
        dying.stage.state.database().number(attempts),
        2,
        "of the neighbours"
    );

    for case in &cases {
        dying.set(&case.account, "good");
    }
    dying.time_passes();
    dying.stage.once_well();
    for case in &cases {
        assert_eq!(dying.stage.trouble(&case.account).0, "", "{}", case.account);
    }
    let count = i64::try_from(cases.len()).unwrap() + 2;
    assert_eq!(dying.stage.orders(), 40 * count);
    dying.check_leftovers();
}

#[test]
fn killed_from_outside() {
    let dying = Dying::new();
    dying.account("hangs", "hung");
    let pass = dying.stage.state.start_once();
    wait_until("the child to be in the middle", LONG, || {
        dying.mark("hangs").exists()
    });
    let pid = wait_for("the token child alone", LONG, || {
        match alive(&dying.stage.state.dir())[..] {
            [pid] => Some(pid),
            _ => None,
        }
    });
    signal_to(pid, Signal::SIGKILL);
    let ended = pass.end(LONG);
    let report = dying.report("hangs", &ended.stderr);
    assert_eq!(
        (report.cause.as_str(), report.confidence.as_str()),
        ("killed_externally", "inferred"),
        "{}",
        report.evidence()
    );
    dying.check("hangs", "refresh", &report);
    dying.check_neighbours(1);
    dying.check_leftovers();
}

#[test]
fn a_program_that_cannot_be_started() {
    let dying = Dying::new();
    dying.account("waits", "good");
    let program = dying.stage.state.path("no-program");
    fs::write(&program, "this is no program").unwrap();
    dying.set_child(&program);
    let ended = dying.pass();
    let report = dying.report("waits", &ended.stderr);
    assert_eq!(
        (report.cause.as_str(), report.confidence.as_str()),
        ("spawn_failed", "proven")
    );
    assert!(
        report.evidence().contains("no process was started"),
        "{}",
        report.evidence()
    );
    assert_eq!(report.json["pid"], serde_json::Value::Null);
    dying.check("waits", "refresh", &report);
    dying.set_child(&binaries().faulty_child);
    dying.time_passes();
    dying.stage.once_well();
    dying.check_leftovers();
}

#[test]
fn an_account_that_dies_again_and_again_does_not_flood() {
    let dying = Dying::new();
    dying.account("panics", "panic");
    for pass in 1..=5 {
        let ended = dying.pass();
        let told = usize::from(pass > 3);
        let words = "a token child died as others did before";
        assert_eq!(
            lines(&ended.stderr, words),
            told,
            "{pass}: {}",
            ended.stderr
        );
        let found = reports(&dying.stage.state, "panics");
        assert_eq!(found.len(), pass.min(3), "{pass}");
        let newest = format!("bulkhead crash show {}", found.last().unwrap().id);
        assert!(
            dying.stage.trouble("panics").1.contains(&newest),
            "{newest}"
        );
        let row = dying
            .stage
            .state
            .database()
            .row("SELECT token_failures FROM accounts WHERE name = 'panics'");
        assert_eq!(row["token_failures"], pass, "it waits ever longer");
        if pass == 1 {
            dying.pass();
            assert_eq!(
                reports(&dying.stage.state, "panics").len(),
                1,
                "not before its time"
            );
        }
        dying.time_passes();
    }
    let listed = dying.stage.state.json(&["crash", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert_eq!(listed[0]["account"], "panics");
    dying.check_leftovers();
}

#[test]
fn a_report_can_be_passed_on_and_pruned_but_not_replayed() {
    let dying = Dying::new();
    dying.account("panics", "panic");
    dying.pass();
    let state = &dying.stage.state;
    let id = &reports(state, "panics")[0].id;
    let replayed = state.bulkhead(&["crash", "replay", id]);
    assert_eq!(replayed.code, Some(1), "{}", replayed.stderr);
    assert!(
        replayed
            .stderr
            .contains("nothing of a token exchange is recorded")
    );
    let to = state.path("out.tar");
    let exported = state.bulkhead(&["crash", "export", id, "--to", to.to_str().unwrap()]);
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    assert!(
        exported.stdout.contains("cannot be replayed"),
        "{}",
        exported.stdout
    );
    assert!(
        exported.stdout.contains("README.txt, report.json"),
        "{}",
        exported.stdout
    );
    let pruned = state.bulkhead(&["crash", "prune", "--older-than", "1ms"]);
    assert_eq!(pruned.code, Some(0), "{}", pruned.stderr);
    assert!(!state.dir().join("crashes").join(id).exists());
    assert_eq!(
        state
            .database()
            .number("SELECT count(*) FROM crash_reports"),
        0
    );
    let gone = state.bulkhead(&["crash", "show", id]);
    assert_eq!(gone.code, Some(2), "{}", gone.stderr);
    dying.pass();
    assert_eq!(reports(state, "panics").len(), 0, "it waits");
}

#[test]
fn a_child_that_dies_over_a_code_stores_nothing() {
    let dying = Dying::new();
    dying.set("shop", "panic");
    let add = [
        "account",
        "add",
        "shop",
        "--oauth",
        "--environment",
        "simulated",
    ];
    let ended = dying.stage.typed(&add, &dying.token("shop"));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    for words in [
        "panic (proven)",
        "bulkhead crash show token-1",
        "nothing was stored",
    ] {
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
    let row = dying
        .stage
        .state
        .database()
        .row("SELECT * FROM crash_reports");
    assert_eq!(row["account_id"], serde_json::Value::Null);
    let report: serde_json::Value = serde_json::from_str(row["report"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&report["account"], &report["exchange"]["kind"]),
        (&"shop".into(), &"code".into())
    );
    assert_eq!(report["decision"]["kind"], "await_token");
    let to_do = report["exchange"]["to_do"].as_str().unwrap();
    assert!(
        to_do.contains("bulkhead account add shop --oauth"),
        "{to_do}"
    );
    assert!(!ended.stderr.contains(TOKEN), "{}", ended.stderr);
    dying.check_leftovers();
}

#[test]
fn children_that_ask_the_web_app_die_like_others() {
    let key = format!("v^1.1#faulty#exchange=panic;canary={}", SECRETS[1]);
    let dying = Dying::of(Stage::with(&[("INTERNAL_API_KEY", &key)]));
    dying.set("app", "segv");
    let added = dying.stage.add("app", &["--web-app", &dying.token("app")]);
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    let service = dying.stage.state.start_service();
    let refresh = "SELECT * FROM crash_reports WHERE exchange = 'web_app_refresh'";
    wait_until("both deaths", LONG, || {
        let database = dying.stage.state.database();
        !database.rows(refresh).is_empty() && reports(&dying.stage.state, "app").len() == 1
    });
    wait_until("the account's trouble", LONG, || {
        !dying.stage.trouble("app").0.is_empty()
    });
    let ended = dying.stage.state.stop_service(service);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report = dying.report("app", &ended.stderr);
    assert_eq!(report.cause, "segv");
    dying.check("app", "web_app", &report);

    let rows = dying.stage.state.database().rows(refresh);
    assert_eq!(rows.len(), 1);
    let report: serde_json::Value =
        serde_json::from_str(rows[0]["report"].as_str().unwrap()).unwrap();
    assert_eq!(
        report["account"],
        serde_json::Value::Null,
        "it is of no account"
    );
    assert_eq!(report["verdict"]["cause"]["kind"], "panic");
    assert_eq!(
        lines(&ended.stderr, "the web app did not refresh its tokens"),
        1
    );
    let listed = dying.stage.state.bulkhead(&["crash", "list"]);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    let crashes = dying.stage.state.dir().join("crashes");
    assert_eq!(holders(&crashes, &SECRETS), Vec::<PathBuf>::new());
    assert!(
        !holds(ended.stderr.as_bytes(), &SECRETS),
        "{}",
        ended.stderr
    );
}
