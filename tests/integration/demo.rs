//! The real demo: it holds, it says why what died, its settings matter, and it notices a lie.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use integration_tests::harness::build::binaries;
use integration_tests::harness::process::{Ended, Running};
use serde_json::Value;
use tempfile::TempDir;

/// A demo may take this long on a busy machine.
const DEMO: Duration = Duration::from_mins(5);

const ORDINARY: [&str; 3] = ["anna", "clara", "dimitri"];
const WORKERS: [&str; 2] = ["orders", "active_inventory"];

/// One demo and where it was played.
#[derive(Debug)]
struct Played {
    place: TempDir,
    code: Option<i32>,
    summary: Value,
}

/// Plays the demo to its end, with `over` lying over its settings.
fn play(over: &str) -> Played {
    let place = TempDir::new().unwrap();
    let settings = place.path().join("over.toml");
    fs::write(&settings, over).unwrap();
    let kept = place.path().join("kept");
    let mut command = bulkhead(place.path());
    command
        .args(["demo", "--output", "json", "--config"])
        .arg(settings)
        .arg("--keep")
        .arg(kept);
    let Ended {
        code,
        stdout,
        stderr,
        ..
    } = Running::start(command, &place.path().join("demo")).end(DEMO);
    let summary =
        serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
    Played {
        place,
        code,
        summary,
    }
}

fn bulkhead(home: &Path) -> Command {
    let mut command = Command::new(&binaries().bulkhead);
    command.env_clear().env("HOME", home);
    command
}

impl Played {
    fn account(&self, name: &str) -> &Value {
        let accounts = self.summary["accounts"].as_array().unwrap();
        accounts
            .iter()
            .find(|account| account["name"] == name)
            .unwrap()
    }

    /// The worker's last outcome in each cycle.
    fn outcomes(&self, name: &str, worker: &str) -> Vec<&str> {
        let cycles = self.account(name)["cycles"].as_array().unwrap().iter();
        cycles
            .map(|cycle| cycle["outcomes"][worker].as_str().unwrap())
            .collect()
    }

    /// Outcome and detail of each of the worker's runs.
    fn runs(&self, name: &str, worker: &str) -> Vec<(&str, &str)> {
        let runs = self.account(name)["runs"].as_array().unwrap().iter();
        let of_worker = runs.filter(|run| run["worker"] == worker);
        of_worker
            .map(|run| {
                (
                    run["outcome"].as_str().unwrap(),
                    run["detail"].as_str().unwrap(),
                )
            })
            .collect()
    }

    /// Cause, confidence and decision of each of the account's deaths.
    fn deaths(&self, name: &str) -> Vec<(&str, &str, &str)> {
        let deaths = self.summary["deaths"].as_array().unwrap().iter();
        let of_account = deaths.filter(|death| death["account"] == name);
        of_account
            .map(|death| {
                assert_eq!(death["worker"], "active_inventory", "{death}");
                assert!(!death["evidence"].as_array().unwrap().is_empty(), "{death}");
                let text = |member: &str| death[member].as_str().unwrap();
                (text("cause"), text("confidence"), text("decision"))
            })
            .collect()
    }

    /// Another command on the state directory that was kept.
    fn ask(&self, arguments: &[&str]) -> Value {
        let mut command = bulkhead(self.place.path());
        command
            .arg("--state-dir")
            .arg(self.place.path().join("kept"));
        command.args(["--output", "json"]).args(arguments);
        let ended = Running::start(command, &self.place.path().join("asked")).end(DEMO);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
        serde_json::from_str(&ended.stdout).unwrap()
    }

    /// What holds whatever the dangerous accounts do.
    fn assert_ordinary_ones_hold(&self) {
        assert_eq!(self.summary["isolation_held"], true, "{:#}", self.summary);
        assert_eq!(self.code, Some(0));
        for name in ORDINARY {
            for worker in WORKERS {
                let outcomes = self.outcomes(name, worker);
                assert!(outcomes.len() >= 4, "{name}: {outcomes:?}");
                assert!(
                    outcomes.iter().all(|outcome| *outcome == "completed"),
                    "{name} {worker}: {outcomes:?}"
                );
            }
            assert_eq!(self.deaths(name), [], "{name}");
        }
        for name in ["boris", "pill", "hedda"] {
            let outcomes = self.outcomes(name, "orders");
            assert!(
                outcomes.iter().all(|outcome| *outcome == "completed"),
                "{name}: {outcomes:?}"
            );
        }
    }
}

