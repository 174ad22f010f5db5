//! A child process and the supervisor's end of its wire.

use std::io::{Read, Write};
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use shared::attempt::{
    Attempt, Endpoints, ListingSource, Network, RunMode, RunOrder, SnapshotOrder,
};
use shared::flight::{self, Flight};
use shared::id::{AccountId, AttemptId, RunNo};
use shared::recording;
use shared::sandbox::SandboxMode;
use shared::secret::Secret;
use shared::time::Timestamp;
use shared::window::WindowOrder;
use shared::wire::codec;
use shared::wire::frame;
use shared::wire::message::{FromChild, ToChild};
use shared::wire::session::Session;
use shared::worker::Worker;
use tempfile::TempDir;

/// No test waits longer for its child.
const DEADLINE: Duration = Duration::from_mins(1);
/// The access token of every test.
pub(crate) const TOKEN: &str = "v^1.1#i^1#CANARY";

/// A living child.
pub(crate) struct Child {
    process: std::process::Child,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    pub(crate) session: Session,
    /// Tokens to answer `NeedToken` with, the next one last; then there is none.
    pub(crate) fresh: Vec<&'static str>,
    directory: TempDir,
    watchdog: mpsc::Sender<()>,
}

/// How a child ended.
pub(crate) struct End {
    pub(crate) status: ExitStatus,
    pub(crate) stderr: String,
    pub(crate) flight: Flight,
    pub(crate) recording: Vec<u8>,
}

impl Child {
    /// A child with a flight recorder for these workers, before its first frame.
    pub(crate) fn spawn(workers: &[Worker]) -> Self {
        Self::spawn_with(workers, &[])
    }

    /// The same with this environment.
    pub(crate) fn spawn_with(workers: &[Worker], environment: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let recorder = flight::initial(workers);
        std::fs::write(directory.path().join("flight"), recorder).unwrap();
        std::fs::write(directory.path().join("recording"), recording::empty()).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_worker-child"))
            .arg("sync")
            .arg(directory.path())
            .env_clear()
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (watchdog, quiet) = mpsc::channel::<()>();
        let pid = Pid::from_raw(i32::try_from(process.id()).unwrap()).unwrap();
        thread::spawn(move || {
            if quiet.recv_timeout(DEADLINE) == Err(mpsc::RecvTimeoutError::Timeout) {
                kill_process(pid, Signal::KILL).ok();
            }
        });
        Self {
            stdin: process.stdin.take(),
            stdout: process.stdout.take().unwrap(),
            process,
            session: Session::new(),
            fresh: Vec::new(),
            directory,
            watchdog,
        }
    }

    /// A child that has said `Hello` and got this `Start`.
    pub(crate) fn started(attempt: &Attempt) -> Self {
        let workers: Vec<Worker> = attempt.runs.iter().map(|run| run.worker).collect();
        let mut child = Self::spawn(&workers);
        child.start(attempt);
        child
    }

    /// Hears `Hello` and sends this `Start`.
    pub(crate) fn start(&mut self, attempt: &Attempt) {
        assert!(matches!(self.next(), Some(FromChild::Hello { .. })));
        self.send(&ToChild::Start {
            attempt: Box::new(attempt.clone()),
            token: Secret::new(TOKEN.to_owned()),
        });
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Sends a legal frame.
    pub(crate) fn send(&mut self, message: &ToChild) {
        self.session.to_child(message).unwrap();
        let mut bytes = Vec::new();
        codec::encode_frame(message, &mut bytes).unwrap();
        self.send_bytes(&bytes);
    }

    /// Sends whatever; a child that is gone already is not this function's concern.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.stdin.as_mut().unwrap().write_all(bytes).ok();
    }

    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// The next frame, which must be legal; `None` at the end of standard output.
    pub(crate) fn next(&mut self) -> Option<FromChild> {
        let body = frame::read_blocking(&mut self.stdout).unwrap()?;
        let message: FromChild = codec::decode_body(&body).unwrap();
        self.session.from_child(&message).unwrap();
        Some(message)
    }

    /// The next frame, acknowledged or answered if it is to be.
    pub(crate) fn next_acked(&mut self) -> Option<FromChild> {
        let message = self.next()?;
        if let FromChild::Batch { run, seq, .. }
        | FromChild::State { run, seq, .. }
        | FromChild::Checkpoint { run, seq, .. } = &message
        {
            let (run, seq) = (*run, *seq);
            self.send(&ToChild::Ack { run, seq });
        }
        if let FromChild::NeedToken { run } = message {
            let fresh = self.fresh.pop();
            let token = fresh.map(|token| Secret::new(token.to_owned()));
            self.send(&ToChild::Token { run, token });
        }
        Some(message)
    }

    /// Acknowledges everything until `Bye` or the end; returns what was said.
    pub(crate) fn converse(&mut self) -> Vec<FromChild> {
        std::iter::from_fn(|| self.next_acked()).collect()
    }

    /// Waits for the end.
    pub(crate) fn end(mut self) -> End {
        let mut stderr = String::new();
        let mut pipe = self.process.stderr.take().unwrap();
        pipe.read_to_string(&mut stderr).unwrap();
        let status = self.process.wait().unwrap();
        self.watchdog.send(()).ok();
        let recorder = std::fs::read(self.directory.path().join("flight")).unwrap();
        let recording = std::fs::read(self.directory.path().join("recording")).unwrap();
        End {
            status,
            recording,
            stderr,
            flight: flight::read(&recorder).unwrap(),
        }
    }
}

/// An attempt against a server on this port.
pub(crate) fn attempt(port: u16, modes: Vec<RunMode>) -> Attempt {
    let base = format!("http://127.0.0.1:{port}");
    let order = |(position, mode): (usize, RunMode)| RunOrder {
        run: RunNo(u8::try_from(position).unwrap()),
        worker: match mode {
            RunMode::Window(_) => Worker::Orders,
            RunMode::Snapshot(_) => Worker::ActiveInventory,
            RunMode::Rescan(_) => Worker::Cases,
        },
        mode,
        take_until: Timestamp(i64::MAX),
        deadline: Timestamp(i64::MAX),
        skip: Vec::new(),
    };
    Attempt {
        id: AttemptId(1),
        account_id: AccountId(7),
        account: "alpha".to_owned(),
        endpoints: Endpoints {
            api: base.clone(),
            apiz: base,
        },
        marketplace: "EBAY_US".to_owned(),
        seed: 1,
        started_at: Timestamp(0),
        network: Network {
            connect_timeout_ms: 2_000,
            header_timeout_ms: 2_000,
            retries: 2,
            retry_base_ms: 1,
            wait_budget_ms: 5_000,
            poll_interval_ms: 5,
            poll_budget_ms: 5_000,
        },
        sandbox: SandboxMode::BestEffort,
        recording_cap: 0,
        silence_ms: 60_000,
        runs: modes.into_iter().enumerate().map(order).collect(),
    }
}

/// An hour of orders, in slices of half an hour.
pub(crate) fn window() -> RunMode {
    RunMode::Window(WindowOrder {
        cursor: Timestamp::parse("2026-06-18T12:00:00Z").unwrap(),
        until: Timestamp::parse("2026-06-18T13:00:00Z").unwrap(),
        step_ms: 1_800_000,
        overlap_ms: 60_000,
        deep: None,
    })
}

/// A first snapshot.
pub(crate) fn snapshot() -> RunMode {
    RunMode::Snapshot(SnapshotOrder {
        last_taken_at: None,
        state: None,
        listings: ListingSource::Report,
    })
}
