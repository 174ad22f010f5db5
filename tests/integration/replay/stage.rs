//! A state directory over a simulated eBay, accounts that die there, and their replays.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use integration_tests::harness::build::binaries;
use integration_tests::harness::crash::{Report, assert_everywhere, reports};
use integration_tests::harness::process::Ended;
use integration_tests::harness::state::State;
use integration_tests::sim::{AccountSpec, Sim};
use serde_json::Value;
use tokio::runtime::Runtime;

const SETTINGS: &str = r#"
accounts_at_once = 2
memory_budget = "2GiB"
[log]
format = "json"
[limits]
memory = "48MiB"
big_slot = "48MiB"
[sync]
lag = "0ms"
first_span = "72h"
listings = "report"
[timeouts]
ready = "30s"
silence = "20s"
stop_grace = "100ms"
term_grace = "100ms"
[network]
retries = 1
retry_base = "5ms"
poll_interval = "20ms"
"#;

/// The state directory and its eBay.
pub(crate) struct Stage {
    pub(crate) state: State,
    pub(crate) sim: Sim,
    _runtime: Runtime,
}

impl Stage {
    /// One without accounts; `tables` end its settings.
    pub(crate) fn new(tables: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let sim = runtime.block_on(Sim::start(7)).unwrap();
        let state = State::empty();
        let (child, url) = (binaries().worker_child.display(), sim.url());
        state.write_config(&format!(
            "worker_child = \"{child}\"\n{SETTINGS}\n[environments.simulated]\n\
             api = \"{url}\"\napiz = \"{url}\"\n{tables}"
        ));
        Self {
            state,
            sim,
            _runtime: runtime,
        }
    }

    /// An account whose name at eBay springs this trap in each of its messages and purchases.
    pub(crate) fn trapped(&self, kind: &str, workers: &str) {
        let spec = AccountSpec {
            name: format!("bulkhead-trap:{kind}"),
            ..spec(kind)
        };
        self.join(kind, spec, workers);
    }

    /// An account of this name here.
    pub(crate) fn join(&self, name: &str, spec: AccountSpec, workers: &str) {
        let file = self.state.token_file(name);
        fs::write(&file, &spec.token).unwrap();
        self.sim.account(spec).unwrap();
        let mut add = self.state.command(&["account", "add", name]);
        add.args(["--workers", workers, "--environment", "simulated"]);
        add.arg("--token-file").arg(&file);
        let added = self.state.run(add);
        assert_eq!(added.code, Some(0), "{}", added.stderr);
    }

    /// One pass in which somebody dies or fails.
    pub(crate) fn pass(&self) -> Ended {
        let ended = self.state.once();
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        ended
    }

    /// The directory of a report.
    pub(crate) fn home(&self, report: &Report) -> PathBuf {
        self.state.dir().join("crashes").join(&report.id)
    }

    /// The first report of the account; it must be everywhere.
    pub(crate) fn report(&self, account: &str, log: &str) -> Report {
        let report = reports(&self.state, account).into_iter().next();
        let report = report.unwrap_or_else(|| panic!("{account} has no report\n{log}"));
        assert_everywhere(&self.state, log, &report);
        report
    }

    /// Replays a report, and gives the exit code and the answer.
    pub(crate) fn replay(&self, home: &Path, more: &[&str]) -> (Option<i32>, Value) {
        let ended = self.replay_as(home, &[&["--output", "json"], more].concat());
        let answer = serde_json::from_str(&ended.stdout);
        let answer = answer.unwrap_or_else(|error| panic!("{error}: {ended:?}"));
        (ended.code, answer)
    }

    /// Replays with these arguments.
    pub(crate) fn replay_as(&self, home: &Path, more: &[&str]) -> Ended {
        let mut command = Command::new(&binaries().worker_child);
        command.env_clear().arg("replay").arg(home).args(more);
        self.state.run(command)
    }
}

/// An account at eBay, with a little of everything.
pub(crate) fn spec(name: &str) -> AccountSpec {
    AccountSpec {
        orders: 30,
        listings: 20,
        messages: 12,
        purchases: 12,
        history_ms: 20 * 3_600_000,
        ..AccountSpec::new(name, &token(name))
    }
}

/// Its access token.
pub(crate) fn token(name: &str) -> String {
    format!("v^1.1#i^1#canary-of-replays-{name}")
}
