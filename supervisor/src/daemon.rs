//! One supervisor over one state directory: its lock, its database, its children's binary, and
//! the signals that stop it.

pub mod notify;
mod obey;
pub mod pruning;
mod reload;
mod state_dir;

use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::attempt::{Context, RecordingRoom, remove_leftovers};
use crate::child::link::BigFrames;
use crate::child::spawner::{SpawnError, Spawner};
use crate::clock::Clock;
use crate::config::Config;
use crate::control::ListenError;
use crate::os;
use crate::os::cgroup::{self, Subtree};
use crate::scheduler::rescue::rescue;
use crate::scheduler::{Dispatcher, Stop};
use crate::store::{Account, Store, StoreError, TokenSource};
use crate::tokens::{Refreshed, Tokens};
use pruning::PruneError;
pub use reload::hangups;
use state_dir::lock_soon;
pub use state_dir::{another_owner, lock, make_private, open_store, open_store_locked};

/// Name of the database in the state directory.
pub const DATABASE: &str = "bulkhead.db";
/// What the supervisor may use if `/proc/meminfo` cannot be read: 1 GiB.
const MEMORY_GUESS: u64 = 1 << 30;
/// Why the supervisor cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The state directory or a file in it.
    #[error(
        "cannot use the state directory {path}: {source}; name another with --state-dir, or mend its rights"
    )]
    StateDir {
        /// Which path.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// Another supervisor has it.
    #[error(
        "another bulkhead runs on {0}: stop it first, or name another state directory with --state-dir"
    )]
    Locked(PathBuf),
    /// Its database is older than this build, and a running service goes by it.
    #[error(
        "the service that runs on {0} is older than this command, which would change the database under it: \
         restart the service (if it is starting just now, wait), then try again; nothing was changed"
    )]
    OlderService(PathBuf),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The child's binary.
    #[error("{0}; set worker_child in the configuration if it is elsewhere")]
    Spawner(#[from] SpawnError),
    /// An account names an environment that is not there.
    #[error(
        "account {account} is in environment {environment}, which is not configured: add [environments.{environment}] with api and apiz"
    )]
    Environment {
        /// The account's name.
        account: String,
        /// Its environment.
        environment: String,
    },
    /// The web app cannot be asked.
    #[error("{0}")]
    WebApp(String),
    /// Nobody could speak to it.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Signals cannot be heard.
    #[error("cannot listen for signals: {0}")]
    Signals(io::Error),
}

/// A supervisor that may start attempts: it has the lock, and nothing is left over.
#[derive(Debug)]
pub struct Daemon {
    /// What attempts need.
    pub context: Context,
    /// The settings as they were last read.
    config: watch::Sender<Arc<Config>>,
    opened: Instant,
    _lock: File,
}

impl Daemon {
    /// Takes the lock, opens the database, ends what an earlier life left open.
    pub async fn open(state_dir: &Path, config: Config) -> Result<Self, DaemonError> {
        // First of all: without the child's program nothing is to be made or changed.
        let worker_child = worker_child(&config);
        let spawner = Spawner::start(&worker_child)?;
        make_private(state_dir)?;
        let lock = lock_soon(state_dir).await?;
        let store = Store::open(&state_dir.join(DATABASE), true).await?;
        let config = Arc::new(config);
        let context = Context {
            tokens: Tokens::new(&store, &spawner, &config, state_dir, |name| {
                std::env::var_os(name)
            }),
            store,
            spawner,
            recordings: RecordingRoom::new(config.recording.total.get()),
            worker_child,
            config,
            clock: Clock,
            state_dir: state_dir.to_path_buf(),
            big_frames: BigFrames::default(),
            host: os::host_name(),
            cgroups: cgroups(),
            holder: format!("{}/{}", os::host_name(), std::process::id()),
            store_waits: watch::Sender::new(false),
        };
        let policy = &context.config.policy;
        rescue(&context.store, context.clock, &context.host, policy).await?;
        remove_leftovers(state_dir).map_err(|source| DaemonError::StateDir {
            path: state_dir.join("attempts"),
            source,
        })?;
        let daemon = Self {
            config: watch::Sender::new(Arc::clone(&context.config)),
            context,
            opened: Instant::now(),
            _lock: lock,
        };
        daemon.check_environments(&daemon.context.config).await?;
        daemon.check_web_app().await?;
        Ok(daemon)
    }

    /// Prunes crash reports and old attempts now; what goes wrong is said, and nothing else waits for
    /// it.
    pub async fn prune(&self) {
        let Context {
            store, state_dir, ..
        } = &self.context;
        let config = Arc::clone(&self.config.borrow());
        let bounds = pruning::bounds(&config.crashes);
        let now = match store.newest_start().await {
            Ok(newest) => pruning::as_of(self.context.clock.now(), newest, self.opened.elapsed()),
            Err(error) => {
                tracing::error!(%error, "nothing is pruned; it is tried again within an hour");
                return;
            }
        };
        let pruned = async {
            let removals = pruning::to_prune(store, state_dir, bounds, now).await?;
            pruning::carry_out(store, state_dir, &removals).await?;
            Ok::<_, PruneError>(removals)
        };
        match pruned.await {
            Ok(removals) => pruning::tell(&removals),
            Err(error) => tracing::error!(
                %error, "old crash reports are not pruned; it is tried again within an hour"
            ),
        }
        let before = now.minus(config.attempts.keep_for.duration());
        match store.remove_attempts(before).await {
            Ok(0) => {}
            Ok(attempts) => {
                tracing::info!(attempts, "old attempts were removed, as [attempts] says");
            }
            Err(error) => tracing::error!(
                %error, "old attempts are not removed; it is tried again within an hour"
            ),
        }
    }

