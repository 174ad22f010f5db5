//! Where the supervisor's frames come from.

use shared::wire::message::ToChild;
use tokio::sync::mpsc::Receiver;

use super::drive::DriveError;
use crate::recording::{Recorder, Tape};

/// Frames of the supervisor, in order.
#[derive(Debug)]
pub(super) enum Inbox {
    /// As they come; they are recorded.
    Pipe(Receiver<ToChild>, Recorder),
    /// As they came.
    Tape(Tape),
}

impl Inbox {
    /// The next frame. May be dropped while it waits.
    pub(super) async fn next(&mut self) -> Result<ToChild, DriveError> {
        match self {
            Self::Pipe(frames, recorder) => {
                let message = frames.recv().await.ok_or(DriveError::Inbox)?;
                recorder.frame(&message);
                Ok(message)
            }
            Self::Tape(tape) => {
                // A run that waits for the frame before this one goes on with it first: what this one
                // answers may be what it sends then.
                tokio::task::yield_now().await;
                tape.frame().await.map_err(DriveError::Diverged)
            }
        }
    }
}
