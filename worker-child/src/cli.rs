//! The command line.

pub mod death;
mod parse;

use std::fmt::Display;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;

use clap::{Parser, Subcommand};
use shared::build::BUILD;
use shared::exit::ExitCode;

use crate::confine::{self, ConfineError};
use crate::fetch::{Client, roots};
use crate::limits;
use crate::session::{drive, start};
use crate::stage;

/// Syncs one eBay account for a supervisor, under its limits; reads one of eBay's answers by hand.
#[derive(Debug, Parser)]
#[command(version = BUILD, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Do what the supervisor orders on standard input; frames go to standard output.
    Sync {
        /// Where the supervisor has put the flight recorder.
        attempt_dir: PathBuf,
    },
    Parse(parse::ParseArgs),
}

/// Does what the command line says.
pub fn main() -> process::ExitCode {
    let ended = match Cli::try_parse() {
        Ok(cli) => match cli.command {
            Command::Sync { attempt_dir } => sync(&attempt_dir),
            Command::Parse(args) => parse::parse(&args),
        },
        Err(error) => {
            // Help and version go to standard output and are no error.
            error.print().ok();
            if error.use_stderr() {
                Err(ExitCode::Usage)
            } else {
                Ok(())
            }
        }
    };
    let code = ended.err().unwrap_or(ExitCode::Done);
    process::ExitCode::from(code.code())
}

/// One attempt. The order matters and is single-threaded up to the driver: map the flight
/// recorder, confine, `Hello`, `Start`, (sandbox: its ports are known here), certificate roots.
fn sync(attempt_dir: &Path) -> Result<(), ExitCode> {
    let parent = confine::parent();
    death::install();
    stage::open(attempt_dir).map_err(|error| complain(&error, ExitCode::AttemptDirectory))?;
    confine::confine(parent).map_err(|error| {
        let code = match error {
            ConfineError::ParentGone => ExitCode::ParentGone,
            ConfineError::List(_)
            | ConfineError::Core(_)
            | ConfineError::Privileges(_)
            | ConfineError::Files(_)
            | ConfineError::Death(_) => ExitCode::Confine,
        };
        complain(&error, code)
    })?;
    let begun = start::start().map_err(|error| complain(&error, error.exit_code()))?;
    limits::remember_data();
    let tls = roots::tls(begun.https).map_err(|error| complain(&error, ExitCode::Setup))?;
    let client = Client::new(&begun.attempt, &begun.token, tls)
        .map_err(|error| complain(&error, ExitCode::Setup))?;
    drive::drive(begun, client).map_err(|error| complain(&error, error.exit_code()))
}

fn complain(error: &dyn Display, code: ExitCode) -> ExitCode {
    // If standard error is gone, the code alone must do.
    writeln!(io::stderr(), "worker-child: {error}").ok();
    code
}
