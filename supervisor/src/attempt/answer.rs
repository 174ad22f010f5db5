//! Commits what a child sent or looks up what it asks, and answers it: acknowledged, told, refused,
//! or not at all.

use std::time::{Duration, Instant};

use shared::attempt::ModeState;
use shared::failure::Failure;
use shared::id::RunNo;
use shared::record::Record;
use shared::secret::Secret;
use shared::table::Table;
use shared::time::Timestamp;
use shared::wire::message::{Counts, Mark, Probed, SkippedRows, ToChild};

use super::converse::Conversation;
use crate::ingest::{Ingest, IngestError};
use crate::outcome::Outcome;
use crate::tokens::TokenProblem;

/// The first wait before a commit is tried again; it doubles up to two seconds.
const RETRY_FIRST: Duration = Duration::from_millis(50);
/// Longer than any source of tokens takes: each has a limit of its own.
const TOKEN_WAIT: Duration = Duration::from_hours(1);

/// A fresher token for a run, or why there is none.
#[derive(Debug)]
pub(super) struct Fetched {
    run: RunNo,
    token: Result<Secret, TokenProblem>,
}

/// What is committed or looked up for one frame; kept until that has worked.
pub(super) enum Commit {
    Batch(Vec<Record>),
    State(ModeState),
    Checkpoint(Mark, Counts),
    Probe(Table, Vec<Probed>),
    Skipped(u32, Option<SkippedRows>),
}

impl Commit {
    async fn apply(
        &self,
        ingest: &mut Ingest,
        (run, seq): (RunNo, u32),
        now: Timestamp,
    ) -> Result<ToChild, IngestError> {
        match self {
            Self::Batch(records) => ingest.batch(run, records.clone(), now).await?,
            Self::State(state) => ingest.state(run, state.clone()).await?,
            Self::Checkpoint(mark, counts) => ingest.checkpoint(run, *mark, *counts, now).await?,
            Self::Skipped(skip, rows) => ingest.skipped(run, *skip, rows.as_ref())?,
            Self::Probe(table, items) => {
                let indices = ingest.probe(run, *table, items).await?;
                return Ok(ToChild::Needed { run, seq, indices });
            }
        }
        Ok(ToChild::Ack { run, seq })
    }
}

impl Conversation<'_> {
    /// Commits, for as long as the store may stall, and answers.
    pub(super) async fn commit(&mut self, run: RunNo, seq: u32, commit: &Commit) {
        let began = Instant::now();
        let mut wait = RETRY_FIRST;
        loop {
            let now = self.context.clock.now();
            // By the child's clock a snapshot may be of a time that the other one has not reached yet.
            self.ingest.hear_clock(self.time.now());
            let error = match commit.apply(&mut self.ingest, (run, seq), now).await {
                Ok(answer) => return self.answer(&answer).await,
                Err(IngestError::Violation { what }) => {
                    return self.violation(what, Some(run)).await;
                }
                Err(IngestError::Refused(failure)) => return self.refuse(run, failure).await,
                Err(IngestError::Store(error)) => error,
            };
            if !error.is_temporary() || began.elapsed() >= self.timeouts.store_stall.duration() {
                return self.store_gone(&error).await;
            }
            tracing::debug!(attempt.id = %self.attempt.id, %error, "a commit waits for the database");
            self.context.store_waits.send_replace(true);
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(2));
        }
    }

    /// Looks for a fresher token than the run's. Everything else goes on meanwhile.
    pub(super) fn token(&mut self, run: RunNo) {
        let (tokens, account) = (self.context.tokens.clone(), self.account.clone());
        let own = self.given.of(run).cloned();
        // Nobody is silent who waits for us; every source has a limit of its own.
        self.watchdog.waiting(run, TOKEN_WAIT, Instant::now());
        self.fetching.spawn(async move {
            let token = tokens.get(&account, own.as_ref()).await;
            Fetched { run, token }
        });
    }

    /// Answers with what was found.
    pub(super) async fn fetched(&mut self, Fetched { run, token }: Fetched) {
        let attempt = self.attempt.id;
        self.watchdog.waiting(run, Duration::ZERO, Instant::now());
        let token = match token {
            Ok(token) => {
                self.no_fresher = None;
                self.given.fresher(run, token)
            }
            Err(problem) => {
                tracing::warn!(attempt.id = %attempt, %problem, "there is no fresher token");
                self.no_fresher = Some(problem);
                None
            }
        };
        if token.is_some() {
            tracing::info!(attempt.id = %attempt, %run, "eBay refused the token; the run goes on with a fresher one");
        }
        self.answer(&ToChild::Token { run, token }).await;
    }

    pub(super) async fn refuse(&mut self, run: RunNo, failure: Failure) {
        self.end(run, Outcome::Failed(failure.clone()));
        self.answer(&ToChild::Refused { run, failure }).await;
    }

    pub(super) async fn answer(&mut self, message: &ToChild) {
        match self.sender.send(message).await {
            Ok(()) => {}
            Err(error) if error.is_violation() => self.violation(error.to_string(), None).await,
            // Its end of the pipe is closed: the process is ending, and says why by its status.
            Err(error) => {
                tracing::debug!(attempt.id = %self.attempt.id, %error, "the child no longer listens");
            }
        }
    }
}