#[test]
fn isolation_holds_and_every_death_has_its_cause() {
    let played = play("");
    played.assert_ordinary_ones_hold();
    let big = played.runs("boris", "active_inventory");
    assert_eq!(big[0], ("died", "memory_limit"));
    assert!(
        big[1..].iter().all(|run| *run == ("completed", "")),
        "{big:?}"
    );
    assert_eq!(
        played.deaths("boris"),
        [("memory_limit", "proven", "big_slot")]
    );
    let hung = played.runs("hedda", "active_inventory");
    assert!(hung.iter().all(|run| *run == ("died", "hung")), "{hung:?}");
    let deaths = played.deaths("hedda");
    assert_eq!(deaths.len(), hung.len());
    assert_eq!(deaths[0], ("hung", "proven", "solitary"));
    assert_eq!(deaths[deaths.len() - 1], ("hung", "proven", "quarantine"));
    let hedda = played.account("hedda");
    assert_eq!(
        hedda["quarantined"],
        serde_json::json!(["active_inventory"])
    );
    assert_eq!(hedda["rows"]["ebay_active_inventory"], 0);
    assert_passed_over(&played);
    assert_kept(&played);
}

/// The poison pill dies of one listing three times, and is synced without it.
fn assert_passed_over(played: &Played) {
    let decisions: Vec<_> = played.deaths("pill");
    assert_eq!(
        decisions,
        ["big_slot", "solitary", "skip"].map(|decision| ("memory_limit", "proven", decision))
    );
    let runs = played.runs("pill", "active_inventory");
    assert!(runs.len() > decisions.len(), "{runs:?}");
    assert!(
        runs[decisions.len()..]
            .iter()
            .all(|run| *run == ("completed", "")),
        "{runs:?}"
    );
    let pill = played.account("pill");
    assert_eq!(pill["quarantined"], serde_json::json!([]));
    assert_eq!(pill["dead_letters"].as_array().unwrap().len(), 1, "{pill}");
    assert!(
        pill["rows"]["ebay_active_inventory"].as_u64().unwrap() >= 20,
        "{pill}"
    );
    let letters = played.ask(&["dead-letter", "list"]);
    assert_eq!(letters.as_array().unwrap().len(), 1, "{letters}");
}

/// The state directory that was kept answers the other commands.
fn assert_kept(played: &Played) {
    let status = played.ask(&["status"]);
    let status = status.to_string();
    for name in ["anna", "boris", "pill", "hedda", "clara", "dimitri"] {
        assert!(status.contains(name), "{status}");
    }
    let deaths = played.summary["deaths"].as_array().unwrap();
    let listed = played.ask(&["crash", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), deaths.len(), "{listed}");
    for death in deaths {
        let shown = played.ask(&["crash", "show", death["id"].as_str().unwrap()]);
        assert!(
            shown.to_string().contains(death["cause"].as_str().unwrap()),
            "{shown}"
        );
    }
    let quarantined = played.ask(&["quarantine", "list"]);
    let names: Vec<&str> = quarantined
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["account"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["hedda"], "{quarantined}");
}

#[test]
fn with_a_larger_limit_the_poison_pill_passes() {
    let played = play("[accounts.pill]\nbig_slot = \"128MiB\"\n");
    played.assert_ordinary_ones_hold();
    let runs = played.runs("pill", "active_inventory");
    assert_eq!(runs[0], ("died", "memory_limit"));
    assert!(
        runs[1..].iter().all(|run| *run == ("completed", "")),
        "{runs:?}"
    );
    let pill = played.account("pill");
    assert_eq!(pill["quarantined"], serde_json::json!([]));
    assert_eq!(pill["dead_letters"], serde_json::json!([]));
    assert!(
        pill["rows"]["ebay_active_inventory"].as_u64().unwrap() > 30,
        "{pill}"
    );
}

#[test]
fn a_child_that_loses_a_row_is_noticed() {
    let leaky = binaries().worker_child.with_file_name("leaky-child");
    // What else is dangerous does not matter here, and takes long.
    let over = format!(
        "worker_child = \"{}\"\n[timeouts]\nsilence = \"1s\"\n",
        leaky.display()
    );
    let played = play(&over);
    assert_eq!(played.summary["isolation_held"], false);
    assert_eq!(played.code, Some(1));
    let anna = &played.account("anna")["cycles"][0];
    assert_eq!(anna["held"], false, "{anna}");
    let differences = anna["differences"].to_string();
    assert!(
        differences.contains("order ") && differences.contains("is missing"),
        "{differences}"
    );
    assert_eq!(
        anna["outcomes"]["orders"], "completed",
        "it must lie, not fail: {anna}"
    );
    for name in ["clara", "dimitri"] {
        let cycles = played.account(name)["cycles"].as_array().unwrap();
        assert!(
            cycles.iter().all(|cycle| cycle["held"] == true),
            "{name}: {cycles:?}"
        );
    }
}
