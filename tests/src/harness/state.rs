//! A state directory of a test's own, with its configuration, tokens and accounts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::build::binaries;
use super::process::{Ended, Running};
use super::rows::Database;
use super::wait::{LONG, now_ms};
use crate::faulty::script::PREFIX;

/// Two days before the test began, where the worlds of its accounts begin.
const WORLD_AGE_MS: i64 = 2 * 86_400_000;

const SETTINGS: &str = r#"
accounts_at_once = 32
[log]
format = "json"
[limits]
memory = "64MiB"
big_slot = "64MiB"
[timeouts]
ready = "20s"
stop_grace = "100ms"
term_grace = "300ms"
[sync]
interval = { orders = "1ms", active_inventory = "1ms", transactions = "1ms", returns = "1ms" }
deep_interval = "1ms"
lag = "0ms"
step = "12h"
first_span = "3d"
[policy]
backoff_base = "1ms"
backoff_cap = "1ms"
death_backoff_base = "1ms"
death_backoff_cap = "1ms"
breaker_attempts = 0
"#;

/// A state directory and what belongs to it. Everything goes when it is dropped.
#[derive(Debug)]
pub struct State {
    root: TempDir,
    base: i64,
    outputs: AtomicU32,
    variables: Vec<(String, String)>,
}

impl State {
    /// One whose children are faulty children, with settings in milliseconds.
    pub fn new() -> Self {
        Self::with_child(&binaries().faulty_child)
    }

    /// The same with another child.
    pub fn with_child(worker_child: &Path) -> Self {
        let state = Self::empty();
        state.set_child(worker_child);
        state
    }

    /// One without a configuration file, and without the state directory itself.
    pub fn empty() -> Self {
        Self {
            root: TempDir::new().unwrap(),
            base: now_ms() - WORLD_AGE_MS,
            outputs: AtomicU32::new(0),
            variables: Vec::new(),
        }
    }

    /// Writes the configuration anew, with another child.
    pub fn set_child(&self, worker_child: &Path) {
        let child = worker_child.to_str().unwrap();
        self.write_config(&format!("worker_child = \"{child}\"\n{SETTINGS}"));
    }

    /// Writes the configuration.
    pub fn write_config(&self, text: &str) {
        fs::write(self.config(), text).unwrap();
    }

    /// Adds lines at the end of the configuration.
    pub fn add_config(&self, text: &str) {
        let old = fs::read_to_string(self.config()).unwrap();
        self.write_config(&format!("{old}\n{text}\n"));
    }

    /// Sets an environment variable for every later call.
    #[must_use]
    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A path beside the state directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.path("test.toml")
    }

    /// The state directory.
    pub fn dir(&self) -> PathBuf {
        self.path("state")
    }

    /// The database.
    pub fn database(&self) -> Database {
        Database::open(&self.dir().join("bulkhead.db"))
    }

    /// Where an account's token is.
    pub fn token_file(&self, account: &str) -> PathBuf {
        self.path(&format!("{account}.token"))
    }

    /// Writes the token by which a faulty child does what `script` says.
    pub fn set_script(&self, account: &str, script: &str) {
        let token = format!("{PREFIX}base={};{script}", self.base);
        fs::write(self.token_file(account), token).unwrap();
    }

    /// Adds an account with these workers, separated by commas, and its script.
    pub fn add_account(&self, name: &str, workers: &str, script: &str) {
        self.set_script(name, script);
        let file = self.token_file(name);
        let args = ["account", "add", name, "--workers", workers, "--token-file"];
        let mut command = self.command(&args);
        command.arg(&file);
        let ended = self.run(command);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }

    /// `bulkhead` with this state directory and configuration, and nothing of our environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&binaries().bulkhead);
        command
            .env_clear()
            .env("HOME", self.root.path())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .arg("--state-dir")
            .arg(self.dir())
            .current_dir(self.root.path());
        if self.config().exists() {
            command.arg("--config").arg(self.config());
        }
        command.args(args);
        command
    }

    /// Starts a command whose output goes beside the state directory.
    pub fn start(&self, command: Command) -> Running {
        let number = self.outputs.fetch_add(1, Ordering::Relaxed);
        Running::start(command, &self.path(&format!("output-{number}")))
    }

    /// Runs a command to its end.
    pub fn run(&self, command: Command) -> Ended {
        self.start(command).end(LONG)
    }

    /// Runs `bulkhead` to its end.
    pub fn bulkhead(&self, args: &[&str]) -> Ended {
        self.run(self.command(args))
    }

    /// The JSON answer of a command that must work.
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let ended = self.run({
            let mut command = self.command(&["--output", "json"]);
            command.args(args);
            command
        });
        assert_eq!(ended.code, Some(0), "{args:?}: {}", ended.stderr);
        serde_json::from_str(&ended.stdout).unwrap()
    }

    /// One pass to its end.
    pub fn once(&self) -> Ended {
        self.bulkhead(&["run", "--once"])
    }

    /// Starts a pass.
    pub fn start_once(&self) -> Running {
        self.start(self.command(&["run", "--once"]))
    }

    /// Starts the service.
    pub fn start_service(&self) -> Running {
        self.start(self.command(&["run"]))
    }

    /// Stops the service as an operator would, and returns its end.
    pub fn stop_service(&self, service: Running) -> Ended {
        service.signal(Signal::SIGTERM);
        service.end(LONG)
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}
