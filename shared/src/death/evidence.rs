//! What is known about a child's end: the input of classification.

use crate::flight::Flight;
use crate::id::RunNo;
use crate::worker::Worker;
use serde::{Deserialize, Serialize};

/// How the kernel says that the process ended (`wait(2)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It exited with this code.
    Exited(i32),
    /// It was ended by this signal.
    Signaled(i32),
}

/// Why we killed it. Stored before the signal is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum KillReason {
    /// A run stood still.
    Hung {
        /// Which run.
        run: RunNo,
        /// For how long, in milliseconds.
        silent_ms: u64,
    },
    /// A run passed its deadline.
    Deadline {
        /// Which run.
        run: RunNo,
    },
    /// No `Hello` in time.
    NeverReady {
        /// How long we waited, in milliseconds.
        waited_ms: u64,
    },
    /// An illegal frame.
    Violation {
        /// What it was.
        what: String,
        /// The run it spoke of.
        run: Option<RunNo>,
    },
    /// It said `Bye` or ended its output and did not exit.
    Lingering,
    /// A token child gave no answer in time.
    Unanswered {
        /// How long we waited, in milliseconds.
        waited_ms: u64,
    },
    /// The build or protocol version at `Hello` differs.
    WrongBuild {
        /// What differs.
        what: String,
    },
    /// Limits could not be set or did not take.
    Limits {
        /// What happened.
        what: String,
    },
    /// The store could not commit for too long, or the lease was lost.
    Store {
        /// What happened.
        what: String,
    },
    /// The supervisor is stopping.
    Drained,
    /// Someone asked.
    Cancelled,
}

/// Limits of a child, as set from outside and read back, in bytes unless said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// `RLIMIT_DATA`.
    pub memory: u64,
    /// `RLIMIT_AS`, a loose backstop.
    pub address_space: u64,
    /// `RLIMIT_CPU`, seconds.
    pub cpu_seconds: u64,
    /// `RLIMIT_NOFILE`, descriptors.
    pub open_files: u64,
    /// `RLIMIT_FSIZE`.
    pub file_size: u64,
    /// `RLIMIT_CORE`, always 0.
    pub core: u64,
}

/// Which memory slot an attempt has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemorySlot {
    /// The ordinary limit.
    Normal,
    /// The larger limit, alone.
    Big,
}

/// What is known about one run when the child has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFact {
    /// Which worker.
    pub worker: Worker,
    /// Whether it had ended by its own word.
    pub ended: bool,
}

/// How many seconds the hard CPU limit lies above the soft one. Where both are equal the kernel
/// looks at the hard one first and sends SIGKILL, which nobody could tell from an outsider's
/// (`setrlimit(2)`); in between it sends SIGXCPU.
pub const CPU_SLACK: u64 = 2;

/// What the operating system told about a process, seen from outside. `None` is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outside {
    /// CPU time of the process, user and system, in milliseconds, as last seen: a lower bound.
    pub cpu_ms: Option<u64>,
    /// How many processes of the machine the out-of-memory killer took while this one lived
    /// (`oom_kill` in `/proc/vmstat`).
    pub machine_oom_kills: Option<u64>,
    /// Whether the kernel's log says that it killed this process for want of memory.
    pub kernel_log_names_it: Option<bool>,
}

/// Everything that classification may look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Why no process could be started; then nothing else is known.
    pub spawn_error: Option<String>,
    /// How it ended.
    pub ending: Option<Ending>,
    /// The wait status as the kernel gave it (`wait(2)`).
    pub raw_status: Option<i32>,
    /// Why we killed it, if we did.
    pub kill: Option<KillReason>,
    /// Signals that we sent, in order.
    pub signals_sent: Vec<i32>,
    /// Whether a legal `Hello` came.
    pub hello: bool,
    /// Whether its last word came: `Bye`, or the answer of a token child.
    pub bye: bool,
    /// Whether it was a token child, which has no runs and whose last word is its answer.
    pub exchange: bool,
    /// The flight recorder, or why it could not be read.
    pub flight: Result<Flight, String>,
    /// Limits as read back.
    pub limits: Option<Limits>,
    /// Which slot it had.
    pub slot: MemorySlot,
    /// How many processes of its control group the out-of-memory killer took (`memory.events`);
    /// `None` if it had no group of its own.
    pub cgroup_oom_kills: Option<u64>,
    /// What else the operating system told about it.
    pub outside: Outside,
    /// End of standard error, as text.
    pub stderr_tail: String,
    /// One entry per run, by position.
    pub runs: Vec<RunFact>,
}
