//! The command line.

mod by_hand;
pub mod death;
mod line;
mod parse;
mod play;
mod probe;
mod replay;

use std::fmt::Display;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;

use clap::{Parser, Subcommand};
use shared::build::BUILD;
use shared::exit::ExitCode;
use shared::recording::FILE_NAME;
use shared::sandbox::SandboxMode;
use shared::wire::message::Exchange;
use shared::wire::session::Session;

use crate::confine::{self, Doors, Missing};
use crate::fault;
use crate::fetch::{Client, roots};
use crate::limits;
use crate::recording::Recorder;
use crate::session::start::Ordered;
use crate::session::{clock, drive, get_token, start};
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
    Run(by_hand::RunArgs),
    Parse(parse::ParseArgs),
    Replay(replay::ReplayArgs),
    /// The child of a replay: plays what is in the directory.
    #[command(hide = true)]
    Play {
        /// Where `replay` has put the recording and a flight recorder.
        directory: PathBuf,
        /// Play only this run.
        #[arg(long)]
        only: Option<u8>,
    },
    Probe(probe::ProbeArgs),
}

/// Does what the command line says.
pub fn main() -> process::ExitCode {
    let ended = match Cli::try_parse() {
        Ok(cli) => match cli.command {
            Command::Sync { attempt_dir } => sync(&attempt_dir),
            Command::Parse(args) => parse::parse(&args),
            Command::Play { directory, only } => play::play(&directory, only),
            Command::Replay(args) => return result(replay::run(&args)),
            Command::Run(args) => return result(by_hand::run(&args)),
            Command::Probe(args) => probe::probe(&args),
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

/// The code of a command whose answer can be no: 1, which no child exits with.
fn result(answer: Result<bool, ExitCode>) -> process::ExitCode {
    match answer {
        Ok(true) => process::ExitCode::SUCCESS,
        Ok(false) => process::ExitCode::FAILURE,
        Err(code) => process::ExitCode::from(code.code()),
    }
}

/// One attempt. The order matters and is single-threaded up to the driver: map the flight
/// recorder, confine, `Hello`, `Start`, (sandbox: its ports are known here), certificate roots.
fn sync(attempt_dir: &Path) -> Result<(), ExitCode> {
    let parent = confine::parent();
    death::install();
    fault::install().map_err(|error| complain(&error, ExitCode::Setup))?;
    stage::open(attempt_dir).map_err(|error| complain(&error, ExitCode::AttemptDirectory))?;
    let confined = confine::check_environment().and_then(|()| confine::confine(parent, &[]));
    confined.map_err(|error| complain(&error, error.exit_code()))?;
    // After the confinement, which closes what is open, and before the sandbox, which opens nothing.
    let recorder = Recorder::open(&attempt_dir.join(FILE_NAME), clock::now)
        .map_err(|error| complain(&error, ExitCode::AttemptDirectory))?;
    let ordered = start::start().map_err(|error| complain(&error, error.exit_code()))?;
    limits::remember_data();
    let begun = match ordered {
        Ordered::Sync(begun) => *begun,
        Ordered::Exchange(exchange, session, doors) => return token(&exchange, session, &doors),
    };
    clock::set(begun.attempt.started_at);
    sandbox(begun.attempt.sandbox, &begun.doors)?;
    let tls = roots::tls(begun.doors.roots).map_err(|error| complain(&error, ExitCode::Setup))?;
    recorder.begin(begun.attempt.recording_cap, &begun.token);
    let client = Client::new(&begun.attempt, &begun.token, tls, recorder)
        .map_err(|error| complain(&error, ExitCode::Setup))?;
    drive::drive(begun, client).map_err(|error| complain(&error, error.exit_code()))
}

/// The same for a token child: nothing is recorded, and one answer is all.
fn token(exchange: &Exchange, session: Session, doors: &Doors) -> Result<(), ExitCode> {
    sandbox(exchange.sandbox, doors)?;
    let tls = roots::tls(doors.roots).map_err(|error| complain(&error, ExitCode::Setup))?;
    get_token::get(exchange, session, tls).map_err(|error| complain(&error, error.exit_code()))
}

/// What only the order tells: which ports, and how much of the sandbox must be in force.
fn sandbox(mode: SandboxMode, doors: &Doors) -> Result<(), ExitCode> {
    let missing =
        confine::sandbox(mode, doors).map_err(|error| complain(&error, error.exit_code()))?;
    for Missing { layer, why } in missing {
        let name = layer.name();
        writeln!(
            io::stderr(),
            "worker-child: without the layer {name}: {why}"
        )
        .ok();
    }
    Ok(())
}

fn complain(error: &dyn Display, code: ExitCode) -> ExitCode {
    // If standard error is gone, the code alone must do.
    writeln!(io::stderr(), "worker-child: {error}").ok();
    code
}
