//! The first frames: `Hello` out, `Start` in. Blocking: the process has one thread still.

use std::io::{self, Write};

use shared::attempt::Attempt;
use shared::build::BUILD;
use shared::exit::ExitCode;
use shared::secret::Secret;
use shared::wire::codec::{self, CodecError};
use shared::wire::frame::{self, FrameError};
use shared::wire::message::{Exchange, FromChild, PROTOCOL_VERSION, ToChild};
use shared::wire::session::{Session, Violation};

use crate::confine::Doors;
use crate::fetch::endpoint::{self, EndpointError};
use crate::workers::registry;
use crate::workers::step::SyncWorker;

/// An attempt that has been ordered and can begin.
#[derive(Debug)]
pub struct Begun {
    /// The wire's state after `Start`.
    pub session: Session,
    /// What to do.
    pub attempt: Attempt,
    /// The access token.
    pub token: Secret,
    /// What the endpoints need of the outside.
    pub doors: Doors,
    /// The attempt's workers, in the order of its runs.
    pub workers: Vec<Box<dyn SyncWorker>>,
}

/// What was ordered.
#[derive(Debug)]
pub enum Ordered {
    /// To sync.
    Sync(Box<Begun>),
    /// To get a token, and what its URL needs of the outside.
    Exchange(Box<Exchange>, Session, Doors),
}

/// Why an attempt did not begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `Hello` could not be written.
    #[error("writing Hello failed: {0}")]
    Output(#[source] io::Error),
    /// `Hello` is not legal or does not encode: a mistake of ours.
    #[error("Hello could not be made: {0}")]
    Hello(String),
    /// Standard input ended before `Start`.
    #[error("standard input ended before Start")]
    ParentGone,
    /// The supervisor has changed its mind.
    #[error("asked to stop before Start")]
    Stopped,
    /// The bytes are no frame.
    #[error("reading Start failed: {0}")]
    Frame(#[from] FrameError),
    /// The frame is no message.
    #[error("reading Start failed: {0}")]
    Codec(#[from] CodecError),
    /// The message is not legal.
    #[error("{0}")]
    Illegal(#[from] Violation),
    /// An endpoint is not acceptable.
    #[error("{0}")]
    Endpoint(#[from] EndpointError),
    /// A run's mode is not its worker's.
    #[error("run {0} has a mode that its worker does not know")]
    Mode(shared::id::RunNo),
}

impl StartError {
    /// How the process ends.
    pub const fn exit_code(&self) -> ExitCode {
        match self {
            Self::Output(_) => ExitCode::Output,
            Self::Hello(_) => ExitCode::Setup,
            Self::ParentGone => ExitCode::ParentGone,
            Self::Stopped => ExitCode::Done,
            Self::Frame(_)
            | Self::Codec(_)
            | Self::Illegal(_)
            | Self::Endpoint(_)
            | Self::Mode(_) => ExitCode::BadStart,
        }
    }
}

/// Says `Hello`, waits for the order, checks it.
pub fn start() -> Result<Ordered, StartError> {
    let mut session = Session::new();
    hello(&mut session)?;
    let body = frame::read_blocking(&mut io::stdin().lock())?.ok_or(StartError::ParentGone)?;
    let message: ToChild = codec::decode_body(&body)?;
    session.to_child(&message)?;
    match message {
        ToChild::Start { attempt, token } => begin(session, *attempt, token)
            .map(Box::new)
            .map(Ordered::Sync),
        ToChild::Exchange(exchange) => {
            let doors = endpoint::doors_of(&[&exchange.url])?;
            Ok(Ordered::Exchange(exchange, session, doors))
        }
        // The session lets nothing but Stop pass here.
        ToChild::Ack { .. }
        | ToChild::Refused { .. }
        | ToChild::Stop { .. }
        | ToChild::Needed { .. }
        | ToChild::Token { .. } => Err(StartError::Stopped),
    }
}

/// Begins an attempt that no supervisor has ordered.
pub fn by_hand(attempt: Attempt, token: Secret) -> Result<Begun, StartError> {
    let mut session = Session::new();
    session.from_child(&greeting())?;
    let start = ToChild::Start {
        attempt: Box::new(attempt.clone()),
        token: token.clone(),
    };
    session.to_child(&start)?;
    begin(session, attempt, token)
}

fn begin(session: Session, attempt: Attempt, token: Secret) -> Result<Begun, StartError> {
    let doors = endpoint::doors(&attempt.endpoints)?;
    let worker = |order| registry::begin(&attempt, order).ok_or(StartError::Mode(order.run));
    let workers = attempt.runs.iter().map(worker).collect::<Result<_, _>>()?;
    Ok(Begun {
        session,
        attempt,
        token,
        doors,
        workers,
    })
}

fn greeting() -> FromChild {
    FromChild::Hello {
        version: PROTOCOL_VERSION,
        build: BUILD.to_owned(),
        pid: std::process::id(),
    }
}

fn hello(session: &mut Session) -> Result<(), StartError> {
    let hello = greeting();
    session
        .from_child(&hello)
        .map_err(|violation| StartError::Hello(violation.to_string()))?;
    let mut frame = Vec::new();
    codec::encode_frame(&hello, &mut frame)
        .map_err(|error| StartError::Hello(error.to_string()))?;
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(&frame)
        .and_then(|()| stdout.flush())
        .map_err(StartError::Output)
}
