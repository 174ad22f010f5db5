//! The child's end of the wire, shared by all runs: every frame sent or received passes the
//! session's state machine here.
//!
//! Frames are queued encoded and written by one writer, so that a run may be dropped at any await
//! without leaving half a frame behind.

use std::cell::RefCell;
use std::rc::Rc;

use shared::failure::Failure;
use shared::id::RunNo;
use shared::secret::Secret;
use shared::wire::codec::{self, CodecError};
use shared::wire::message::{FromChild, ToChild};
use shared::wire::session::{Session, Violation};
use tokio::sync::{Notify, mpsc};

/// Why a frame could not be sent or taken.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The frame is not legal now.
    #[error(transparent)]
    Illegal(#[from] Violation),
    /// The message does not fit a frame.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The writer has ended.
    #[error("standard output is closed")]
    Closed,
}

/// The wire; clones share it.
#[derive(Debug, Clone)]
pub struct Wire {
    shared: Rc<Shared>,
}

#[derive(Debug)]
struct Shared {
    session: RefCell<Session>,
    frames: mpsc::UnboundedSender<Vec<u8>>,
    runs: Vec<Run>,
}

#[derive(Debug, Default)]
struct Run {
    changed: Notify,
    refusal: RefCell<Option<Failure>>,
    /// The answer to a probe, until the run takes it.
    needed: RefCell<Option<Vec<u32>>>,
    /// The answer to `NeedToken`, until the run takes it.
    token: RefCell<Fresh>,
}

/// An answer to `NeedToken`.
#[derive(Debug, Default)]
enum Fresh {
    #[default]
    Unheard,
    Heard(Option<Secret>),
}

impl Wire {
    /// A wire on which `Hello` and `Start` have passed; encoded frames go to `frames`.
    ///
    /// The queue is bounded by the session: a run has a few unacknowledged frames at most.
    pub fn new(session: Session, runs: usize, frames: mpsc::UnboundedSender<Vec<u8>>) -> Self {
        Self {
            shared: Rc::new(Shared {
                session: RefCell::new(session),
                frames,
                runs: (0..runs).map(|_| Run::default()).collect(),
            }),
        }
    }

    /// Queues a message of about `size` bytes.
    pub fn send(&self, message: &FromChild, size: usize) -> Result<(), WireError> {
        self.shared.session.borrow_mut().from_child(message)?;
        let mut frame = Vec::with_capacity(size + 64);
        codec::encode_frame(message, &mut frame)?;
        self.shared
            .frames
            .send(frame)
            .map_err(|_| WireError::Closed)
    }

    /// Takes note of a frame from the supervisor.
    pub fn received(&self, message: ToChild) -> Result<(), WireError> {
        self.shared.session.borrow_mut().to_child(&message)?;
        let run = match message {
            ToChild::Ack { run, .. } => self.run(run),
            ToChild::Refused { run, failure } => {
                let run = self.run(run);
                if let Some(run) = run {
                    run.refusal.replace(Some(failure));
                }
                run
            }
            ToChild::Needed { run, indices, .. } => {
                let run = self.run(run);
                if let Some(run) = run {
                    run.needed.replace(Some(indices));
                }
                run
            }
            ToChild::Token { run, token } => {
                let run = self.run(run);
                if let Some(run) = run {
                    run.token.replace(Fresh::Heard(token));
                }
                run
            }
            ToChild::Start { .. } | ToChild::Stop { .. } | ToChild::Exchange(_) => None,
        };
        if let Some(run) = run {
            run.changed.notify_waiters();
        }
        Ok(())
    }

    /// Whether the supervisor has asked to stop.
    pub fn is_stopping(&self) -> bool {
        self.shared.session.borrow().is_stopping()
    }

    /// The sequence number of the run's next batch, state or checkpoint.
    pub fn next_seq(&self, run: RunNo) -> u32 {
        self.shared.session.borrow().next_seq(run)
    }

    /// Waits until at most `most` frames of the run are unacknowledged.
    pub async fn at_most_unacked(&self, run: RunNo, most: u32) {
        self.wait(run, || self.unacked(run) <= most).await;
    }

    /// How many frames of the run are unacknowledged.
    pub fn unacked(&self, run: RunNo) -> u32 {
        self.shared.session.borrow().unacked(run)
    }

    /// Waits until the supervisor refuses the run; says why. Never ends for a run it accepts.
    pub async fn refused(&self, run: RunNo) -> Failure {
        self.wait(run, || {
            self.run(run)
                .is_some_and(|run| run.refusal.borrow().is_some())
        })
        .await;
        let refusal = self.run(run).and_then(|run| run.refusal.take());
        refusal.unwrap_or_else(|| Failure::Bug {
            what: "refused without a failure".to_owned(),
        })
    }

    /// Waits for the answer to the run's probe.
    pub async fn needed(&self, run: RunNo) -> Vec<u32> {
        self.wait(run, || {
            self.run(run)
                .is_some_and(|run| run.needed.borrow().is_some())
        })
        .await;
        let needed = self.run(run).and_then(|run| run.needed.take());
        needed.unwrap_or_default()
    }

    /// Asks for a fresher access token and waits for the answer.
    pub async fn fresh_token(&self, run: RunNo) -> Result<Option<Secret>, WireError> {
        self.send(&FromChild::NeedToken { run }, 0)?;
        self.wait(run, || {
            self.run(run)
                .is_some_and(|run| matches!(*run.token.borrow(), Fresh::Heard(_)))
        })
        .await;
        match self.run(run).map(|run| run.token.take()) {
            Some(Fresh::Heard(token)) => Ok(token),
            Some(Fresh::Unheard) | None => Ok(None),
        }
    }

    fn run(&self, run: RunNo) -> Option<&Run> {
        self.shared.runs.get(run.index())
    }

    async fn wait(&self, run: RunNo, done: impl Fn() -> bool) {
        let Some(run) = self.run(run) else {
            return;
        };
        while !done() {
            run.changed.notified().await;
        }
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use tests::running;
