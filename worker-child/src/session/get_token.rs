//! The whole life of a token child after its order: one exchange, one answer.
//!
//! Standard input is read for its end only: a supervisor that is gone needs no token.

use std::io::{self, Write as _};

use rustls::ClientConfig;
use shared::exit::ExitCode;
use shared::wire::codec::{self, CodecError};
use shared::wire::message::{Exchange, FromChild};
use shared::wire::session::{Session, Violation};
use tokio::sync::mpsc;

use super::{clock, drive, stdin};
use crate::fetch::{ClientError, token};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum GetTokenError {
    /// The runtime or a thread could not be made.
    #[error("starting the runtime failed: {0}")]
    Runtime(#[source] io::Error),
    /// The HTTP client could not be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The answer is not legal or does not encode: a mistake of ours.
    #[error("the answer could not be made: {0}")]
    Illegal(#[from] Violation),
    /// The same.
    #[error("the answer could not be made: {0}")]
    Codec(#[from] CodecError),
    /// Writing it failed.
    #[error("writing to standard output failed: {0}")]
    Output(#[source] io::Error),
}

impl GetTokenError {
    /// How the process ends.
    pub const fn exit_code(&self) -> ExitCode {
        match self {
            Self::Runtime(_) | Self::Client(_) | Self::Illegal(_) | Self::Codec(_) => {
                ExitCode::Setup
            }
            Self::Output(_) => ExitCode::Output,
        }
    }
}

/// Does the exchange and says what came of it.
pub fn get(
    exchange: &Exchange,
    mut session: Session,
    tls: ClientConfig,
) -> Result<(), GetTokenError> {
    // Kept until the end: the thread would take a closed inbox for its own end.
    let (sender, _inbox) = mpsc::channel(1);
    stdin::spawn(sender).map_err(GetTokenError::Runtime)?;
    let runtime = drive::runtime().map_err(GetTokenError::Runtime)?;
    let exchanged = runtime.block_on(token::exchange(exchange, tls, clock::now));
    runtime.shutdown_background();
    let answer = FromChild::Exchanged(exchanged?);
    session.from_child(&answer)?;
    let mut frame = Vec::new();
    codec::encode_frame(&answer, &mut frame)?;
    stdin::finishing();
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(&frame).and_then(|()| stdout.flush());
    // It holds the token.
    frame.fill(0);
    written.map_err(GetTokenError::Output)
}
