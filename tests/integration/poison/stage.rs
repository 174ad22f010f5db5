//! A state directory over a simulated eBay with one account, and what is looked at there.

use integration_tests::harness::build::binaries;
use integration_tests::harness::process::Ended;
use integration_tests::harness::rows::{Database, Row};
use integration_tests::harness::state::State;
use integration_tests::sim::{AccountSpec, Sim};
use serde_json::Value;
use std::fs;
use std::time::Duration;
use tokio::runtime::Runtime;

/// A pass may take this long on a busy machine.
const PASS: Duration = Duration::from_mins(10);

pub(crate) const ACCOUNT: &str = "poisoned";
const TOKEN: &str = "v^1.1#i^1#poison";

const SETTINGS: &str = r#"
memory_budget = "2GiB"
[log]
format = "json"
[sync]
lag = "0ms"
overlap = "1s"
first_span = "72h"
interval = { orders = "1ms", active_inventory = "1ms" }
[timeouts]
ready = "30s"
silence = "20s"
stop_grace = "100ms"
term_grace = "100ms"
[network]
poll_interval = "20ms"
[policy]
backoff_base = "1ms"
backoff_cap = "1ms"
death_backoff_base = "1ms"
death_backoff_cap = "1ms"
"#;

/// A state directory over the simulator.
pub(crate) struct Stage {
    pub(crate) state: State,
    pub(crate) sim: Sim,
    _runtime: Runtime,
}

impl Stage {
    /// With one account that has one worker; `listings` says where listings are read from.
    pub(crate) fn new(worker: &str, listings: &str, spec: AccountSpec) -> Self {
        let runtime = Runtime::new().unwrap();
        let sim = runtime.block_on(Sim::start(7)).unwrap();
        sim.account(spec).unwrap();
        let url = sim.url();
        let state = State::empty();
        let child = binaries().worker_child.display();
        state.write_config(&format!(
            "worker_child = \"{child}\"\n{SETTINGS}\n[environments.simulated]\n\
             api = \"{url}\"\napiz = \"{url}\"\n"
        ));
        let state = state.var("BULKHEAD_SYNC_LISTINGS", listings);
        let made = Self {
            state,
            sim,
            _runtime: runtime,
        };
        let file = made.state.token_file(ACCOUNT);
        fs::write(&file, TOKEN).unwrap();
        let file = file.to_str().unwrap();
        let args = ["account", "add", ACCOUNT, "--environment", "simulated"];
        let more = ["--workers", worker, "--token-file", file];
        made.well(&[args.as_slice(), &more].concat());
        made
    }

    /// Runs `bulkhead`, which must exit with 0.
    pub(crate) fn well(&self, args: &[&str]) -> Ended {
        let ended = self.state.start(self.state.command(args)).end(PASS);
        assert_eq!(
            ended.code,
            Some(0),
            "{args:?}: {}{}",
            ended.stdout,
            ended.stderr
        );
        ended
    }

    /// One pass, in which the last run must end well.
    pub(crate) fn once(&self) {
        self.well(&["run", "--once"]);
    }

    pub(crate) fn db(&self) -> Database {
        self.state.database()
    }

    /// Outcome and decision of every run after this many, oldest first.
    pub(crate) fn story(&self, after: usize) -> Vec<String> {
        let sql = "SELECT outcome, json_extract(decision, '$.kind') AS kind, \
                   json_extract(decision, '$.charged') AS charged FROM runs ORDER BY attempt_id";
        let line = |row: &Row| {
            let text = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
            let charged = if row["charged"] == 1 { ", charged" } else { "" };
            format!("{}: {}{charged}", text("outcome"), text("kind"))
        };
        self.db().rows(sql).iter().skip(after).map(line).collect()
    }

    /// The one dead letter.
    pub(crate) fn letter(&self) -> Value {
        let letters = self.state.json(&["dead-letter", "list", "--all"]);
        assert_eq!(letters.as_array().unwrap().len(), 1, "{letters}");
        letters[0].clone()
    }

    /// How many items `status` says to be passed over.
    pub(crate) fn open_letters(&self) -> Value {
        self.state.json(&["status"])[0]["dead_letters"].clone()
    }

    /// Has the letter's item read again by the next pass.
    pub(crate) fn retry(&self, letter: &Value) {
        let id = letter["id"].to_string();
        self.well(&["dead-letter", "retry", &id]);
    }
}

/// An account without anything.
pub(crate) fn spec() -> AccountSpec {
    AccountSpec {
        history_ms: 20 * 3_600_000,
        ..AccountSpec::new(ACCOUNT, TOKEN)
    }
}
