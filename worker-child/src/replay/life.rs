//! The life of the child that plays a recording: started, limited, heard, watched, ended.

use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use rustix::process::{Pid, Signal, kill_process_group};
use shared::attempt::Attempt;
use shared::death::{self, Evidence, KillReason, Limits, MemorySlot, Outcome, Outside, RunFact};
use shared::flight::Flight;
use shared::id::RunNo;
use shared::limit::{LimitError, set_limits};
use shared::wire::codec;
use shared::wire::message::{FromChild, ToChild};
use shared::wire::session::Session;

use super::Options;
use super::case::Case;
use super::conclude::Astray;
use super::place::Place;
use super::still::{Still, Watch, Watched};
use super::streams::{self, Heard};
use crate::recording::Tape;

/// Between two looks at the child.
const LOOK: Duration = Duration::from_millis(20);
/// How long the child may take to say `Hello`.
const READY: Duration = Duration::from_secs(30);

/// Why a replay could not be lived.
#[derive(Debug, thiserror::Error)]
pub enum LifeError {
    /// The temporary directory could not be made.
    #[error("making the directory of the replay failed: {0}")]
    Place(#[source] io::Error),
    /// The child could not be started or waited for.
    #[error("running the replay's process failed: {0}")]
    Process(#[source] io::Error),
    /// The limits of then cannot be set here.
    #[error("setting the limits of then failed (--no-limits replays without): {0}")]
    Limits(#[from] LimitError),
}

/// What is left of the life of a replay.
#[derive(Debug)]
pub struct Lived {
    status: Option<ExitStatus>,
    kill: Option<KillReason>,
    killed: bool,
    hello: bool,
    bye: bool,
    flight: Result<Flight, String>,
    limits: Option<Limits>,
    stderr: String,
    cpu_ms: Option<u64>,
    /// What each run said itself, by position.
    pub said: Vec<Option<Outcome>>,
    /// Why it was given up, if it was.
    pub astray: Option<Astray>,
}

impl Lived {
    /// What the supervisor would have known of this end.
    pub(super) fn evidence(&self, slot: MemorySlot, attempt: &Attempt) -> Evidence {
        let runs = attempt.runs.iter().zip(&self.said);
        let fact = runs.map(|(order, said)| RunFact {
            worker: order.worker,
            ended: said.is_some(),
        });
        Evidence {
            spawn_error: None,
            ending: self.status.and_then(death::ending),
            raw_status: self.status.map(ExitStatusExt::into_raw),
            kill: self.kill.clone(),
            signals_sent: self
                .killed
                .then_some(Signal::KILL.as_raw())
                .into_iter()
                .collect(),
            hello: self.hello,
            bye: self.bye,
            exchange: false,
            flight: self.flight.clone(),
            limits: self.limits,
            cgroup_oom_kills: None,
            outside: Outside {
                cpu_ms: self.cpu_ms,
                ..Outside::default()
            },
            slot,
            stderr_tail: self.stderr.clone(),
            runs: fact.collect(),
        }
    }
}

/// Plays the case to its end.
pub(super) fn live(case: &Case, attempt: &Attempt, options: Options) -> Result<Lived, LifeError> {
    let workers: Vec<_> = attempt.runs.iter().map(|order| order.worker).collect();
    let place = Place::make(&workers, &case.recording).map_err(LifeError::Place)?;
    let only = options.only.and_then(|only| case.run(only));
    let mut child = command(&place, only).spawn().map_err(LifeError::Process)?;
    let limits = case.report.limits.filter(|_| !options.no_limits);
    let set = limits.map(|wanted| set_limits(child.id(), &wanted));
    let limits = match set.transpose() {
        Ok(limits) => limits,
        Err(error) => {
            child.kill().and_then(|()| child.wait()).ok();
            return Err(error.into());
        }
    };
    let heard = streams::listen(&mut child).map_err(LifeError::Process)?;
    let last = case
        .summary
        .as_ref()
        .map_or(&[][..], |summary| &summary.last);
    let watched = attempt.runs.iter().map(|order| Watched {
        last: last
            .get(only.unwrap_or(order.run).index())
            .copied()
            .flatten(),
        ..Watched::default()
    });
    let now = Instant::now();
    let silence = Duration::from_millis(attempt.silence_ms);
    let mut life = Life {
        watch: Watch::new(silence, case.entries(options.only), now),
        watched: watched.collect(),
        said: vec![None; attempt.runs.len()],
        session: Session::new(),
        begun: now,
        place,
        child,
        attempt,
        kill: None,
        killed: false,
        hello: false,
        bye: false,
        astray: None,
    };
    let status = life.run(&heard.frames).map_err(LifeError::Process)?;
    Ok(life.buried(status, limits, heard))
}

fn command(place: &Place, only: Option<RunNo>) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command
        .arg0("worker-child")
        .arg("play")
        .arg(place.path())
        .args(only.map(|run| format!("--only={run}")))
        .env_clear()
        // As the supervisor starts its children.
        .env("MALLOC_ARENA_MAX", "1")
        .envs(std::env::var_os("RUST_BACKTRACE").map(|value| ("RUST_BACKTRACE", value)))
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    command
}

struct Life<'a> {
    attempt: &'a Attempt,
    place: Place,
    child: Child,
    session: Session,
    watch: Watch,
    watched: Vec<Watched>,
    begun: Instant,
    said: Vec<Option<Outcome>>,
    kill: Option<KillReason>,
    killed: bool,
    hello: bool,
    bye: bool,
    astray: Option<Astray>,
}

impl Life<'_> {
    /// Hears and watches the child until it has ended.
    fn run(&mut self, frames: &Receiver<Heard>) -> io::Result<ExitStatus> {
        let mut open = true;
        loop {
            let heard = if open {
                frames.recv_timeout(LOOK)
            } else {
                std::thread::sleep(LOOK);
                Err(RecvTimeoutError::Timeout)
            };
            match heard {
                Ok(heard) => self.hear(heard)?,
                Err(RecvTimeoutError::Disconnected) => open = false,
                Err(RecvTimeoutError::Timeout) => self.look()?,
            }
            if let Some(status) = self.child.try_wait()? {
                // What was sent in full before the end still counts.
                for heard in frames {
                    self.hear(heard)?;
                }
                return Ok(status);
            }
        }
    }

