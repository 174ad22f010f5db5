//! Frames to and from one child. Everything that it says goes through the session's table of
//! legal frames before anybody looks at it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use shared::wire::codec::{CodecError, decode_body, encode_frame};
use shared::wire::frame::{BIG_BODY, FrameError, read_body, read_len};
use shared::wire::message::{FromChild, ToChild};
use shared::wire::session::{Session, Violation};
use tokio::io::AsyncWriteExt;
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::Semaphore;

/// How long one frame to the child may take: a child that does not read is at fault.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// What ended a conversation before its time.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The stream broke; the child is probably gone.
    #[error("{0}")]
    Stream(#[from] io::Error),
    /// The child broke the protocol.
    #[error("{0}")]
    Frame(FrameError),
    /// The bytes are no message.
    #[error("{0}")]
    Codec(#[from] CodecError),
    /// The message is not legal now.
    #[error("{0}")]
    Violation(#[from] Violation),
    /// It does not read its standard input.
    #[error("the child did not read {0} for {WRITE_LIMIT:?}")]
    NotReading(&'static str),
}

impl LinkError {
    /// Whether the child is at fault, rather than gone.
    pub const fn is_violation(&self) -> bool {
        match self {
            Self::Stream(_) | Self::Frame(FrameError::Io(_) | FrameError::Truncated { .. }) => {
                false
            }
            Self::Frame(_) | Self::Codec(_) | Self::Violation(_) | Self::NotReading(_) => true,
        }
    }
}

/// Permits to hold a frame above [`BIG_BODY`]: one at a time in the whole process.
#[derive(Debug, Clone)]
pub struct BigFrames(Arc<Semaphore>);

impl Default for BigFrames {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

/// A message with what must be held while it is being worked on.
#[derive(Debug)]
pub struct Received {
    /// The message.
    pub message: FromChild,
    /// Held for a big frame, so that no two of them are in memory.
    pub permit: Option<tokio::sync::OwnedSemaphorePermit>,
}

/// The receiving half.
#[derive(Debug)]
pub struct Receiver {
    stream: ChildStdout,
    body: Vec<u8>,
    big: BigFrames,
}

impl Receiver {
    /// Takes the child's standard output.
    pub fn new(stream: ChildStdout, big: BigFrames) -> Self {
        Self {
            stream,
            body: Vec::new(),
            big,
        }
    }

    /// The next message; `None` at the end of the stream. Not safe to cancel: keep the future.
    pub async fn next(&mut self) -> Result<Option<Received>, LinkError> {
        let Some(len) = read_len(&mut self.stream).await.map_err(LinkError::Frame)? else {
            return Ok(None);
        };
        let permit = if len > BIG_BODY {
            Arc::clone(&self.big.0).acquire_owned().await.ok()
        } else {
            None
        };
        read_body(&mut self.stream, len, &mut self.body)
            .await
            .map_err(LinkError::Frame)?;
        let message = decode_body(&self.body)?;
        if self.body.capacity() > BIG_BODY {
            self.body = Vec::new();
        }
        Ok(Some(Received { message, permit }))
    }
}

/// The sending half, and the state of the conversation.
#[derive(Debug)]
pub struct Sender {
    stream: ChildStdin,
    frame: Vec<u8>,
    /// Which frame is legal now.
    pub session: Session,
}

impl Sender {
    /// Takes the child's standard input.
    pub fn new(stream: ChildStdin) -> Self {
        Self {
            stream,
            frame: Vec::new(),
            session: Session::new(),
        }
    }

    /// Sends one message.
    pub async fn send(&mut self, message: &ToChild) -> Result<(), LinkError> {
        self.session.to_child(message)?;
        self.frame.clear();
        encode_frame(message, &mut self.frame)?;
        let sent = tokio::time::timeout(WRITE_LIMIT, self.stream.write_all(&self.frame)).await;
        // The frame may hold the token.
        self.frame.fill(0);
        match sent {
            Ok(done) => Ok(done?),
            Err(_) => Err(LinkError::NotReading(message.name())),
        }
    }
}
