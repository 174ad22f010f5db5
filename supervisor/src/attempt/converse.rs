//! The conversation with one child: frames in, commits, answers out, until its process has ended.
//!
//! *Invariants:* the reason of a kill is stored before the first signal; what a child says after
//! it broke the protocol is not looked at; a frame is acknowledged only when it is committed.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use shared::attempt::Attempt;
use shared::build::BUILD;
use shared::id::RunNo;
use shared::time::Timestamp;
use shared::wire::message::{FromChild, PROTOCOL_VERSION, ToChild};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::answer::{Commit, Fetched};
use super::directory::Directory;
use super::own_time::OwnTime;
use super::said::{Said, done_fault};
use super::watchdog::Watchdog;
use super::{Context, Progress, Wishes};
use crate::child::link::{LinkError, Received, Receiver, Sender};
use crate::child::process::Process;
use crate::child::redact;
use crate::child::terminate::Ladder;
use crate::config::TimeoutsConfig;
use crate::ingest::Ingest;
use crate::outcome::{KillReason, Outcome};
use crate::policy::LONGEST_SNOOZE;
use crate::store::{Account, Grant};
use crate::tokens::{Given, TokenProblem};

/// How long the pipe may stay open after the end: a grandchild may hold it.
const PIPE_LIMIT: Duration = Duration::from_millis(500);
/// The longest build that a report repeats, in characters.
const LONGEST_BUILD: usize = 100;

/// The conversation as it stands.
#[derive(Debug)]
pub(super) struct Conversation<'a> {
    pub context: &'a Context,
    pub attempt: &'a Attempt,
    pub grant: Grant,
    pub timeouts: TimeoutsConfig,
    pub(super) time: OwnTime,
    pub directory: &'a Directory,
    pub process: Process,
    pub sender: Sender,
    pub ingest: Ingest,
    pub said: Said,
    pub hello: bool,
    /// The build that its `Hello` names.
    pub child_build: Option<String>,
    pub bye: bool,
    /// When the end of the process was seen.
    pub died_at: Option<Timestamp>,
    pub ladder: Option<Ladder>,
    pub given: Given,
    pub(super) account: &'a Account,
    /// Fresher tokens on their way, each for its run.
    pub(super) fetching: JoinSet<Fetched>,
    /// Why there was no fresher one, when that was asked last.
    pub no_fresher: Option<TokenProblem>,
    pub(super) progress: watch::Sender<Progress>,
    pub(super) watchdog: Watchdog,
    pub(super) spawned: Instant,
    pub(super) quiet_since: Option<Instant>,
    pub(super) renewed: Instant,
}

/// What a conversation begins with.
pub(super) struct Beginning<'a> {
    pub context: &'a Context,
    pub attempt: &'a Attempt,
    pub grant: Grant,
    pub timeouts: TimeoutsConfig,
    pub time: OwnTime,
    pub directory: &'a Directory,
    pub process: Process,
    pub sender: Sender,
    pub given: Given,
    /// Whose it is.
    pub account: &'a Account,
    /// Who listens to its progress.
    pub progress: watch::Sender<Progress>,
}

/// How long a lease lasts unless renewed; it is renewed three times as often.
pub(super) const LEASE: Duration = Duration::from_mins(1);

impl<'a> Conversation<'a> {
    pub(super) fn new(from: Beginning<'a>) -> Self {
        let now = Instant::now();
        let store = from.context.store.clone();
        Self {
            ingest: Ingest::new(store, from.grant, &from.attempt.runs),
            said: Said::new(from.attempt.runs.len()),
            watchdog: Watchdog::new(
                &from.attempt.runs,
                from.timeouts.silence.duration(),
                (now, from.time.now()),
            ),
            context: from.context,
            attempt: from.attempt,
            grant: from.grant,
            timeouts: from.timeouts,
            time: from.time,
            directory: from.directory,
            process: from.process,
            sender: from.sender,
            given: from.given,
            account: from.account,
            fetching: JoinSet::new(),
            no_fresher: None,
            progress: from.progress,
            hello: false,
            child_build: None,
            bye: false,
            died_at: None,
            ladder: None,
            spawned: now,
            quiet_since: None,
            renewed: now,
        }
    }

    /// Talks until the process has ended, and returns how.
    pub(super) async fn run(
        &mut self,
        receiver: Receiver,
        mut wishes: Wishes,
    ) -> std::io::Result<ExitStatus> {
        let mut inbox = read_ahead(receiver);
        let mut tick = tokio::time::interval(self.tick());
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut open = true;
        loop {
            tokio::select! {
                came = inbox.recv(), if open => open = self.take(came).await,
                status = self.process.wait() => {
                    self.died_at = Some(self.context.clock.now());
                    self.last_words(&mut inbox).await;
                    return status;
                }
                Some(Ok(fetched)) = self.fetching.join_next() => self.fetched(fetched).await,
                _ = tick.tick() => self.look(&wishes).await,
                Ok(()) = wishes.changed() => self.heed(&wishes).await,
            }
        }
    }

    // Small enough for the shortest limit that is watched.
    fn tick(&self) -> Duration {
        let shortest = self
            .timeouts
            .silence
            .duration()
            .min(self.timeouts.ready.duration());
        (shortest / 10).clamp(Duration::from_millis(5), Duration::from_millis(50))
    }

