//! A state directory whose children are the real ones, over a simulated eBay, and the replays of what
//! died there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Runtime;

use super::build::binaries;
use super::crash::{Report, assert_everywhere, reports};
use super::process::Ended;
use super::state::State;
use crate::sim::{AccountSpec, Sim};

/// A pass with many deaths may take this long on a busy machine.
const PASS: Duration = Duration::from_mins(5);

/// The state directory and its eBay.
#[derive(Debug)]
pub struct Simulated {
    /// The state directory.
    pub state: State,
    /// Its eBay, whose environment is `simulated`.
    pub sim: Sim,
    _runtime: Runtime,
}

impl Simulated {
    /// One without accounts; `settings` come first in its configuration, `tables` last.
    pub fn new(settings: &str, tables: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let sim = runtime.block_on(Sim::start(7)).unwrap();
        let state = State::empty();
        let (child, url) = (binaries().worker_child.display(), sim.url());
        state.write_config(&format!(
            "worker_child = \"{child}\"\n{settings}\n[environments.simulated]\n\
             api = \"{url}\"\napiz = \"{url}\"\n{tables}"
        ));
        Self {
            state,
            sim,
            _runtime: runtime,
        }
    }

    /// An account of this name here; at eBay it has the name of `spec`.
    pub fn join(&self, name: &str, spec: AccountSpec, workers: &str) {
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
    pub fn pass(&self) -> Ended {
        let ended = self.state.start_once().end(PASS);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        ended
    }

    /// The directory of a report.
    pub fn home(&self, report: &Report) -> PathBuf {
        self.state.dir().join("crashes").join(&report.id)
    }

    /// The first report of the account; it must be everywhere.
    pub fn report(&self, account: &str, log: &str) -> Report {
        let report = reports(&self.state, account).into_iter().next();
        let report = report.unwrap_or_else(|| panic!("{account} has no report\n{log}"));
        assert_everywhere(&self.state, log, &report);
        report
    }

    /// Replays a report, and gives the exit code and the answer.
    pub fn replay(&self, home: &Path, more: &[&str]) -> (Option<i32>, Value) {
        let ended = self.replay_as(home, &[&["--output", "json"], more].concat());
        let answer = serde_json::from_str(&ended.stdout);
        let answer = answer.unwrap_or_else(|error| panic!("{error}: {ended:?}"));
        (ended.code, answer)
    }

    /// Replays with these arguments.
    pub fn replay_as(&self, home: &Path, more: &[&str]) -> Ended {
        let mut command = Command::new(&binaries().worker_child);
        command.env_clear().arg("replay").arg(home).args(more);
        self.state.run(command)
    }
}

/// An account at eBay with a little of everything.
pub fn a_little(name: &str, token: &str) -> AccountSpec {
    AccountSpec {
        orders: 30,
        listings: 20,
        messages: 12,
        purchases: 12,
        history_ms: 20 * 3_600_000,
        ..AccountSpec::new(name, token)
    }
}
