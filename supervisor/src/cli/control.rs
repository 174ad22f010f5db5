//! What a person asks of a running service; without one, the same on the database, under the lock of the
//! state directory.

use std::fs::File;
use std::time::Duration;

use anyhow::bail;
use serde::Serialize;
use shared::time::Timestamp;

use super::args::{BadInput, CommandCommand, WorkerCommand};
use super::output::{Output, distance, table};
use super::{Exit, Place};
use crate::clock::Clock;
use crate::control::{self, Answer, AskError, Command};
use crate::daemon::{self, DaemonError};
use crate::os;
use crate::store::{CommandOutcome, CommandRow, StoreError};

/// How long a service may hold the lock and not listen: it begins with what an earlier one left open.
const STARTING: Duration = Duration::from_secs(10);
/// Between two looks at that.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Serialize)]
struct CommandAnswer {
    id: i64,
    command: String,
    /// `accepted`, `done`, `nothing` or `failed`.
    state: &'static str,
    said: Option<String>,
}

/// Has a command carried out.
pub(super) async fn command(
    place: &Place,
    command: &Command,
    output: Output,
) -> anyhow::Result<Exit> {
    place.check_database()?;
    match reach(place, command).await? {
        Reached::Service(Answer::Accepted { id }) => {
            let answer = CommandAnswer {
                id,
                command: command.to_string(),
                state: "accepted",
                said: None,
            };
            output.answer(&answer, |answer| {
                format!(
                    "accepted as command {id}; bulkhead command show {} tells what came of it",
                    answer.id
                )
            })?;
            Ok(Exit::Done)
        }
        Reached::Service(Answer::Refused { why }) => Err(BadInput(why).into()),
        Reached::Service(Answer::Unavailable { why }) => bail!("{why}"),
        Reached::Database(lock) => on_database(place, &lock, command, output).await,
    }
}

impl From<WorkerCommand> for Command {
    fn from(command: WorkerCommand) -> Self {
        let (account, worker, enabled) = match command {
            WorkerCommand::Enable { account, worker } => (account, worker, true),
            WorkerCommand::Disable { account, worker } => (account, worker, false),
        };
        Self::SetWorker {
            account,
            worker,
            enabled,
        }
    }
}

/// Who will do it.
enum Reached {
    Service(Answer),
    /// We, as long as we hold the lock.
    Database(File),
}

