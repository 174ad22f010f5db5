//! `bulkhead account`: adding and listing; the rest is asked of the service.

use std::path::Path;

use serde::Serialize;
use shared::id::AccountId;
use shared::time::Timestamp;
use shared::worker::Worker;

use super::args::{AccountCommand, BadInput, NewAccount};
use super::output::{Output, table};
use super::{Exit, Place, control};
use crate::clock::Clock;
use crate::control::Command;
use crate::store::{self, Account, Store, StoreError};
use crate::{daemon, tokens};

/// The longest name of an account, in characters.
const MAX_NAME: usize = 64;

#[derive(Serialize)]
struct AccountAnswer {
    account_id: AccountId,
    name: String,
    environment: String,
    marketplace: String,
    token_file: String,
    enabled: bool,
    token_state: String,
    created_at: String,
}

pub(super) async fn account(
    place: &Place,
    command: AccountCommand,
    output: Output,
) -> anyhow::Result<Exit> {
    let asked = match command {
        AccountCommand::Add(new) => return add(place, &new, output).await,
        AccountCommand::List => return list(place, output).await,
        AccountCommand::Run { name: account } => Command::Run { account },
        AccountCommand::Enable { name: account } => Command::SetAccount {
            account,
            enabled: true,
        },
        AccountCommand::Disable { name: account } => Command::SetAccount {
            account,
            enabled: false,
        },
    };
    control::command(place, &asked, output).await
}

async fn add(place: &Place, new: &NewAccount, output: Output) -> anyhow::Result<Exit> {
    check(place, new)?;
    let token_file = std::path::absolute(&new.token_file)?;
    tokens::read(&token_file).map_err(|problem| {
        BadInput(format!(
            "{problem}; write the account's access token there first. Nothing was added"
        ))
    })?;
    let workers = if new.workers.is_empty() {
        &Worker::ALL[..]
    } else {
        &new.workers
    };
    let account = store::NewAccount {
        name: &new.name,
        environment: &new.environment,
        marketplace: &new.marketplace,
        token_file: path_text(&token_file)?,
        workers,
    };
    let store = daemon::open_store(&place.state_dir, true).await?;
    let id = store
        .add_account(&account, Clock.now())
        .await
        .map_err(|error| {
            if matches!(error, StoreError::AlreadyExists { .. }) {
                BadInput(format!(
                    "there is an account {} already; nothing was added",
                    new.name
                ))
                .into()
            } else {
                anyhow::Error::new(error)
            }
        })?;
    let added = store
        .accounts()
        .await?
        .into_iter()
        .find(|account| account.id == id);
    if let Some(account) = added {
        output.answer(&view(account), |account| {
            format!("account {} added; a running service takes it up within seconds, or try: bulkhead run --once", account.name)
        })?;
    }
    Ok(Exit::Done)
}

/// The account of that name.
pub(super) async fn named(store: &Store, name: &str) -> anyhow::Result<Account> {
    let accounts = store.accounts().await?;
    let found = accounts.into_iter().find(|account| account.name == name);
    found.ok_or_else(|| {
        BadInput(format!(
            "there is no account {name}; bulkhead account list shows them"
        ))
        .into()
    })
}

async fn list(place: &Place, output: Output) -> anyhow::Result<Exit> {
    let accounts: Vec<AccountAnswer> = place
        .store()
        .await?
        .accounts()
        .await?
        .into_iter()
        .map(view)
        .collect();
    output.answer(&accounts, |accounts| {
        let head = [
            "ACCOUNT",
            "ENVIRONMENT",
            "MARKETPLACE",
            "ENABLED",
            "TOKEN",
            "TOKEN FILE",
        ];
        table(
            &head,
            accounts.iter().map(|account| {
                vec![
                    account.name.clone(),
                    account.environment.clone(),
                    account.marketplace.clone(),
                    if account.enabled { "yes" } else { "no" }.to_owned(),
                    account.token_state.clone(),
                    account.token_file.clone(),
                ]
            }),
        )
    })?;
    Ok(Exit::Done)
}

fn view(account: Account) -> AccountAnswer {
    AccountAnswer {
        account_id: account.id,
        name: account.name,
        environment: account.environment,
        marketplace: account.marketplace,
        token_file: account.token_file.display().to_string(),
        enabled: account.enabled,
        token_state: account.token_state.unwrap_or_else(|| "ok".to_owned()),
        created_at: Timestamp::to_string(&account.created_at),
    }
}

fn check(place: &Place, new: &NewAccount) -> Result<(), BadInput> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if new.name.is_empty() || new.name.len() > MAX_NAME || !new.name.chars().all(legal) {
        return Err(BadInput(format!(
            "account name '{}': use 1 to {MAX_NAME} letters, digits, '.', '_' or '-'; nothing was added",
            new.name.escape_debug()
        )));
    }
    if place.config.endpoints(&new.environment).is_none() {
        return Err(BadInput(format!(
            "--environment {0}: there is no such environment; use production or sandbox, or add [environments.{0}] with api and apiz to the configuration. Nothing was added",
            new.environment
        )));
    }
    let upper = |c: char| c.is_ascii_uppercase() || c == '_';
    if !new.marketplace.starts_with("EBAY_") || !new.marketplace.chars().all(upper) {
        return Err(BadInput(format!(
            "--marketplace {}: eBay's marketplaces look like EBAY_US; nothing was added",
            new.marketplace.escape_debug()
        )));
    }
    Ok(())
}

fn path_text(path: &Path) -> Result<&str, BadInput> {
    path.to_str().ok_or_else(|| {
        BadInput(format!(
            "--token-file {}: the path is not UTF-8",
            path.display()
        ))
    })
}
