//! The command line's grammar.

mod account;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use shared::build::BUILD;
use shared::table::Table;
use shared::time::Timestamp;
use shared::worker::Worker;

use crate::config::{Bytes, ConfigError, Span};
use crate::outcome::CrashId;
pub(super) use account::{
    AccountCommand, ApplicationCommand, CommandCommand, NewAccount, NewApplication, SecretCommand,
    SetToken, TokenFrom, WorkerCommand,
};

/// Keeps eBay accounts mirrored in a database; one account's crash stays its own.
#[derive(Debug, Parser)]
#[command(name = "bulkhead", version = BUILD, about, max_term_width = 100)]
pub(super) struct Args {
    /// Where the database, crash reports and the lock are. Default: `$STATE_DIRECTORY`, or
    /// `~/.local/state/bulkhead`.
    #[arg(long, global = true, env = "BULKHEAD_STATE_DIR", value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// The configuration file. Default: bulkhead.toml in the state directory, if it is there.
    #[arg(long, global = true, env = "BULKHEAD_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How answers are printed.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub output: Format,
    #[command(subcommand)]
    pub command: Command,
}

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    #[command(flatten)]
    Placed(Placed),
    /// Show what Bulkhead is for: a simulated eBay with dangerous accounts.
    ///
    /// No credentials, no network; ends by itself in under two minutes. Exit 0 if isolation held,
    /// 1 if not. A --config lies over the demo's own settings.
    Demo {
        /// Leave the state directory there for the other commands.
        #[arg(long, value_name = "DIR")]
        keep: Option<PathBuf>,
    },
}

/// Commands on a state directory.
#[derive(Debug, Subcommand)]
pub(super) enum Placed {
    /// Sync accounts until SIGTERM or SIGINT, which lets running attempts finish.
    Run {
        /// Run only what is due now, then stop: exit 0 if every run completed or snoozed, 1 if
        /// not, 3 if nothing was due.
        #[arg(long)]
        once: bool,
    },
    /// How every worker of every account stands.
    Status {
        /// Instead: how large everything is that is kept.
        #[arg(long)]
        sizes: bool,
    },
    /// Start no further attempt until `resume`; what runs comes to its end.
    Pause,
    /// Start attempts again.
    Resume,
    /// End the running attempt of an account. What it has committed stays, nothing is charged, and it
    /// runs again when it is due.
    Cancel {
        /// The account's name.
        account: String,
    },
    /// Workers of an account.
    #[command(subcommand)]
    Worker(WorkerCommand),
    /// What was asked of the service, and what came of it.
    #[command(subcommand)]
    Command(CommandCommand),
    /// Accounts.
    #[command(subcommand)]
    Account(AccountCommand),
    /// eBay applications: what connects accounts by OAuth.
    #[command(subcommand)]
    Application(ApplicationCommand),
    /// The key of the secrets in the database.
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Crash reports.
    #[command(subcommand)]
    Crash(CrashCommand),
    /// Workers that are not run because they kept failing.
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Items that are passed over because runs died of them.
    #[command(subcommand)]
    DeadLetter(DeadLetterCommand),
    /// Look at everything that a sync needs, and say what to do about what is not well.
    ///
    /// Exit 0 if nothing needs doing, 4 if something does. Starts a real child for a moment.
    Doctor,
    /// The life of an item: when it was created, every change field by field, its end.
    History(HistoryQuery),
    /// Whether what is stored fits together.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// How far a worker has read, and moving that by hand.
    #[command(subcommand)]
    Cursor(CursorCommand),
}