async fn reach(place: &Place, command: &Command) -> anyhow::Result<Reached> {
    let until = tokio::time::Instant::now() + STARTING;
    loop {
        let nobody = match control::ask(&place.state_dir, command) {
            Ok(answer) => return Ok(Reached::Service(answer)),
            Err(AskError::Path(fault)) => return Err(BadInput(fault).into()),
            Err(error @ AskError::NoAnswer { .. }) => return Err(error.into()),
            Err(nobody @ AskError::Nobody(_)) => nobody,
        };
        own_state_directory(place)?;
        match daemon::lock(&place.state_dir) {
            Ok(lock) => return Ok(Reached::Database(lock)),
            Err(DaemonError::Locked(_)) if tokio::time::Instant::now() < until => {
                tokio::time::sleep(LOOK).await;
            }
            Err(DaemonError::Locked(dir)) => bail!(
                "{nobody}, and yet a bulkhead has {}: wait until it has started or ended, then try again; nothing was done",
                dir.display()
            ),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Files that another user makes here would be closed to the service.
fn own_state_directory(place: &Place) -> anyhow::Result<()> {
    let dir = &place.state_dir;
    let Some(owner) = daemon::another_owner(dir)? else {
        return Ok(());
    };
    Err(BadInput(format!(
        "no service listens, and {} belongs to user {owner}: start the service, or run this as that user; nothing was done",
        dir.display()
    ))
    .into())
}

async fn on_database(
    place: &Place,
    lock: &File,
    command: &Command,
    output: Output,
) -> anyhow::Result<Exit> {
    if command.needs_service() {
        bail!(
            "no service runs on {}, and {command} is for one that does: start it (bulkhead run), or run what is due now (bulkhead run --once); nothing was done",
            place.state_dir.display()
        );
    }
    let store = daemon::open_store_locked(&place.state_dir, lock).await?;
    if let Some(why) = control::refusal(&store, command).await? {
        return Err(BadInput(why).into());
    }
    // What a service that was killed had accepted comes first: the last word counts.
    for row in store.open_commands().await?.into_iter().flatten() {
        let came = match control::left_open(&row.command) {
            control::LeftOpen::Do(earlier) => {
                control::carry_out(&store, &earlier, row.asked_by, Clock.now()).await?
            }
            control::LeftOpen::Over(came) => came,
        };
        store
            .end_command(row.id, came.outcome, &came.said, Clock.now())
            .await?;
    }
    let (by, text) = (os::user_id(), serde_json::to_string(command)?);
    let id = store.add_command(&text, by, Clock.now()).await?;
    let came = control::carry_out(&store, command, by, Clock.now()).await?;
    store
        .end_command(id, came.outcome, &came.said, Clock.now())
        .await?;
    let answer = CommandAnswer {
        id,
        command: command.to_string(),
        state: came.outcome.name(),
        said: Some(came.said),
    };
    output.answer(&answer, |answer| answer.said.clone().unwrap_or_default())?;
    Ok(exit(came.outcome))
}

const fn exit(outcome: CommandOutcome) -> Exit {
    match outcome {
        CommandOutcome::Done => Exit::Done,
        CommandOutcome::Nothing => Exit::NothingDue,
        CommandOutcome::Failed => Exit::Failed,
    }
}

#[derive(Serialize)]
struct RowAnswer {
    id: i64,
    command: String,
    /// `accepted` until it has come to its end.
    state: &'static str,
    said: Option<String>,
    /// The number of the user who asked.
    asked_by: u32,
    asked_at: String,
    ended_at: Option<String>,
}

/// `bulkhead command list|show`.
pub(super) async fn commands(
    place: &Place,
    which: CommandCommand,
    output: Output,
) -> anyhow::Result<Exit> {
    let store = place.store().await?;
    match which {
        CommandCommand::List { limit } => {
            let answers: Vec<RowAnswer> = store.commands(limit).await?.iter().map(view).collect();
            output.answer(&answers, |answers| listed(answers, Clock.now()))?;
        }
        CommandCommand::Show { id } => {
            let row = store
                .command(id)
                .await
                .map_err(|error| missing(id, error))?;
            output.answer(&view(&row), |row| {
                let said = row.said.as_deref();
                let said = said.unwrap_or("it is accepted, and not carried out yet");
                format!("{} (user {}): {said}", row.command, row.asked_by)
            })?;
        }
    }
    Ok(Exit::Done)
}

fn missing(id: i64, error: StoreError) -> anyhow::Error {
    if matches!(error, StoreError::NotFound { .. }) {
        let what = format!("there is no command {id}; bulkhead command list shows the newest");
        BadInput(what).into()
    } else {
        anyhow::Error::new(error)
    }
}

fn view(row: &CommandRow) -> RowAnswer {
    // As a person types it; one of another build as it is stored.
    let words = serde_json::from_str(&row.command).map(|command: Command| command.to_string());
    RowAnswer {
        id: row.id,
        command: words.unwrap_or_else(|_| row.command.clone()),
        state: row.outcome.map_or("accepted", CommandOutcome::name),
        said: row.said.clone(),
        asked_by: row.asked_by,
        asked_at: row.asked_at.to_string(),
        ended_at: row.ended_at.map(|at| at.to_string()),
    }
}

fn listed(answers: &[RowAnswer], now: Timestamp) -> String {
    if answers.is_empty() {
        return "nobody has asked anything yet".to_owned();
    }
    let head = ["ID", "COMMAND", "USER", "ASKED", "STATE", "WHAT CAME OF IT"];
    let asked = |at: &str| Timestamp::parse(at).map_or_else(String::new, |at| distance(at, now));
    let line = |answer: &RowAnswer| {
        vec![
            answer.id.to_string(),
            answer.command.clone(),
            answer.asked_by.to_string(),
            asked(&answer.asked_at),
            answer.state.to_owned(),
            answer.said.clone().unwrap_or_default(),
        ]
    };
    table(&head, answers.iter().map(line))
}
