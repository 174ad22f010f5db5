//! One run: asks its worker for the next step and does it.

use std::rc::Rc;
use std::time::Duration;

use fastrand::Rng;
use shared::failure::Failure;
use shared::flight::Phase;
use shared::id::RunNo;
use shared::time::Timestamp;
use shared::wire::message::FromChild;

use super::Context;
use crate::emit::Emitter;
use crate::fetch::redact;
use crate::stage::RunStage;
use crate::workers::step::{Reply, Step, SyncWorker};

/// A wait longer than this is declared: silence is no hang then.
const DECLARE_FROM: Duration = Duration::from_secs(1);

/// A run and what it holds while it lives.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) number: RunNo,
    pub(super) context: Rc<Context>,
    pub(super) worker: Box<dyn SyncWorker>,
    pub(super) emitter: Emitter,
    pub(super) stage: RunStage,
    pub(super) rng: Rng,
    /// How long it has waited for retries so far.
    pub(super) waited: Duration,
    /// The last request, redacted, for the place of a failure.
    pub(super) last_request: String,
    /// The same without eBay's id of it.
    pub(super) request: String,
}

/// How a run ends by itself.
#[derive(Debug)]
enum Ended {
    Done,
    Snoozed(Timestamp),
}

/// Runs a worker to its end and says how it ended.
pub(super) async fn run(context: Rc<Context>, run: RunNo, worker: Box<dyn SyncWorker>) {
    let wire = context.wire.clone();
    let stage = RunStage::new(run);
    let mut living = Run {
        number: run,
        emitter: Emitter::new(wire.clone(), run),
        worker,
        stage,
        rng: Rng::with_seed(context.attempt.seed ^ u64::from(run.0)),
        waited: Duration::ZERO,
        last_request: String::new(),
        request: String::new(),
        context,
    };
    let ended = tokio::select! {
        biased;
        failure = wire.refused(run) => Err(failure),
        ended = living.live() => ended.map_err(redact::failure),
    };
    stage.phase(Phase::Ended);
    let message = match ended {
        Ok(Ended::Done) => FromChild::RunDone { run },
        Ok(Ended::Snoozed(until)) => FromChild::RunSnoozed { run, until },
        Err(failure) => FromChild::RunFailed {
            run,
            // A refusal comes from the supervisor, which knows of no request.
            failure: living.placed(failure),
        },
    };
    // Only a closed pipe can fail here, and the driver hears of that from the writer.
    wire.send(&message, 0).ok();
}

impl Run {
    async fn live(&mut self) -> Result<Ended, Failure> {
        let mut reply = Reply::Go;
        loop {
            let now = self.now().await;
            let step = self.worker.step(reply, now);
            let step = step.map_err(|failure| self.placed(failure))?;
            if let Some(slice) = self.worker.slice() {
                self.stage.slice(slice);
            }
            reply = match step {
                Step::Fetch(request) => match self.exchange(&request).await {
                    Ok(reply) => reply,
                    Err(failure) => return Err(self.rejected(failure).await),
                },
                Step::Save(state) => {
                    self.emitter.state(state).await?;
                    Reply::Go
                }
                Step::Probe(probe) => Reply::Needed(self.emitter.probe(probe).await?),
                Step::Pause(until) => {
                    let span = until.since(self.now().await);
                    self.wait(span).await?;
                    Reply::Go
                }
                Step::SliceDone(completed) => {
                    self.emitter.checkpoint(completed).await?;
                    Reply::Go
                }
                Step::Snooze(until) => {
                    self.emitter.settle().await?;
                    return Ok(Ended::Snoozed(until));
                }
                Step::Done => {
                    self.emitter.settle().await?;
                    return Ok(Ended::Done);
                }
            };
        }
    }

    /// Has the worker's memory of bad content stored before the run fails with it.
    async fn rejected(&mut self, failure: Failure) -> Failure {
        let content = matches!(
            failure,
            Failure::BadData { .. } | Failure::TooLarge { .. } | Failure::Incomplete { .. }
        );
        if let Some(state) = self.worker.rejected().filter(|_| content)
            && let Err(worse) = self.emitter.state(state).await
        {
            return worse;
        }
        failure
    }

    /// Does nothing for a while, and says so if it is long.
    pub(super) async fn wait(&mut self, span: Duration) -> Result<(), Failure> {
        if span > DECLARE_FROM {
            self.emitter.waiting(self.now().await.plus(span))?;
        }
        self.stage.phase(Phase::Waiting);
        self.context.events.wait(self.number, span).await;
        Ok(())
    }

    /// What time it is.
    pub(super) async fn now(&self) -> Timestamp {
        self.context.events.clock(self.number).await
    }

    /// The failure with the last request in its place, if it has a place without one.
    pub(super) fn placed(&self, mut failure: Failure) -> Failure {
        if let Some(place) = redact::place_mut(&mut failure)
            && place.request.is_empty()
        {
            place.request.clone_from(&self.last_request);
        }
        failure
    }
}