    fn hear(&mut self, heard: Heard) -> io::Result<()> {
        if self.killed {
            return Ok(());
        }
        let message = match heard {
            Ok(message) => message,
            Err(what) => return self.end(KillReason::Violation { what, run: None }),
        };
        let run = message.run();
        if let Err(violation) = self.session.from_child(&message) {
            let what = violation.to_string();
            return self.end(KillReason::Violation { what, run });
        }
        match message {
            FromChild::Hello { .. } => {
                self.hello = true;
                self.start()?;
            }
            FromChild::RunDone { run } => self.ended(run, Outcome::Completed),
            FromChild::RunSnoozed { run, until } => self.ended(run, Outcome::Snoozed { until }),
            FromChild::RunFailed { run, failure } => self.ended(run, Outcome::Failed(failure)),
            FromChild::Waiting { run, until } => {
                if let Some(watched) = self.watched.get_mut(run.index()) {
                    watched.waiting = Some(until);
                }
            }
            FromChild::Bye => self.bye = true,
            // The session lets none through: no exchange was ordered.
            FromChild::Exchanged(_) => {}
            // The child acknowledges itself what the recording says was acknowledged, so that here
            // the session must be told before the next frame.
            FromChild::Batch { run, seq, .. }
            | FromChild::State { run, seq, .. }
            | FromChild::Checkpoint { run, seq, .. }
            | FromChild::Skipped { run, seq, .. } => self.answered(&ToChild::Ack { run, seq })?,
            FromChild::Probe { run, seq, .. } => {
                let indices = Vec::new();
                self.answered(&ToChild::Needed { run, seq, indices })?;
            }
            FromChild::NeedToken { run } => {
                let token = Some(Tape::token());
                self.answered(&ToChild::Token { run, token })?;
            }
        }
        Ok(())
    }

    fn answered(&mut self, answer: &ToChild) -> io::Result<()> {
        // What it answers has just passed.
        self.session.to_child(answer).map_err(io::Error::other)
    }

    fn start(&mut self) -> io::Result<()> {
        let start = ToChild::Start {
            attempt: Box::new(self.attempt.clone()),
            token: Tape::token(),
        };
        self.answered(&start)?;
        let mut frame = Vec::new();
        codec::encode_frame(&start, &mut frame).map_err(io::Error::other)?;
        // A child that is gone already says so by its end.
        streams::say(&mut self.child, &frame).ok();
        Ok(())
    }

    fn ended(&mut self, run: RunNo, outcome: Outcome) {
        if let Some(said) = self.said.get_mut(run.index()) {
            said.get_or_insert(outcome);
        }
        if let Some(watched) = self.watched.get_mut(run.index()) {
            watched.ended = true;
        }
    }

    fn look(&mut self) -> io::Result<()> {
        if self.killed {
            return Ok(());
        }
        let waited = self.begun.elapsed();
        if !self.hello && waited >= READY {
            let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
            return self.end(KillReason::NeverReady { waited_ms });
        }
        let Ok(flight) = self.place.flight() else {
            return Ok(());
        };
        match self.watch.check(&flight, &self.watched, Instant::now()) {
            Some(Still::Hung(reason)) => self.end(reason),
            Some(Still::Stuck) => {
                self.astray = Some(Astray::Stuck);
                self.kill()
            }
            None => Ok(()),
        }
    }

    fn end(&mut self, reason: KillReason) -> io::Result<()> {
        self.kill = Some(reason);
        self.kill()
    }

    fn kill(&mut self) -> io::Result<()> {
        self.killed = true;
        match kill_process_group(Pid::from_child(&self.child), Signal::KILL) {
            // It has ended by itself meanwhile.
            Err(rustix::io::Errno::SRCH) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn buried(self, status: ExitStatus, limits: Option<Limits>, heard: streams::Streams) -> Lived {
        let diverged = self.place.diverged().map(Astray::Diverged);
        Lived {
            status: Some(status),
            kill: self.kill,
            killed: self.killed,
            hello: self.hello,
            bye: self.bye,
            flight: self.place.flight(),
            limits,
            stderr: heard.last_words(),
            cpu_ms: cpu_ms(),
            said: self.said,
            astray: diverged.or(self.astray),
        }
    }
}

/// CPU time of the children that were waited for, in milliseconds: there is only the one.
fn cpu_ms() -> Option<u64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
    let spent = usage.user_time() + usage.system_time();
    u64::try_from(spent.num_milliseconds()).ok()
}