    /// Prunes once an hour, for ever.
    pub async fn prune_hourly(&self) -> Infallible {
        loop {
            tokio::time::sleep(pruning::EVERY).await;
            self.prune().await;
        }
    }

    /// How long a stop may take.
    pub fn drain(&self) -> Duration {
        self.config.borrow().timeouts.drain.duration()
    }

    /// A dispatcher over it.
    pub fn dispatcher(&self, rng: fastrand::Rng) -> Dispatcher {
        let available = os::memory_total().unwrap_or(MEMORY_GUESS);
        Dispatcher::new(self.context.clone(), available, rng)
    }

    /// Has the web app refresh its tokens now and every `web_app.refresh_every`, for ever, if an account
    /// has its tokens from there. What goes wrong is told when it changes.
    pub async fn refresh_web_app(&self) -> Infallible {
        let mut told = None;
        loop {
            let listed = self.context.store.readable_accounts().await;
            let (accounts, _) = listed.unwrap_or_default();
            let wanted = |account: &Account| {
                account.enabled && matches!(account.source, TokenSource::WebApp(_))
            };
            if accounts.iter().any(wanted) {
                let tokens = self.context.tokens.with_config(&self.config.borrow());
                let refreshed = tokens.refresh_web_app().await;
                if told.as_ref() != Some(&refreshed) {
                    tell_refreshed(&refreshed);
                    told = Some(refreshed);
                }
            }
            let every = self.config.borrow().web_app.refresh_every.duration();
            tokio::time::sleep(every).await;
        }
    }

    /// What accounts with tokens from the web app need must be there.
    async fn check_web_app(&self) -> Result<(), DaemonError> {
        let (accounts, _) = self.context.store.readable_accounts().await?;
        let mut of_web_app = accounts
            .iter()
            .filter(|account| account.enabled && matches!(account.source, TokenSource::WebApp(_)));
        match (of_web_app.next(), self.context.tokens.web_app()) {
            (Some(_), Err(missing)) => Err(DaemonError::WebApp(missing.clone())),
            _ => Ok(()),
        }
    }

    async fn check_environments(&self, config: &Config) -> Result<(), DaemonError> {
        // Those that cannot be read are stopped, and that is said.
        let (accounts, _) = self.context.store.readable_accounts().await?;
        for account in accounts {
            if account.enabled && config.endpoints(&account.environment).is_none() {
                return Err(DaemonError::Environment {
                    account: account.name,
                    environment: account.environment,
                });
            }
        }
        Ok(())
    }
}

/// Becomes true at the first SIGTERM or SIGINT.
pub fn stop_on_signals() -> Result<Stop, DaemonError> {
    let mut term = signal(SignalKind::terminate()).map_err(DaemonError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(DaemonError::Signals)?;
    let (stop, stops) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: no further attempt starts, running ones are asked to finish");
        stop.send_replace(true);
        // Dropping the sender would end the wait of those who listen.
        stop.closed().await;
    });
    Ok(stops)
}

/// Tells how the web app's refreshing of its tokens went.
fn tell_refreshed(refreshed: &Refreshed) {
    match refreshed {
        Ok((refreshed, 0)) => tracing::info!(refreshed, "the web app refreshes its tokens"),
        Ok((refreshed, failed)) => {
            tracing::warn!(
                refreshed,
                failed,
                "the web app could not refresh the tokens of some accounts"
            );
        }
        Err(problem) => tracing::warn!(%problem, "the web app did not refresh its tokens"),
    }
}

/// Where children can have groups of their own; says why not otherwise.
fn cgroups() -> Option<Subtree> {
    match cgroup::probe().and_then(Subtree::prepare) {
        Ok(subtree) => {
            tracing::info!("each child has a cgroup of its own beside its limits");
            Some(subtree)
        }
        Err(why) => {
            tracing::debug!(%why, "children have limits and no cgroup");
            None
        }
    }
}

/// The child's program: as configured, or the one beside this program; as an absolute path.
pub fn worker_child(config: &Config) -> PathBuf {
    let path = config
        .worker_child
        .clone()
        .unwrap_or_else(|| sibling("worker-child"));
    // Only an empty path has no absolute one; opening it says so.
    std::path::absolute(&path).unwrap_or(path)
}

/// A program beside this one.
pub fn sibling(name: &str) -> PathBuf {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|path| Some(path.parent()?.join(name)));
    beside.unwrap_or_else(|| PathBuf::from(name))
}
