//! The other end of the wire when there is no supervisor: it accepts everything, wants everything,
//! and has no fresher token.

use std::fmt;
use std::io;

use shared::wire::codec;
use shared::wire::message::{FromChild, ToChild};
use tokio::sync::mpsc::{Sender, UnboundedReceiver};

type Told = dyn FnMut(&FromChild) -> io::Result<()>;

/// Who is told what the child says; an error ends the attempt.
pub struct Listener(Box<Told>);

impl Listener {
    /// One that is told by calling this.
    pub fn new(told: impl FnMut(&FromChild) -> io::Result<()> + 'static) -> Self {
        Self(Box::new(told))
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

/// Tells the listener of every frame and answers it, until nobody can send any more.
pub(super) async fn answer(
    mut listener: Listener,
    mut frames: UnboundedReceiver<Vec<u8>>,
    inbox: Sender<ToChild>,
) -> io::Result<()> {
    while let Some(frame) = frames.recv().await {
        // The length prefix is the pipe's concern.
        let body = frame.get(4..).unwrap_or_default();
        let message: FromChild = codec::decode_body(body).map_err(io::Error::other)?;
        drop(frame);
        (listener.0)(&message)?;
        if let Some(answer) = answer_to(&message) {
            // A driver that has ended needs no answer.
            inbox.send(answer).await.ok();
        }
    }
    Ok(())
}

fn answer_to(message: &FromChild) -> Option<ToChild> {
    match message {
        FromChild::Batch { run, seq, .. }
        | FromChild::State { run, seq, .. }
        | FromChild::Checkpoint { run, seq, .. }
        | FromChild::Skipped { run, seq, .. } => Some(ToChild::Ack {
            run: *run,
            seq: *seq,
        }),
        FromChild::Probe {
            run, seq, items, ..
        } => Some(ToChild::Needed {
            run: *run,
            seq: *seq,
            indices: (0..).take(items.len()).collect(),
        }),
        FromChild::NeedToken { run } => Some(ToChild::Token {
            run: *run,
            token: None,
        }),
        FromChild::Hello { .. }
        | FromChild::RunDone { .. }
        | FromChild::RunSnoozed { .. }
        | FromChild::RunFailed { .. }
        | FromChild::Waiting { .. }
        | FromChild::Exchanged(_)
        | FromChild::Bye => None,
    }
}
