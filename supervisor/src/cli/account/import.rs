//! `bulkhead account import FILE`: many accounts at once, all or none.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use shared::secret::Secret;
use shared::worker::Worker;

use super::super::args::BadInput;
use super::super::output::Output;
use super::super::{Exit, Place, secret};
use super::listed::{Entry, Listed, read};
use super::{connect, name_fault, place_fault};
use crate::child::redact::without_tokens;
use crate::clock::Clock;
use crate::daemon;
use crate::store::{self, NewToken};
use crate::tokens::vault::{VaultError, seal_with};

/// The most bytes that a file may have.
const MAX_FILE: u64 = 16 * 1024 * 1024;

#[derive(Serialize)]
struct Imported {
    added: Vec<String>,
}

/// An entry with everything that it leaves out.
struct Account {
    name: String,
    environment: String,
    marketplace: String,
    workers: Vec<Worker>,
    token: NewToken,
}

pub(in crate::cli) async fn import(
    place: &Place,
    path: &Path,
    output: Output,
) -> anyhow::Result<Exit> {
    let unreadable =
        |why: String| BadInput(format!("{}: {why}; nothing was added", path.display()));
    let size = std::fs::metadata(path)
        .map_err(|error| unreadable(error.to_string()))?
        .len();
    if size > MAX_FILE {
        return Err(unreadable(format!("it is larger than {MAX_FILE} bytes")).into());
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let store = daemon::open_store(&place.state_dir, true).await?;
    let accounts = good(place, path, &text, store.readable_accounts().await?.0)?;
    let new: Vec<_> = accounts.iter().map(in_store).collect();
    let vault = secret::vault(place, &store);
    let keys = if new
        .iter()
        .any(|(_, token)| matches!(token, NewToken::OAuth(_)))
    {
        Some(secret::keys(&vault).await?)
    } else {
        None
    };
    let seal = |of: &store::SecretOf, refresh_token: &Secret| {
        let keys = keys.as_ref().ok_or(VaultError::NoKey)?;
        Ok::<_, VaultError>(seal_with(keys, of, refresh_token)?)
    };
    let added = store.add_accounts(&new, seal, Clock.now()).await;
    added.map_err(|error| super::exists_or(error, "an account of the file"))?;
    let added = accounts.into_iter().map(|account| account.name).collect();
    output.answer(&Imported { added }, |imported| {
        format!("{} accounts added", imported.added.len())
    })?;
    Ok(Exit::Done)
}

/// Every account of the file, or all that is wrong with it.
fn good(
    place: &Place,
    path: &Path,
    text: &str,
    known: Vec<store::Account>,
) -> Result<Vec<Account>, BadInput> {
    let Listed {
        entries,
        mut faults,
    } = read(text);
    let mut names: BTreeSet<String> = known.into_iter().map(|account| account.name).collect();
    let mut accounts = Vec::new();
    for (at, entry) in entries {
        match account(place, entry) {
            Ok(account) if !names.insert(account.name.clone()) => {
                faults.push((at, format!("there is an account {} already", account.name)));
            }
            Ok(account) => accounts.push(account),
            // With one comma too many a token stands where a name is expected.
            Err(why) => faults.push((at, without_tokens(&why))),
        }
    }
    let file = path.display();
    if !faults.is_empty() {
        faults.sort();
        let lines = faults.iter().map(|(at, why)| format!("{file}:{at}: {why}"));
        let all = lines.collect::<Vec<_>>().join("\n  ");
        return Err(BadInput(format!(
            "{} faults, nothing was added:\n  {all}",
            faults.len()
        )));
    }
    if accounts.is_empty() {
        return Err(BadInput(format!(
            "{file}: it has no accounts; nothing was added"
        )));
    }
    Ok(accounts)
}

fn in_store(account: &Account) -> (store::NewAccount<'_>, NewToken) {
    let new = store::NewAccount {
        name: &account.name,
        environment: &account.environment,
        marketplace: &account.marketplace,
        token_file: "",
        workers: &account.workers,
    };
    (new, account.token.clone())
}

/// What an entry means, or what is wrong with it.
fn account(place: &Place, entry: Entry) -> Result<Account, String> {
    let name = entry.name.ok_or("there is no name")?;
    let environment = entry.environment.unwrap_or_else(|| "production".to_owned());
    let marketplace = entry.marketplace.unwrap_or_else(|| "EBAY_US".to_owned());
    if let Some(why) = name_fault(&name).or_else(|| place_fault(place, &environment, &marketplace))
    {
        return Err(why);
    }
    let given = (entry.token_file, entry.refresh_token, entry.ebay_account);
    let token = match given {
        (Some(path), None, None) => {
            let path = connect::token_file(Path::new(&path)).map_err(|error| error.to_string())?;
            NewToken::File(path)
        }
        (None, Some(refresh_token), None) => {
            if !refresh_token.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err("refresh_token has white space in it".to_owned());
            }
            NewToken::OAuth(Secret::new(refresh_token))
        }
        (None, None, Some(id)) => {
            connect::check_web_app(&id).map_err(|error| error.to_string())?;
            NewToken::WebApp(id)
        }
        _ => return Err("give one of token_file, refresh_token, ebay_account".to_owned()),
    };
    let mut workers = Vec::new();
    let words = entry.workers.unwrap_or_default();
    for word in words.split([',', ' ']).filter(|word| !word.is_empty()) {
        let worker = Worker::from_name(word).ok_or_else(|| format!("there is no worker {word}"))?;
        if !workers.contains(&worker) {
            workers.push(worker);
        }
    }
    if workers.is_empty() {
        workers.extend(Worker::ALL);
    }
    Ok(Account {
        name,
        environment,
        marketplace,
        workers,
        token,
    })
}