    /// What was sent in full before the end still counts.
    async fn last_words(&mut self, inbox: &mut mpsc::Receiver<Result<Received, LinkError>>) {
        let until = tokio::time::Instant::now() + PIPE_LIMIT;
        while let Ok(Some(received)) = tokio::time::timeout_at(until, inbox.recv()).await {
            if !self.take(Some(received)).await {
                return;
            }
        }
    }

    /// Takes what the stream gave; false when there will be no more.
    async fn take(&mut self, received: Option<Result<Received, LinkError>>) -> bool {
        match received {
            Some(Ok(received)) => {
                self.frame(received).await;
                true
            }
            Some(Err(error)) if error.is_violation() => {
                self.violation(error.to_string(), None).await;
                true
            }
            // The stream ended; its process should follow soon.
            Some(Err(_)) | None => {
                self.quiet_since.get_or_insert_with(Instant::now);
                false
            }
        }
    }

    async fn frame(&mut self, received: Received) {
        if self.ladder.as_ref().is_some_and(|ladder| !ladder.listens()) {
            return;
        }
        let Received { message, permit } = received;
        let run = message.run();
        if let Err(violation) = self.sender.session.from_child(&message) {
            self.violation(violation.to_string(), run).await;
            return;
        }
        if run.is_some_and(|run| self.sender.session.is_refused(run)) {
            return;
        }
        let began = Instant::now();
        self.message(message).await;
        self.watchdog.owed(began.elapsed());
        drop(permit);
    }

    async fn message(&mut self, message: FromChild) {
        match message {
            FromChild::Hello { version, build, .. } => self.hello(version, &build).await,
            FromChild::Batch { run, seq, records } => {
                let commit = Commit::Batch(records);
                self.commit(run, seq, &commit).await;
            }
            FromChild::State { run, seq, state } => {
                self.commit(run, seq, &Commit::State(state)).await;
            }
            FromChild::Checkpoint {
                run,
                seq,
                mark,
                counts,
            } => {
                self.commit(run, seq, &Commit::Checkpoint(mark, counts))
                    .await;
            }
            FromChild::Probe {
                run,
                seq,
                table,
                items,
            } => {
                self.commit(run, seq, &Commit::Probe(table, items)).await;
            }
            FromChild::Skipped {
                run,
                seq,
                skip,
                rows,
            } => self.commit(run, seq, &Commit::Skipped(skip, rows)).await,
            FromChild::NeedToken { run } => self.token(run),
            FromChild::RunDone { run } => self.done(run).await,
            FromChild::RunSnoozed { run, until } => {
                let latest = self.time.now().plus(LONGEST_SNOOZE);
                self.end(
                    run,
                    Outcome::Snoozed {
                        until: until.min(latest),
                    },
                );
            }
            FromChild::RunFailed { run, failure } => self.end(run, Outcome::Failed(failure)),
            FromChild::Waiting { run, until } => {
                let wait = until.since(self.time.now());
                self.watchdog.waiting(run, wait, Instant::now());
            }
            FromChild::Exchanged(_) => {
                let what = "answered an exchange that was not ordered".to_owned();
                self.violation(what, None).await;
            }
            FromChild::Bye => {
                self.bye = true;
                self.quiet_since = Some(Instant::now());
            }
        }
    }

    async fn hello(&mut self, version: u32, build: &str) {
        self.hello = true;
        self.child_build = Some(named_build(build));
        if version != PROTOCOL_VERSION || build != BUILD {
            let what = format!(
                "worker-child speaks protocol {version} of build {build}, bulkhead protocol {PROTOCOL_VERSION} of build {BUILD}: restart needed"
            );
            self.kill(KillReason::WrongBuild { what }).await;
            return;
        }
        let Some(token) = self.given.first() else {
            return;
        };
        let attempt = Box::new(self.attempt.clone());
        self.answer(&ToChild::Start { attempt, token }).await;
    }

    async fn done(&mut self, run: RunNo) {
        let counters = self.ingest.counters(run);
        let order = self.attempt.runs.get(run.index());
        match order.and_then(|order| done_fault(order, &counters, self.time.now())) {
            Some(fault) => self.violation(fault.what().to_owned(), Some(run)).await,
            None => self.end(run, Outcome::Completed),
        }
    }

    pub(super) fn end(&mut self, run: RunNo, outcome: Outcome) {
        let outcome = if let Outcome::Failed(failure) = outcome {
            Outcome::Failed(redact::failure(failure))
        } else {
            outcome
        };
        self.said.end(run, outcome);
        self.watchdog.ended(run);
        if self.said.all() {
            self.quiet_since = Some(Instant::now());
        }
    }
}

/// The child's word for its build, without tokens and no longer than a build is.
fn named_build(build: &str) -> String {
    let printable = build.chars().filter(|c| !c.is_control());
    redact::without_tokens(&printable.take(LONGEST_BUILD).collect::<String>())
}

/// Reads one frame ahead, so that waiting for frames can be given up without losing one.
fn read_ahead(mut receiver: Receiver) -> mpsc::Receiver<Result<Received, LinkError>> {
    let (send, inbox) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            let next = match receiver.next().await {
                Ok(Some(frame)) => Ok(frame),
                Ok(None) => return,
                Err(error) => Err(error),
            };
            let last = next.is_err();
            if send.send(next).await.is_err() || last {
                return;
            }
        }
    });
    inbox
}
