//! What the operator may set: one TOML file, `BULKHEAD_…` in the environment over it, defaults
//! under it.
//!
//! *Invariant:* an unknown key or variable is an error that says where it stands and what is
//! known; a value out of bounds is an error that names key, value and remedy.

mod check;
mod error;
mod load;
mod names;
mod recording;
mod sections;
mod sync;
mod units;
mod web_app;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::attempt::Endpoints;
use shared::sandbox::SandboxMode;
use shared::worker::{Mode, Worker};

pub use error::ConfigError;
pub use load::{Provenance, Source};
pub use names::{AccountConfig, EnvironmentConfig};
pub use recording::{AttemptsConfig, CrashesConfig, RecordingConfig};
pub use sections::{
    LimitsConfig, LogConfig, LogFormat, NetworkConfig, Order, PolicyConfig, TimeoutsConfig,
};
pub use sync::{Intervals, Listings, SyncConfig};
pub use units::{Bytes, MAX_SPAN_MS, Span};
pub use web_app::WebAppConfig;

/// Everything that may be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The sum of the memory limits of living children. At least `limits.memory`; by default half
    /// of what the supervisor may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_budget: Option<Bytes>,
    /// How many accounts are synced at the same time. From 1 to 64.
    pub accounts_at_once: u32,
    /// In which order due accounts are taken.
    pub order: Order,
    /// The program that is started for an attempt; by default `worker-child` beside `bulkhead`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_child: Option<PathBuf>,
    /// How much of the sandbox a child must put in force.
    pub sandbox: SandboxMode,
    /// What one child may use.
    pub limits: LimitsConfig,
    /// How long the supervisor waits for what.
    pub timeouts: TimeoutsConfig,
    /// What is read when.
    pub sync: SyncConfig,
    /// How a child behaves towards eBay.
    pub network: NetworkConfig,
    /// What is done about failures and deaths.
    pub policy: PolicyConfig,
    /// How the seller's web app is talked to.
    pub web_app: WebAppConfig,
    /// What is recorded of an attempt.
    pub recording: RecordingConfig,
    /// What is kept of deaths.
    pub crashes: CrashesConfig,
    /// How long single attempts are told of.
    pub attempts: AttemptsConfig,
    /// Log output.
    pub log: LogConfig,
    /// Where eBay is, by name; `production` and `sandbox` are built in.
    pub environments: BTreeMap<String, EnvironmentConfig>,
    /// What differs for one account, by its name.
    pub accounts: BTreeMap<String, AccountConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            memory_budget: None,
            accounts_at_once: 5,
            order: Order::default(),
            worker_child: None,
            sandbox: SandboxMode::default(),
            limits: LimitsConfig::default(),
            timeouts: TimeoutsConfig::default(),
            sync: SyncConfig::default(),
            network: NetworkConfig::default(),
            policy: PolicyConfig::default(),
            web_app: WebAppConfig::default(),
            recording: RecordingConfig::default(),
            crashes: CrashesConfig::default(),
            attempts: AttemptsConfig::default(),
            log: LogConfig::default(),
            environments: BTreeMap::new(),
            accounts: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Limits of a child for this account.
    pub fn limits_for(&self, account: &str) -> LimitsConfig {
        self.account(account).limits(&self.limits)
    }

    /// Timeouts of a child for this account.
    pub fn timeouts_for(&self, account: &str) -> TimeoutsConfig {
        self.account(account).timeouts(&self.timeouts)
    }

    /// How long a run of this worker may take for this account.
    pub fn deadline_for(&self, account: &str, worker: Worker) -> Span {
        let timeouts = self.timeouts_for(account);
        match worker.mode() {
            Mode::Window | Mode::Rescan => timeouts.deadline,
            Mode::Snapshot => timeouts.snapshot_deadline,
        }
    }

    /// Where eBay is in the environment of that name. `None` if there is no such environment.
    pub fn endpoints(&self, environment: &str) -> Option<Endpoints> {
        let set = self.environments.get(environment).cloned();
        set.or_else(|| EnvironmentConfig::built_in(environment))
            .map(|environment| environment.endpoints())
    }

    /// Where sellers of this environment give consent. `None` if there is no such environment.
    pub fn consent_host(&self, environment: &str) -> Option<String> {
        let set = self.environments.get(environment).cloned();
        set.or_else(|| EnvironmentConfig::built_in(environment))
            .map(|environment| environment.auth.unwrap_or(environment.api))
    }

    /// The memory budget in bytes, where `available` is what the supervisor may use: as set, or
    /// half of it; never less than one ordinary child needs.
    pub fn memory_budget_of(&self, available: u64) -> u64 {
        let budget = self.memory_budget.map_or(available / 2, Bytes::get);
        budget.max(self.limits.memory.get())
    }

    /// Accounts that were last served within so long of each other count as equally late: a quarter
    /// of the shortest interval.
    pub fn served_alike(&self) -> Duration {
        let spans = self.sync.interval.iter().map(|(_, span)| span.duration());
        let shortest = spans.min().unwrap_or_default();
        (shortest / 4).max(Duration::from_millis(1))
    }

    /// What is legal and still worth a line at start, one sentence each.
    pub fn notes(&self) -> Vec<String> {
        check::notes(self)
    }

    fn account(&self, name: &str) -> AccountConfig {
        self.accounts.get(name).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
