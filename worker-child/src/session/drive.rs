//! Drives all runs of the attempt on one thread, from `Start` to `Bye`.
//!
//! A run that fails ends only itself. On `Stop` the runs are dropped where they wait: a frame is
//! queued whole or not at all, so nothing half-sent is left.

use std::io;
use std::os::fd::AsFd;
use std::rc::Rc;

use shared::exit::ExitCode;
use shared::wire::message::{FromChild, ToChild};
use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe::Sender;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet, LocalSet};

use super::by_hand::{self, Listener};
use super::inbox::Inbox;
use super::polled::Polled;
use super::start::Begun;
use super::{Context, run, stdin};
use crate::emit::{Wire, WireError};
use crate::fault;
use crate::fetch::Client;
use crate::recording::{Diverged, Events};

/// Frames of the supervisor that may wait to be looked at.
const INBOX: usize = 64;
/// Threads for name resolution, and the stack of each in bytes.
const BLOCKING_THREADS: usize = 2;
const BLOCKING_STACK: usize = 512 * 1024;

/// Why an attempt could not be driven to its end.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The runtime or a thread could not be made.
    #[error("starting the runtime failed: {0}")]
    Runtime(#[source] io::Error),
    /// Standard output is no pipe.
    #[error("standard output is not usable: {0}")]
    Pipe(#[source] io::Error),
    /// Writing frames failed.
    #[error("writing to standard output failed: {0}")]
    Output(#[source] io::Error),
    /// The supervisor sent what it may not.
    #[error("illegal frame: {0}")]
    Protocol(#[source] WireError),
    /// `Bye` could not be sent.
    #[error("ending the session failed: {0}")]
    Bye(#[source] WireError),
    /// The thread that reads standard input has ended.
    #[error("nobody reads standard input")]
    Inbox,
    /// A replay does something else than was recorded.
    #[error("the replay has left the recording {0}")]
    Diverged(Diverged),
}

impl DriveError {
    /// How the process ends.
    pub const fn exit_code(&self) -> ExitCode {
        match self {
            Self::Runtime(_) | Self::Pipe(_) | Self::Diverged(_) => ExitCode::Setup,
            Self::Output(_) | Self::Bye(_) => ExitCode::Output,
            Self::Protocol(_) => ExitCode::Protocol,
            Self::Inbox => ExitCode::ParentGone,
        }
    }
}

/// Does what was ordered, for whoever is at the other end of standard input and output.
pub fn drive(begun: Begun, client: Client) -> Result<(), DriveError> {
    let (sender, inbox) = mpsc::channel(INBOX);
    stdin::spawn(sender).map_err(DriveError::Runtime)?;
    let inbox = match client.events() {
        Events::World(recorder) => Inbox::Pipe(inbox, recorder),
        // Standard input is read all the same: its end means that nobody watches.
        Events::Tape(tape) => Inbox::Tape(tape),
    };
    let ends = Ends {
        inbox,
        peer: Peer::Pipe,
    };
    block_on(conduct(begun, client, ends))
}

/// Does what was ordered, and tells the listener instead of a supervisor.
pub fn drive_by_hand(begun: Begun, client: Client, listener: Listener) -> Result<(), DriveError> {
    let (sender, inbox) = mpsc::channel(INBOX);
    let Events::World(recorder) = client.events() else {
        return Err(DriveError::Inbox);
    };
    let ends = Ends {
        inbox: Inbox::Pipe(inbox, recorder),
        peer: Peer::Hand(listener, sender),
    };
    block_on(conduct(begun, client, ends))
}

/// Both ends of the wire's other side.
struct Ends {
    inbox: Inbox,
    peer: Peer,
}

/// Where frames go.
enum Peer {
    /// To standard output.
    Pipe,
    /// To a listener, whose answers go to the inbox.
    Hand(Listener, mpsc::Sender<ToChild>),
}

fn block_on(attempt: impl Future<Output = Result<(), DriveError>>) -> Result<(), DriveError> {
    let runtime = runtime().map_err(DriveError::Runtime)?;
    let ended = LocalSet::new().block_on(&runtime, attempt);
    // A name being resolved must not hold up the end.
    runtime.shutdown_background();
    ended
}

pub(super) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_stack_size(BLOCKING_STACK)
        .on_thread_start(fault::know_stack)
        .build()
}

async fn conduct(begun: Begun, client: Client, ends: Ends) -> Result<(), DriveError> {
    let (frames, queue) = mpsc::unbounded_channel();
    let mut writer = match ends.peer {
        Peer::Pipe => tokio::task::spawn_local(write(stdout()?, queue)),
        Peer::Hand(listener, answers) => {
            tokio::task::spawn_local(by_hand::answer(listener, queue, answers))
        }
    };
    let mut inbox = ends.inbox;
    let wire = Wire::new(begun.session, begun.workers.len(), frames);
    let context = Rc::new(Context {
        attempt: begun.attempt,
        events: client.events(),
        client,
        wire: wire.clone(),
    });
    let mut runs = JoinSet::new();
    for (order, worker) in context.attempt.runs.iter().zip(begun.workers) {
        let future = run::run(Rc::clone(&context), order.run, worker);
        runs.spawn_local(Polled::new(order.run, future));
    }
    drop(context);
    while !wire.is_stopping() {
        tokio::select! {
            biased;
            written = &mut writer => return Err(written_to(written)),
            message = inbox.next() => {
                wire.received(message?).map_err(DriveError::Protocol)?;
            }
            ended = runs.join_next() => {
                if ended.is_none() {
                    break;
                }
            }
        }
    }
    runs.shutdown().await;
    stdin::finishing();
    wire.send(&FromChild::Bye, 0).map_err(DriveError::Bye)?;
    drop(wire);
    match writer.await {
        Ok(Ok(())) => Ok(()),
        broken => Err(written_to(broken)),
    }
}

fn stdout() -> Result<Sender, DriveError> {
    io::stdout()
        .as_fd()
        .try_clone_to_owned()
        .and_then(Sender::from_owned_fd)
        .map_err(DriveError::Pipe)
}

/// Writes queued frames until nobody can queue any more.
async fn write(mut stdout: Sender, mut queue: mpsc::UnboundedReceiver<Vec<u8>>) -> io::Result<()> {
    while let Some(frame) = queue.recv().await {
        stdout.write_all(&frame).await?;
    }
    Ok(())
}

fn written_to(ended: Result<io::Result<()>, JoinError>) -> DriveError {
    DriveError::Output(match ended {
        Ok(Err(error)) => error,
        Ok(Ok(())) => io::Error::other("the writer ended early"),
        Err(error) => io::Error::other(error),
    })
}
