//! `bulkhead account`: adding, importing and listing, other tokens; the rest is asked of the service.

mod code;
mod connect;
pub(super) mod import;
mod listed;

use serde::Serialize;
use shared::id::AccountId;
use shared::secret::Secret;
use shared::time::Timestamp;
use shared::worker::Worker;

use super::args::{AccountCommand, BadInput, NewAccount, SetToken, TokenFrom};
use super::output::{Output, table};
use super::{Exit, Place, control, secret};
use crate::clock::Clock;
use crate::control::Command;
use crate::daemon;
use crate::store::{self, Account, NewToken, Sealed, SecretOf, Store, StoreError, TokenSource};
use crate::tokens::Whose;
use crate::tokens::key::Keyring;
use crate::tokens::vault::{VaultError, seal_with};

/// The longest name of an account, in characters.
const MAX_NAME: usize = 64;

#[derive(Serialize)]
struct AccountAnswer {
    account_id: AccountId,
    name: String,
    environment: String,
    marketplace: String,
    token_source: &'static str,
    token_file: String,
    ebay_account: Option<String>,
    enabled: bool,
    token_state: String,
    token_detail: Option<String>,
    created_at: String,
}

pub(super) async fn account(
    place: &Place,
    command: AccountCommand,
    output: Output,
) -> anyhow::Result<Exit> {
    let asked = match command {
        AccountCommand::Add(new) => return Box::pin(add(place, &new, output)).await,
        AccountCommand::Import { file } => return import::import(place, &file, output).await,
        AccountCommand::SetToken(new) => return Box::pin(set_token(place, &new, output)).await,
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
    let fault = name_fault(&new.name)
        .or_else(|| place_fault(place, &new.environment, &new.marketplace))
        .map(|fault| BadInput(format!("{fault}; nothing was added")));
    if let Some(fault) = fault {
        return Err(fault.into());
    }
    let workers = if new.workers.is_empty() {
        &Worker::ALL[..]
    } else {
        &new.workers
    };
    let account = store::NewAccount {
        name: &new.name,
        environment: &new.environment,
        marketplace: &new.marketplace,
        token_file: "",
        workers,
    };
    check_file(&new.token)?;
    let store = daemon::open_store(&place.state_dir, true).await?;
    let exists = || {
        BadInput(format!(
            "there is an account {} already; nothing was added",
            new.name
        ))
    };
    if store.account_named(&new.name).await?.is_some() {
        return Err(exists().into());
    }
    let whose = Whose {
        id: None,
        name: Some(&new.name),
    };
    let to = (new.environment.as_str(), whose);
    let token = connect::token(place, &store, &new.token, to).await?;
    let keys = keys_for(place, &store, &token).await?;
    let added = store
        .add_accounts(&[(account, token)], sealer(keys.as_ref()), Clock.now())
        .await;
    added.map_err(|error| exists_or(error, &format!("account {}", new.name)))?;
    let added = store.account_named(&new.name).await?;
    if let Some(account) = added {
        output.answer(&view(account), |account| {
            format!("account {} added; a running service takes it up within seconds, or try: bulkhead run --once", account.name)
        })?;
    }
    Ok(Exit::Done)
}

/// `bulkhead account set-token`: other tokens for an account that is there.
pub(super) async fn set_token(
    place: &Place,
    new: &SetToken,
    output: Output,
) -> anyhow::Result<Exit> {
    let store = place.store().await?;
    let account = named(&store, &new.name).await?;
    let whose = Whose {
        id: Some(account.id),
        name: Some(&account.name),
    };
    let to = (account.environment.as_str(), whose);
    let token = connect::token(place, &store, &new.token, to).await?;
    let keys = keys_for(place, &store, &token).await?;
    store
        .set_token(account.id, &token, sealer(keys.as_ref()), Clock.now())
        .await?;
    let account = named(&store, &new.name).await?;
    output.answer(&view(account), |account| {
        format!(
            "account {} has its tokens from {} now; it runs when it is due",
            account.name, account.token_source
        )
    })?;
    Ok(Exit::Done)
}

/// An account that someone else has just added is wrong input; anything else is not.
fn exists_or(error: VaultError, what: &str) -> anyhow::Error {
    if matches!(error, VaultError::Store(StoreError::AlreadyExists { .. })) {
        return BadInput(format!("{what} exists already; nothing was added")).into();
    }
    error.into()
}

/// A bad file is told before anything is made.
fn check_file(from: &TokenFrom) -> anyhow::Result<()> {
    match &from.token_file {
        Some(path) => connect::token_file(path).map(|_| ()),
        None => Ok(()),
    }
}

/// The keys, if the token must be encrypted.
async fn keys_for(
    place: &Place,
    store: &Store,
    token: &NewToken,
) -> anyhow::Result<Option<Keyring>> {
    Ok(match token {
        NewToken::OAuth(_) => Some(secret::keys(&secret::vault(place, store)).await?),
        NewToken::File(_) | NewToken::WebApp(_) => None,
    })
}

/// What encrypts refresh tokens with these keys.
fn sealer(keys: Option<&Keyring>) -> impl Fn(&SecretOf, &Secret) -> Result<Sealed, VaultError> {
    move |of, refresh_token| {
        let keys = keys.ok_or(VaultError::NoKey)?;
        Ok(seal_with(keys, of, refresh_token)?)
    }
}

/// The account of that name.
pub(super) async fn named(store: &Store, name: &str) -> anyhow::Result<Account> {
    store.account_named(name).await?.ok_or_else(|| {
        BadInput(format!(
            "there is no account {name}; bulkhead account list shows them"
        ))
        .into()
    })
}

async fn list(place: &Place, output: Output) -> anyhow::Result<Exit> {
    let (accounts, broken) = place.store().await?.readable_accounts().await?;
    for error in broken {
        tracing::error!(%error, "an account cannot be read and is not listed");
    }
    let accounts: Vec<AccountAnswer> = accounts.into_iter().map(view).collect();
    output.answer(&accounts, |accounts| {
        let head = [
            "ACCOUNT",
            "ENVIRONMENT",
            "MARKETPLACE",
            "ENABLED",
            "TOKEN",
            "TOKENS FROM",
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
                    account.origin(),
                ]
            }),
        )
    })?;
    Ok(Exit::Done)
}

