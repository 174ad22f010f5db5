//! The command line: what a person asks, and how it is answered.

mod account;
mod args;
mod audit;
mod control;
mod crash;
mod cursor;
mod dead_letter;
mod demo;
mod doctor;
mod history;
mod live;
mod log;
mod output;
mod quarantine;
mod run;
mod secret;
mod sizes;
mod status;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;

use crate::config::{Config, LogFormat, Provenance};
use crate::control::Command as Asked;
use crate::store::Store;
use args::{
    Args, AuditCommand, Command, CursorCommand, DeadLetterCommand, Placed, QuarantineCommand,
    SecretCommand,
};
use output::Output;

/// Exit codes of `bulkhead`, the same table that the README prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// What was asked for was done.
    Done,
    /// It was tried and failed, in part or whole.
    Failed,
    /// Configuration, arguments or other input are wrong; nothing was done.
    Usage,
    /// There was nothing to do.
    NothingDue,
    /// It was looked for, and found: what is stored contradicts itself, or something is not well.
    Found,
    /// As the child's program ended that did the work (`crash replay`).
    OfChild(u8),
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NothingDue => 3,
            Self::Found => 4,
            Self::OfChild(code) => code,
        }
    }
}

/// Runs the command line and returns how the process ends.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(help) => return args::explain(&help),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            return complain(&anyhow::Error::new(error).context("cannot start the runtime"));
        }
    };
    match runtime.block_on(Box::pin(answer(args))) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(error) => complain(&error),
    }
}

#[expect(clippy::print_stderr, reason = "the last word to a person")]
fn complain(error: &anyhow::Error) -> ExitCode {
    eprintln!("bulkhead: {}", words(error));
    ExitCode::from(
        if error.is::<args::BadInput>() {
            Exit::Usage
        } else {
            Exit::Failed
        }
        .code(),
    )
}

/// The error and its causes, but for those that a message before has repeated already.
fn words(error: &anyhow::Error) -> String {
    let mut words = String::new();
    for cause in error.chain() {
        let next = cause.to_string();
        if words.is_empty() {
            words = next;
        } else if !words.contains(&next) {
            words.push_str(": ");
            words.push_str(&next);
        }
    }
    words
}

async fn answer(args: Args) -> anyhow::Result<Exit> {
    let output = Output::new(args.output);
    match args.command {
        Command::Demo { keep } => {
            // The demo tells its own story; log lines would stand in between.
            log::start(LogFormat::Human, "off");
            Box::pin(demo::demo(keep.as_deref(), args.config.as_deref(), output)).await
        }
        Command::Placed(command) => {
            let place = Place::of(args.state_dir, args.config)?;
            log::start(place.config.log.format, "info");
            placed(&place, command, output).await
        }
    }
}

async fn placed(place: &Place, command: Placed, output: Output) -> anyhow::Result<Exit> {
    match command {
        Placed::Run { once } => Box::pin(run::run(place, once, output)).await,
        Placed::Doctor => doctor::doctor(place, output).await,
        Placed::Status { sizes: true } => sizes::sizes(place, output).await,
        Placed::Status { sizes: false } => status::status(place, output).await,
        Placed::Pause => control::command(place, &Asked::Pause, output).await,
        Placed::Resume => control::command(place, &Asked::Resume, output).await,
        Placed::Cancel { account } => {
            control::command(place, &Asked::Cancel { account }, output).await
        }
        Placed::Worker(command) => control::command(place, &command.into(), output).await,
        Placed::Account(command) => account::account(place, command, output).await,
        Placed::Application(command) => secret::application(place, command, output).await,
        Placed::Secret(SecretCommand::Rotate) => secret::rotate(place, output).await,
        Placed::Secret(SecretCommand::Forget { yes }) => {
            secret::forget::forget(place, yes, output).await
        }
        Placed::Crash(command) => crash::crash(place, command, output).await,
        Placed::DeadLetter(DeadLetterCommand::List { all }) => {
            dead_letter::list(place, all, output).await
        }
        Placed::DeadLetter(DeadLetterCommand::Show { id }) => {
            dead_letter::show(place, id, output).await
        }
        Placed::DeadLetter(DeadLetterCommand::Retry { id }) => {
            dead_letter::retry(place, id, output).await
        }
        Placed::History(query) => history::history(place, &query, output).await,
        Placed::Audit(AuditCommand::Verify { account }) => {
            audit::verify(place, account.as_deref(), output).await
        }
        Placed::Cursor(CursorCommand::Show { account, worker }) => {
            cursor::show(place, &account, worker, output).await
        }
        Placed::Cursor(CursorCommand::Set(set)) => cursor::set(place, &set, output).await,
        Placed::Quarantine(QuarantineCommand::List) => quarantine::list(place, output).await,
        Placed::Quarantine(QuarantineCommand::Release { account, worker }) => {
            control::command(place, &Asked::Release { account, worker }, output).await
        }
        Placed::Command(which) => control::commands(place, which, output).await,
    }
}

/// The settings, as file and environment say now.
fn load(state_dir: &Path, named: Option<&Path>) -> Result<Config, args::BadInput> {
    let beside = state_dir.join("bulkhead.toml");
    let file = named.or_else(|| beside.is_file().then_some(&*beside));
    let (config, _): (Config, Provenance) = Config::load(file, std::env::vars())?;
    Ok(config)
}

/// Where everything is.
#[derive(Debug)]
struct Place {
    state_dir: PathBuf,
    config: Config,
    /// The configuration file that was named; else one may be in the state directory.
    named: Option<PathBuf>,
}

impl Place {
    fn of(state_dir: Option<PathBuf>, file: Option<PathBuf>) -> anyhow::Result<Self> {
        let state_dir = args::state_dir(state_dir)?;
        let config = load(&state_dir, file.as_deref())?;
        Ok(Self {
            state_dir,
            config,
            named: file,
        })
    }

    /// There must be a database.
    fn check_database(&self) -> Result<(), args::BadInput> {
        if self.state_dir.join(crate::daemon::DATABASE).exists() {
            return Ok(());
        }
        Err(args::BadInput(format!(
            "there is no database in {}; add an account first (bulkhead account add), or name the right --state-dir",
            self.state_dir.display()
        )))
    }

    /// The database for reading: it must be there.
    async fn store(&self) -> anyhow::Result<Store> {
        self.check_database()?;
        crate::daemon::open_store(&self.state_dir, false)
            .await
            .context("cannot open the database")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let told = anyhow::Error::new(missing()).context("opening /a failed: entity not found");
        assert_eq!(words(&told), "opening /a failed: entity not found");
        let untold = anyhow::Error::new(missing()).context("opening /a failed");
        assert_eq!(words(&untold), "opening /a failed: entity not found");
    }
}
