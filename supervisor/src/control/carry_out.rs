//! What a command does to the database: the same whether a service does it or, without one, the
//! command line itself.

use shared::time::Timestamp;
use shared::worker::Worker;

use super::command::Command;
use crate::store::{Account, CommandOutcome, Halt, Store, StoreError};

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedOut {
    /// In a word.
    pub outcome: CommandOutcome,
    /// As a sentence.
    pub said: String,
}

impl CarriedOut {
    /// It was carried out.
    pub fn done(said: impl Into<String>) -> Self {
        Self::new(CommandOutcome::Done, said)
    }

    /// There was nothing to do.
    pub fn nothing(said: impl Into<String>) -> Self {
        Self::new(CommandOutcome::Nothing, said)
    }

    /// It could not be carried out.
    pub fn failed(said: impl Into<String>) -> Self {
        Self::new(CommandOutcome::Failed, said)
    }

    fn new(outcome: CommandOutcome, said: impl Into<String>) -> Self {
        let said = said.into();
        Self { outcome, said }
    }

    fn changed(changed: bool, done: String, nothing: String) -> Self {
        if changed {
            Self::done(done)
        } else {
            Self::nothing(nothing)
        }
    }
}

/// Why a command cannot be accepted: it asks for something that is not there.
pub async fn refusal(store: &Store, command: &Command) -> Result<Option<String>, StoreError> {
    let Some(name) = command.account() else {
        return Ok(None);
    };
    let Some(account) = store.account_named(name).await? else {
        return Ok(Some(unknown(name)));
    };
    let worker = match command {
        Command::SetWorker {
            worker,
            enabled: false,
            ..
        }
        | Command::Release { worker, .. } => *worker,
        Command::Pause
        | Command::Resume
        | Command::Run { .. }
        | Command::Cancel { .. }
        | Command::SetAccount { .. }
        | Command::SetWorker { .. } => return Ok(None),
    };
    let has = store.has_worker(account.id, worker).await?;
    Ok((!has).then(|| {
        format!("account {name} has no worker {worker}; bulkhead status shows those that it has")
    }))
}

/// Carries a command out, as far as that is the database's business. `by` is the number of the user
/// who asked.
pub async fn carry_out(
    store: &Store,
    command: &Command,
    by: u32,
    now: Timestamp,
) -> Result<CarriedOut, StoreError> {
    let account = match command.account() {
        None => None,
        Some(name) => match store.account_named(name).await? {
            None => return Ok(CarriedOut::failed(unknown(name))),
            known => known,
        },
    };
    match (command, account) {
        (Command::Pause, _) => pause(store, by, now).await,
        (Command::Resume, _) => resume(store, now).await,
        (Command::Run { .. }, Some(account)) => run(store, &account, now).await,
        (Command::SetAccount { enabled, .. }, Some(account)) => {
            set_account(store, &account, *enabled).await
        }
        (
            Command::SetWorker {
                worker, enabled, ..
            },
            Some(account),
        ) => set_worker(store, &account, (*worker, *enabled), now).await,
        (Command::Release { worker, .. }, Some(account)) => {
            let released = store.release_quarantine(account.id, *worker, now).await?;
            let whose = format!("{worker} of {}", account.name);
            Ok(CarriedOut::changed(
                released,
                format!("{whose} is released: it is due now, its tally is empty"),
                format!("{whose} was not in quarantine; nothing was changed"),
            ))
        }
        // What runs is the dispatcher's; and every other command has found its account above.
        (
            Command::Cancel { .. }
            | Command::Run { .. }
            | Command::SetAccount { .. }
            | Command::SetWorker { .. }
            | Command::Release { .. },
            _,
        ) => Ok(CarriedOut::nothing("no attempt was running")),
    }
}

async fn pause(store: &Store, by: u32, now: Timestamp) -> Result<CarriedOut, StoreError> {
    let halt = Halt { since: now, by };
    Ok(CarriedOut::changed(
        store.set_halt(Some(halt), now).await?,
        "no further attempt starts until bulkhead resume; what runs comes to its end".to_owned(),
        "starting was paused already; nothing was changed".to_owned(),
    ))
}

async fn resume(store: &Store, now: Timestamp) -> Result<CarriedOut, StoreError> {
    Ok(CarriedOut::changed(
        store.set_halt(None, now).await?,
        "attempts start again".to_owned(),
        "starting was not paused; nothing was changed".to_owned(),
    ))
}

async fn run(store: &Store, account: &Account, now: Timestamp) -> Result<CarriedOut, StoreError> {
    let name = &account.name;
    if !account.enabled {
        return Ok(CarriedOut::failed(format!(
            "account {name} is disabled: bulkhead account enable {name}"
        )));
    }
    let workers = store.make_due(account.id, now).await?;
    let mut said = match workers {
        0 => {
            return Ok(CarriedOut::failed(format!(
                "account {name} has no enabled worker: bulkhead worker enable {name} WORKER"
            )));
        }
        1 => format!("1 worker of {name} is due now"),
        workers => format!("{workers} workers of {name} are due now"),
    };
    if store.halt().await?.is_some() {
        said.push_str(", but starting is paused: bulkhead resume");
    } else if let Some(trouble) = &account.trouble {
        said.push_str(", but the account waits for a token (");
        said.push_str(&trouble.state);
        said.push(')');
    }
    Ok(CarriedOut::done(said))
}

async fn set_account(
    store: &Store,
    account: &Account,
    enabled: bool,
) -> Result<CarriedOut, StoreError> {
    let name = &account.name;
    let changed = store.set_account_enabled(account.id, enabled).await?;
    let word = if enabled { "enabled" } else { "disabled" };
    let done = if enabled {
        format!("account {name} is enabled: it runs when it is due")
    } else {
        format!(
            "account {name} is disabled: no further attempt starts; bulkhead cancel {name} ends one that runs"
        )
    };
    let nothing = format!("account {name} was {word} already; nothing was changed");
    Ok(CarriedOut::changed(changed, done, nothing))
}

async fn set_worker(
    store: &Store,
    account: &Account,
    (worker, enabled): (Worker, bool),
    now: Timestamp,
) -> Result<CarriedOut, StoreError> {
    let id = account.id;
    let changed = store.set_worker_enabled(id, worker, enabled, now).await?;
    let whose = format!("{worker} of {}", account.name);
    let word = if enabled { "enabled" } else { "disabled" };
    let done = if enabled {
        format!("{whose} is enabled: it runs when it is due")
    } else {
        format!("{whose} is disabled: no further run of it starts")
    };
    let nothing = format!("{whose} was {word} already; nothing was changed");
    Ok(CarriedOut::changed(changed, done, nothing))
}

fn unknown(name: &str) -> String {
    format!(
        "there is no account {}; bulkhead account list shows them",
        name.escape_debug()
    )
}
