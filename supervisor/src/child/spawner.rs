//! Starts children from one thread that lives as long as the process.
//!
//! A child asks for `PR_SET_PDEATHSIG`, which fires when the *thread* that spawned it exits
//! (`prctl(2)`); a pool's thread would take its children along. The binary is opened once and
//! spawned by descriptor, so that a package upgrade under a running service breaks nothing.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// What a child may inherit of our environment: where the system keeps its certificates.
const INHERITED: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Why no child could be started.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The binary cannot be opened.
    #[error("opening {path} failed: {source}")]
    Open {
        /// Which file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The system refused.
    #[error("starting worker-child failed: {0}")]
    Spawn(#[source] io::Error),
    /// The spawning thread could not be started, or is gone.
    #[error("the spawning thread is not there: {0}")]
    Thread(String),
}

struct Order {
    attempt_dir: PathBuf,
    answer: oneshot::Sender<io::Result<Child>>,
}

/// A handle on the spawning thread. Clones share the thread.
#[derive(Debug, Clone)]
pub struct Spawner {
    orders: mpsc::Sender<Order>,
}

impl Spawner {
    /// Opens the binary and starts the thread. Must be called within a tokio runtime.
    pub fn start(binary: &Path) -> Result<Self, SpawnError> {
        let open = |source| SpawnError::Open {
            path: binary.to_path_buf(),
            source,
        };
        let file = File::open(binary).map_err(open)?;
        if !file.metadata().map_err(open)?.is_file() {
            return Err(open(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        let runtime = Handle::current();
        let (orders, inbox) = mpsc::channel::<Order>();
        thread::Builder::new()
            .name("spawner".to_owned())
            .spawn(move || {
                // tokio registers the child with the runtime that is entered here.
                let _entered = runtime.enter();
                for order in inbox {
                    let child = command(&file, &order.attempt_dir).spawn();
                    // An attempt that no longer waits drops the child, which kills it.
                    drop(order.answer.send(child));
                }
            })
            .map_err(|error| SpawnError::Thread(error.to_string()))?;
        Ok(Self { orders })
    }

    /// Starts a child for this attempt directory, its three standard streams piped.
    pub async fn spawn(&self, attempt_dir: &Path) -> Result<Child, SpawnError> {
        let (answer, wait) = oneshot::channel();
        let order = Order {
            attempt_dir: attempt_dir.to_path_buf(),
            answer,
        };
        self.orders
            .send(order)
            .map_err(|error| SpawnError::Thread(error.to_string()))?;
        wait.await
            .map_err(|error| SpawnError::Thread(error.to_string()))?
            .map_err(SpawnError::Spawn)
    }
}

/// What a child may inherit, with its values.
fn inherited() -> impl Iterator<Item = (&'static OsStr, OsString)> {
    let value = |name: &&'static str| Some((OsStr::new(*name), std::env::var_os(name)?));
    INHERITED.iter().filter_map(value)
}

/// Runs a command of the child's program on our standard streams, and waits for its end. It gets
/// no more of our environment than any child.
pub async fn ask(binary: &Path, args: &[&OsStr]) -> io::Result<ExitStatus> {
    Command::new(binary)
        .args(args)
        .env_clear()
        .envs(inherited())
        .stdin(Stdio::null())
        .status()
        .await
}

/// The same with its output for us, at most `limit` long; then it is killed.
pub async fn ask_quietly(
    binary: &Path,
    args: &[&OsStr],
    limit: Duration,
) -> io::Result<std::process::Output> {
    let output = Command::new(binary)
        .args(args)
        .env_clear()
        .envs(inherited())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    tokio::time::timeout(limit, output)
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn command(binary: &File, attempt_dir: &Path) -> Command {
    // Resolved by the new process before its exec closes the descriptor (`open(2)`, O_CLOEXEC).
    let mut command = Command::new(format!("/proc/self/fd/{}", binary.as_raw_fd()));
    command
        .arg0("worker-child")
        .arg("sync")
        .arg(attempt_dir)
        .env_clear()
        // One arena keeps RLIMIT_DATA close to what is really used (`mallopt(3)`).
        .env("MALLOC_ARENA_MAX", "1")
        .envs(inherited())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}