impl AccountAnswer {
    /// Where its tokens come from, for a person.
    fn origin(&self) -> String {
        match &self.ebay_account {
            Some(id) => format!("{} ({id})", self.token_source),
            None if self.token_file.is_empty() => self.token_source.to_owned(),
            None => self.token_file.clone(),
        }
    }
}

fn view(account: Account) -> AccountAnswer {
    let trouble = account.trouble;
    AccountAnswer {
        account_id: account.id,
        name: account.name,
        environment: account.environment,
        marketplace: account.marketplace,
        token_source: account.source.name(),
        ebay_account: match account.source {
            TokenSource::WebApp(id) => Some(id),
            TokenSource::File | TokenSource::OAuth => None,
        },
        token_file: account.token_file.display().to_string(),
        enabled: account.enabled,
        token_state: trouble
            .as_ref()
            .map_or_else(|| "ok".to_owned(), |trouble| trouble.state.clone()),
        token_detail: trouble.and_then(|trouble| trouble.detail),
        created_at: Timestamp::to_string(&account.created_at),
    }
}

/// What is wrong with an account's name.
fn name_fault(name: &str) -> Option<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (name.is_empty() || name.len() > MAX_NAME || !name.chars().all(legal)).then(|| {
        format!(
            "account name '{}': use 1 to {MAX_NAME} letters, digits, '.', '_' or '-'",
            name.escape_debug()
        )
    })
}

/// What is wrong with where an account is.
fn place_fault(place: &Place, environment: &str, marketplace: &str) -> Option<String> {
    if place.config.endpoints(environment).is_none() {
        return Some(format!(
            "--environment {environment}: there is no such environment; use production or sandbox, or add [environments.{environment}] with api and apiz to the configuration"
        ));
    }
    let upper = |c: char| c.is_ascii_uppercase() || c == '_';
    (!marketplace.starts_with("EBAY_") || !marketplace.chars().all(upper)).then(|| {
        format!(
            "--marketplace {}: eBay's marketplaces look like EBAY_US",
            marketplace.escape_debug()
        )
    })
}
