//! One state directory with its settings and accounts, and passes of the real `bulkhead` over it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use integration_tests::sim::{AccountSpec, Sim};
use tempfile::TempDir;

use crate::db::Db;

/// The directory with `bulkhead` and `worker-child`, built once.
fn binaries() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let beside = Path::new(env!("CARGO_BIN_EXE_ebay-sim")).parent().unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "-p", "supervisor", "-p", "worker-child"]);
        if beside.ends_with("release") {
            cargo.arg("--release");
        }
        let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status();
        assert!(built.unwrap().success(), "bulkhead does not build");
        beside.to_path_buf()
    })
}

/// How a `bulkhead` process ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit code.
    pub(crate) code: i32,
    /// What it answered.
    pub(crate) out: String,
    /// What it logged.
    pub(crate) log: String,
}

/// A state directory over some eBay.
#[derive(Debug)]
pub(crate) struct Stage {
    directory: TempDir,
    variables: BTreeMap<&'static str, &'static str>,
}

/// What differs from the settings of a service: milliseconds, and windows that end now.
const VARIABLES: [(&str, &str); 28] = [
    ("BULKHEAD_ACCOUNTS_AT_ONCE", "4"),
    ("BULKHEAD_MEMORY_BUDGET", "2GiB"),
    ("BULKHEAD_SYNC_LAG", "0ms"),
    ("BULKHEAD_SYNC_OVERLAP", "1s"),
    ("BULKHEAD_SYNC_FIRST_SPAN", "72h"),
    ("BULKHEAD_SYNC_INTERVAL_ORDERS", "1ms"),
    ("BULKHEAD_SYNC_INTERVAL_ACTIVE_INVENTORY", "1ms"),
    ("BULKHEAD_TIMEOUTS_READY", "30s"),
    ("BULKHEAD_TIMEOUTS_SILENCE", "20s"),
    ("BULKHEAD_TIMEOUTS_DEADLINE", "2m"),
    ("BULKHEAD_TIMEOUTS_SNAPSHOT_DEADLINE", "2m"),
    ("BULKHEAD_TIMEOUTS_STOP_GRACE", "100ms"),
    ("BULKHEAD_TIMEOUTS_TERM_GRACE", "100ms"),
    ("BULKHEAD_NETWORK_CONNECT_TIMEOUT", "5s"),
    ("BULKHEAD_NETWORK_HEADER_TIMEOUT", "10s"),
    ("BULKHEAD_NETWORK_RETRIES", "2"),
    ("BULKHEAD_NETWORK_RETRY_BASE", "5ms"),
    ("BULKHEAD_NETWORK_WAIT_BUDGET", "2s"),
    ("BULKHEAD_NETWORK_POLL_INTERVAL", "20ms"),
    ("BULKHEAD_NETWORK_POLL_BUDGET", "2s"),
    ("BULKHEAD_POLICY_BACKOFF_BASE", "1ms"),
    ("BULKHEAD_POLICY_BACKOFF_CAP", "1ms"),
    ("BULKHEAD_POLICY_DEATH_BACKOFF_BASE", "1ms"),
    ("BULKHEAD_POLICY_DEATH_BACKOFF_CAP", "1ms"),
    ("BULKHEAD_POLICY_THROTTLED_SNOOZE", "1h"),
    ("BULKHEAD_POLICY_MIN_STEP", "24h"),
    ("BULKHEAD_LOG_FORMAT", "json"),
    ("RUST_BACKTRACE", "0"),
];

impl Stage {
    /// A state directory without accounts; its eBay is at `url`, and `tables` end its settings.
    pub(crate) fn new(url: &str, tables: &str) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("mirror-")
            .tempdir()
            .unwrap();
        let mut settings = format!("[environments.simulated]\napi = \"{url}\"\napiz = \"{url}\"\n");
        settings.push_str(tables);
        fs::write(directory.path().join("bulkhead.toml"), settings).unwrap();
        Self {
            directory,
            variables: VARIABLES.into(),
        }
    }

    /// The same with another value for a setting, given by the name of its variable.
    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.insert(name, value);
        self
    }

    /// The database.
    pub(crate) fn db(&self) -> Db {
        Db::new(self.directory.path().join("bulkhead.db"))
    }

    /// Adds an account of the simulator to both sides.
    pub(crate) async fn join(&self, sim: &Sim, spec: AccountSpec) {
        let (name, token) = (spec.name.clone(), spec.token.clone());
        sim.account(spec).unwrap();
        self.account(&name, &token).await;
    }

    /// Adds an account with both workers.
    pub(crate) async fn account(&self, name: &str, token: &str) {
        self.set_token(name, token);
        let file = self.token_file(name);
        let file = file.to_str().unwrap();
        let add = [
            "account",
            "add",
            name,
            "--environment",
            "simulated",
            "--token-file",
            file,
        ];
        let added = self.bulkhead(&add).await;
        assert_eq!(added.code, 0, "{added:?}");
    }

    /// Writes the account's token file.
    pub(crate) fn set_token(&self, name: &str, token: &str) {
        fs::write(self.token_file(name), token).unwrap();
    }

    fn token_file(&self, name: &str) -> PathBuf {
        self.directory.path().join(format!("{name}.token"))
    }

    /// One pass.
    pub(crate) async fn once(&self) -> Ended {
        self.bulkhead(&["run", "--once", "--output", "json"]).await
    }

    /// One pass in which every run must end well.
    pub(crate) async fn once_well(&self) {
        let ended = self.once().await;
        assert_eq!(ended.code, 0, "{}\n{}", ended.out, complaints(&ended.log));
    }

    /// Any command on the state directory.
    pub(crate) async fn bulkhead(&self, arguments: &[&str]) -> Ended {
        let mut command = tokio::process::Command::new(binaries().join("bulkhead"));
        command
            .arg("--state-dir")
            .arg(self.directory.path())
            .args(arguments)
            .envs(&self.variables)
            .kill_on_drop(true);
        let output = command.output().await.unwrap();
        Ended {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            log: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The warnings and errors of a log.
pub(crate) fn complaints(log: &str) -> String {
    let mut found = String::new();
    for line in log.lines() {
        if !line.contains("\"INFO\"") {
            writeln!(found, "{line}").unwrap();
        }
    }
    found
}

/// An account of the simulator whose orders lie within the last day.
pub(crate) fn spec(name: &str, orders: u32, listings: u32) -> AccountSpec {
    AccountSpec {
        orders,
        listings,
        history_ms: 20 * 3_600_000,
        ..AccountSpec::new(name, &token(name))
    }
}

/// The access token of an account of the simulator.
pub(crate) fn token(name: &str) -> String {
    format!("v^1.1#i^1#mirror#{name}")
}
