//! One state directory over a simulated eBay, and passes of the real `bulkhead` with the real child.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use crate::harness::build::binaries;
use crate::harness::process::Ended;
use crate::harness::rows::Database;
use crate::harness::state::State;
use crate::sim::{AccountSpec, Sim};
use tokio::runtime::Runtime;

use super::mirrors::WORKERS;

/// The key by which the web app of a simulated eBay may be asked.
pub const KEY: &str = "canary-internal-key-73";

/// A pass may take this long on a busy machine.
const PASS: Duration = Duration::from_mins(5);

/// Milliseconds where a service has minutes, and windows that end now.
const SETTINGS: &str = r#"
accounts_at_once = 4
memory_budget = "2GiB"
[log]
format = "json"
[sync]
lag = "0ms"
overlap = "1s"
first_span = "72h"
listings = "report"
deep_interval = "1ms"
interval = { orders = "1ms", active_inventory = "1ms", transactions = "1ms", offers = "1ms", messages = "1ms", finances = "1ms", cases = "1ms", inquiries = "1ms", returns = "1ms", purchases = "1ms" }
[timeouts]
ready = "30s"
silence = "20s"
deadline = "2m"
snapshot_deadline = "2m"
stop_grace = "100ms"
term_grace = "100ms"
[network]
connect_timeout = "5s"
header_timeout = "10s"
retries = 2
retry_base = "5ms"
wait_budget = "2s"
poll_interval = "20ms"
poll_budget = "2s"
[policy]
backoff_base = "1ms"
backoff_cap = "1ms"
death_backoff_base = "1ms"
death_backoff_cap = "1ms"
throttled_snooze = "1h"
min_step = "24h"
"#;

/// A state directory over some eBay.
#[derive(Debug)]
pub struct Stage {
    state: State,
    /// Where that eBay runs.
    _runtime: Runtime,
}

impl Stage {
    /// A state directory without accounts. `tables` end its settings; `over` are variables, named
    /// without their prefix, that lie over them. `ebay` starts an eBay and gives its URL.
    pub fn new<T>(
        tables: &str,
        over: &[(&str, &str)],
        ebay: impl AsyncFnOnce() -> (T, String),
    ) -> (Self, T) {
        let runtime = Runtime::new().unwrap();
        let (ebay, url) = runtime.block_on(ebay());
        let mut state = State::empty()
            .var("WEB_APP_URL", &url)
            .var("INTERNAL_API_KEY", KEY);
        let child = binaries().worker_child.display();
        state.write_config(&format!(
            "worker_child = \"{child}\"\n{SETTINGS}\n[environments.simulated]\n\
             api = \"{url}\"\napiz = \"{url}\"\n{tables}"
        ));
        for (name, value) in over {
            state = state.var(&format!("BULKHEAD_{name}"), value);
        }
        let made = Self {
            state,
            _runtime: runtime,
        };
        (made, ebay)
    }

    /// The same over the simulator.
    pub fn simulated(seed: u64, tables: &str, over: &[(&str, &str)]) -> (Self, Sim) {
        Self::new(tables, over, async || {
            let sim = Sim::start(seed).await.unwrap();
            let url = sim.url().to_owned();
            (sim, url)
        })
    }

    /// The state directory.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The database.
    pub fn db(&self) -> Database {
        self.state.database()
    }

    /// Adds an account to both sides, with a worker in window mode and one in snapshot mode.
    pub fn join(&self, sim: &Sim, spec: AccountSpec) {
        let name = spec.name.clone();
        sim.account(spec).unwrap();
        self.account(&name);
    }

    /// Adds an account to both sides, with all ten workers.
    pub fn join_all(&self, sim: &Sim, spec: AccountSpec) {
        let name = spec.name.clone();
        sim.account(spec).unwrap();
        self.account_with(&name, &all());
    }

    /// Adds an account with a worker in window mode and one in snapshot mode.
    pub fn account(&self, name: &str) {
        self.account_with(name, "orders,active_inventory");
    }

    /// Adds an account with these workers.
    pub fn account_with(&self, name: &str, workers: &str) {
        self.set_token(name, &token(name));
        let file = self.state.token_file(name);
        let file = file.to_str().unwrap();
        self.account_from(name, workers, &["--token-file", file]);
    }

    /// Adds an account with these workers, whose tokens come from where these arguments say.
    pub fn account_from(&self, name: &str, workers: &str, source: &[&str]) {
        let add = ["account", "add", name, "--workers", workers];
        let environment = ["--environment", "simulated"];
        let added = self
            .state
            .bulkhead(&[&add, &environment[..], source].concat());
        assert_eq!(added.code, Some(0), "{}", added.stderr);
    }

    /// Writes the account's token file.
    pub fn set_token(&self, name: &str, token: &str) {
        fs::write(self.state.token_file(name), token).unwrap();
    }

    /// Whatever else `bulkhead` can do here.
    pub fn bulkhead(&self, arguments: &[&str]) -> Ended {
        self.state.bulkhead(arguments)
    }

    /// One pass.
    pub fn once(&self) -> Ended {
        let command = self.state.command(&["run", "--once", "--output", "json"]);
        self.state.start(command).end(PASS)
    }

    /// One pass with a variable over the settings, named without its prefix; it must end well.
    pub fn once_with(&self, name: &str, value: &str) {
        let mut command = self.state.command(&["run", "--once", "--output", "json"]);
        command.env(format!("BULKHEAD_{name}"), value);
        let ended = self.state.start(command).end(PASS);
        assert_eq!(ended.code, Some(0), "{}", complaints(&ended));
    }

    /// One pass in which every run must end well.
    pub fn once_well(&self) {
        let ended = self.once();
        assert_eq!(ended.code, Some(0), "{}", complaints(&ended));
    }
}

/// The names of all ten workers, as an argument.
pub fn all() -> String {
    WORKERS.map(|(worker, _)| worker).join(",")
}

/// What a process answered, and the warnings and errors that it logged.
pub fn complaints(ended: &Ended) -> String {
    let mut found = ended.stdout.clone();
    for line in ended.stderr.lines() {
        if !line.contains("\"INFO\"") {
            writeln!(found, "{line}").unwrap();
        }
    }
    found
}

/// An account of the simulator whose orders lie within the last 20 hours.
pub fn spec(name: &str, orders: u32, listings: u32) -> AccountSpec {
    AccountSpec {
        orders,
        listings,
        history_ms: 20 * 3_600_000,
        ..AccountSpec::new(name, &token(name))
    }
}

/// The access token of an account.
pub fn token(name: &str) -> String {
    format!("v^1.1#i^1#mirror#{name}")
}