#[derive(Debug, Subcommand)]
pub(super) enum CrashCommand {
    /// The latest crash reports.
    List {
        /// How many at most.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// One crash report.
    Show {
        /// Its id, for example 17-orders.
        id: CrashId,
    },
    /// Bring a death or failure about again, offline, from its recording.
    ///
    /// The same as `worker-child replay` on its directory: exit 0 if it ends the same way, 1 if it
    /// differs or cannot be replayed.
    Replay {
        /// Its id.
        id: CrashId,
        /// Without the limits that it had, to look further than they allowed.
        #[arg(long)]
        no_limits: bool,
    },
    /// Pack a report, the orders and the recording into one file to pass on.
    ///
    /// It is searched for access tokens first; if one is found, nothing is written. It holds what
    /// eBay sent, buyers' names and addresses included.
    Export {
        /// Its id.
        id: CrashId,
        /// The file to write; it must not exist. Default: `bulkhead-crash-ID.tar` here.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Remove old reports and recordings, the oldest first; `[crashes]` has the defaults.
    ///
    /// `bulkhead run` does the same at its start and once an hour. What an open dead letter or a
    /// running attempt needs stays.
    Prune {
        /// Keep what is not older, for example 30d.
        #[arg(long, value_name = "AGE")]
        older_than: Option<Span>,
        /// Keep at most so many.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        keep: Option<u64>,
        /// Keep at most so many bytes, for example 1GiB; recordings go before reports.
        #[arg(long, value_name = "SIZE")]
        max_bytes: Option<Bytes>,
        /// Say what would be removed, and remove nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum QuarantineCommand {
    /// What is in quarantine, until when.
    List,
    /// Let a worker of an account run again, now and with a clean tally.
    Release {
        /// The account's name.
        account: String,
        /// The worker.
        #[arg(value_parser = worker)]
        worker: Worker,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum DeadLetterCommand {
    /// Those that are not resolved, oldest first.
    List {
        /// The resolved ones, too.
        #[arg(long)]
        all: bool,
    },
    /// One of them.
    Show {
        /// Its number.
        id: i64,
    },
    /// Have the next run read the item again, and make its worker due now.
    Retry {
        /// Its number.
        id: i64,
    },
}

/// Which item.
#[derive(Debug, clap::Args)]
pub(super) struct HistoryQuery {
    /// What it is, for example order, listing or return.
    #[arg(value_parser = entity)]
    pub entity: Table,
    /// Its key, one argument for each part; the first part alone finds every item that it begins.
    #[arg(required = true, value_name = "ID")]
    pub id: Vec<String>,
    /// Of this account only. Default: of all.
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// How many events of each item at most: the newest ones.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
}

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Prove from the database alone that nothing is missing: the ledger of every worker has no gap,
    /// the history gives exactly the rows, and each row is what was stored.
    ///
    /// Exit 0 if it holds, 4 if something was found. Runs beside a supervisor that writes.
    Verify {
        /// Of this account only. Default: of all.
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum CursorCommand {
    /// How far a worker of an account has read, what was declared as a gap, and who moved it.
    Show {
        /// The account's name.
        account: String,
        /// The worker.
        #[arg(value_parser = worker)]
        worker: Worker,
    },
    /// Move it: back, and what lies after it is read again; forward, and a gap stays.
    ///
    /// Refused while an attempt of the account runs.
    Set(CursorSet),
}

/// A cursor to move.
#[derive(Debug, clap::Args)]
pub(super) struct CursorSet {
    /// The account's name.
    pub account: String,
    /// The worker.
    #[arg(value_parser = worker)]
    pub worker: Worker,
    /// Where to, for example 2026-06-18T00:00:00Z.
    #[arg(value_parser = time)]
    pub time: Timestamp,
    /// Leave what lies between unread, for ever: it enters the ledger as a gap.
    #[arg(long, requires = "reason")]
    pub accept_gap: bool,
    /// Why; it stays with the move.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// Wrong input: nothing was done.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct BadInput(pub String);

impl From<ConfigError> for BadInput {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}

/// Prints clap's help or complaint.
pub(super) fn explain(help: &clap::Error) -> ExitCode {
    // Nobody reads it: nothing to do about that.
    drop(help.print());
    ExitCode::from(if help.use_stderr() { 2 } else { 0 })
}

/// The state directory: as said, or where a service or a person keeps such things.
pub(super) fn state_dir(said: Option<PathBuf>) -> Result<PathBuf, BadInput> {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state/bulkhead"));
    let found = said
        .or_else(|| std::env::var_os("STATE_DIRECTORY").map(PathBuf::from))
        .or_else(home);
    let path = found.ok_or_else(|| {
        BadInput("no home directory: name a state directory with --state-dir".to_owned())
    })?;
    std::path::absolute(&path)
        .map_err(|error| BadInput(format!("--state-dir {}: {error}", path.display())))
}

fn worker(name: &str) -> Result<Worker, String> {
    Worker::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Worker::ALL.into_iter().map(Worker::name).collect();
        format!("there is no such worker; there are {}", known.join(", "))
    })
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .ok_or_else(|| "write it as RFC 3339, for example 2026-06-18T00:00:00Z".to_owned())
}

fn entity(name: &str) -> Result<Table, String> {
    let mut tables = Table::ALL.into_iter();
    tables
        .find(|table| table.def().entity == name)
        .ok_or_else(|| {
            let known = Table::ALL.map(|table| table.def().entity);
            format!("there is no such entity; there are {}", known.join(", "))
        })
}
