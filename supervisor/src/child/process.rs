//! One child process: limits on, signals out, memory and CPU time seen, end reaped.

use std::process::ExitStatus;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shared::death::{Limits, Outside};
use shared::limit::{LimitError, set_limits};
use shared::secret::Secret;
use tokio::process::Child;
use tokio::task::JoinHandle;

use crate::child::link::{BigFrames, Receiver, Sender};
use crate::child::stderr::{Kept, keep};
use crate::os::{self, EndWatch, OomWatch, Signal};
use crate::outcome::StderrText;

/// How long standard error may stay open after the end: a grandchild may hold it.
const STDERR_LIMIT: Duration = Duration::from_millis(500);

/// A running child.
#[derive(Debug)]
pub struct Process {
    child: Child,
    pid: u32,
    started: Option<u64>,
    end: Option<EndWatch>,
    oom: OomWatch,
    peak_resident: u64,
    cpu_ms: Option<u64>,
    signals_sent: Vec<i32>,
    stderr: Arc<Mutex<Kept>>,
    stderr_reader: Option<JoinHandle<()>>,
}

impl Process {
    /// Takes over a child just spawned, with the two ends of the conversation. `None` if it lacks
    /// a stream or an id, which tokio gives to every child that was spawned with pipes.
    pub fn adopt(mut child: Child, big: BigFrames) -> Option<(Self, Sender, Receiver)> {
        let pid = child.id()?;
        let sender = Sender::new(child.stdin.take()?);
        let receiver = Receiver::new(child.stdout.take()?, big);
        let stream = child.stderr.take()?;
        let stderr = Arc::new(Mutex::new(Kept::default()));
        let kept = Arc::clone(&stderr);
        let stderr_reader = tokio::spawn(async move { keep(stream, &kept).await });
        let process = Self {
            child,
            pid,
            started: os::start_ticks(pid),
            end: EndWatch::of(pid),
            oom: OomWatch::begin(),
            peak_resident: 0,
            cpu_ms: None,
            signals_sent: Vec::new(),
            stderr,
            stderr_reader: Some(stderr_reader),
        };
        Some((process, sender, receiver))
    }

    /// Its process id, which is also its group's.
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// When it started, in clock ticks since boot.
    pub const fn started(&self) -> Option<u64> {
        self.started
    }

    /// Sets its limits from outside and reads them back.
    pub fn limit(&self, limits: &Limits) -> Result<Limits, LimitError> {
        set_limits(self.pid, limits)
    }

    /// Looks at its memory and its CPU time.
    pub fn sample(&mut self) {
        if let Some(memory) = os::memory(self.pid) {
            self.peak_resident = self.peak_resident.max(memory.peak_resident);
        }
        self.cpu_ms = os::cpu_ms(self.pid).max(self.cpu_ms);
    }

    /// Highest resident memory seen, in bytes.
    pub fn peak_resident(&self) -> Option<u64> {
        (self.peak_resident > 0).then_some(self.peak_resident)
    }

    /// Sends a signal to its process group. Whoever calls has stored the reason before.
    pub fn signal(&mut self, signal: Signal) {
        self.signals_sent.push(signal as i32);
        if let Err(errno) = os::kill_group(self.pid, signal) {
            tracing::warn!(child.pid = self.pid, %signal, %errno, "sending a signal failed");
        }
    }

    /// Signals that were sent, in order.
    pub fn signals_sent(&self) -> &[i32] {
        &self.signals_sent
    }

    /// Waits for its end. Safe to cancel.
    pub async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        if let Some(end) = &self.end {
            end.ended().await;
            // A zombie has no memory any more; its CPU time is final.
            self.cpu_ms = os::cpu_ms(self.pid).max(self.cpu_ms);
        }
        self.child.wait().await
    }

    /// After its end: what the operating system told about it.
    pub fn outside(&mut self) -> Outside {
        Outside {
            cpu_ms: self.cpu_ms,
            machine_oom_kills: self.oom.kills(),
            kernel_log_names_it: self.oom.log_names(self.pid),
        }
    }

    /// After its end: kills what is left of its group, and gives what it wrote to standard error,
    /// without the tokens that it was given.
    pub async fn finish(mut self, given: &[Secret]) -> StderrText {
        // A grandchild may live on in the group and hold the pipes.
        if let Err(errno) = os::kill_group(self.pid, Signal::SIGKILL) {
            tracing::debug!(child.pid = self.pid, %errno, "the group is gone");
        }
        if let Some(reader) = self.stderr_reader.take() {
            let stop = reader.abort_handle();
            if tokio::time::timeout(STDERR_LIMIT, reader).await.is_err() {
                stop.abort();
            }
        }
        self.stderr
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .text(given)
    }
}
