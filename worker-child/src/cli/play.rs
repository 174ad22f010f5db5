//! `worker-child play`: the child of a replay. Like `sync`, but what happens comes from a recording.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use shared::exit::ExitCode;
use shared::id::RunNo;
use shared::recording::FILE_NAME;

use super::{complain, death};
use crate::confine::{self, Doors};
use crate::fault;
use crate::fetch::Client;
use crate::limits;
use crate::recording::Tape;
use crate::replay::DIVERGED;
use crate::session::drive::{self, DriveError};
use crate::session::start::{self, Ordered};
use crate::stage;

/// Plays the recording in this directory.
pub(super) fn play(directory: &Path, only: Option<u8>) -> Result<(), ExitCode> {
    let parent = confine::parent();
    death::install();
    fault::install().map_err(|error| complain(&error, ExitCode::Setup))?;
    stage::open(directory).map_err(|error| complain(&error, ExitCode::AttemptDirectory))?;
    confine::confine(parent, &[]).map_err(|error| complain(&error, error.exit_code()))?;
    let diverged = OpenOptions::new()
        .write(true)
        .open(directory.join(DIVERGED));
    let mut diverged = diverged.map_err(|error| complain(&error, ExitCode::AttemptDirectory))?;
    let tape = Tape::open(&directory.join(FILE_NAME), only.map(RunNo))
        .map_err(|error| complain(&error, ExitCode::AttemptDirectory))?;
    let ordered = start::start().map_err(|error| complain(&error, error.exit_code()))?;
    let Ordered::Sync(begun) = ordered else {
        return Err(complain(&"an exchange is not replayed", ExitCode::BadStart));
    };
    limits::remember_data();
    // No port is open to it: what was recorded is all there is.
    confine::sandbox(begun.attempt.sandbox, &Doors::default())
        .map_err(|error| complain(&error, error.exit_code()))?;
    let client = Client::replaying(tape).map_err(|error| complain(&error, ExitCode::Setup))?;
    let driven = drive::drive(*begun, client);
    if let Err(DriveError::Diverged(how)) = &driven {
        // If it cannot be written, standard error has it.
        write!(diverged, "{how}").ok();
    }
    driven.map_err(|error| complain(&error, error.exit_code()))
}
