//! `bulkhead secret rotate|forget`, `bulkhead application set|list`: secrets at rest.

pub(super) mod forget;

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use shared::secret::Secret;

use super::args::{ApplicationCommand, BadInput, NewApplication};
use super::output::{Output, table};
use super::{Exit, Place};
use crate::clock::Clock;
use crate::daemon;
use crate::store::{SecretOf, Store};
use crate::tokens::key::{KeySource, Keyring};
use crate::tokens::vault::{Application, Rotated, Vault};

/// The longest secret that is taken from a file, in bytes.
const MAX_SECRET: u64 = 16 * 1024;

#[derive(Serialize)]
struct RotatedAnswer {
    secrets: usize,
    key_id: String,
    keys_to_remove: Vec<String>,
    settled: bool,
}

#[derive(Serialize)]
struct ApplicationAnswer {
    environment: String,
    client_id: Option<String>,
    ru_name: Option<String>,
    key_id: String,
    stored_at: String,
    problem: Option<String>,
}

/// The secrets of this place.
pub(super) fn vault(place: &Place, store: &Store) -> Vault {
    Vault::new(store.clone(), &place.state_dir, |name| {
        std::env::var_os(name)
    })
}

/// The keys, made if there are none; a person is told to keep a new one safe.
#[expect(clippy::print_stderr, reason = "beside the answer")]
pub(super) async fn keys(vault: &Vault) -> anyhow::Result<Keyring> {
    let (keys, made) = vault.keys_or_new().await?;
    if made {
        eprintln!(
            "bulkhead: made the key {} for the secrets in the database. Back it up apart from the \
             database: without it every account must be connected again.",
            keys.source()
        );
    }
    Ok(keys)
}

/// Reads a secret from a file, or from standard input if it is `-`. White space around it is ignored.
pub(super) fn secret_in(path: &Path, what: &str) -> Result<Secret, BadInput> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin()
            .take(MAX_SECRET + 1)
            .read_to_string(&mut text)
    } else {
        std::fs::File::open(path)
            .and_then(|file| file.take(MAX_SECRET + 1).read_to_string(&mut text))
    };
    let fault = |why: &str| {
        BadInput(format!(
            "{what} {}: {why}; nothing was stored",
            path.display()
        ))
    };
    let size = read.map_err(|error| fault(&error.to_string()))?;
    let secret = text.trim();
    if secret.is_empty() {
        return Err(fault("it is empty"));
    }
    if size as u64 > MAX_SECRET || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(fault(
            "it is no secret of eBay's: one line without white space, at most 16 KiB",
        ));
    }
    Ok(Secret::new(secret.to_owned()))
}

pub(super) async fn application(
    place: &Place,
    command: ApplicationCommand,
    output: Output,
) -> anyhow::Result<Exit> {
    match command {
        ApplicationCommand::Set(new) => set(place, &new, output).await,
        ApplicationCommand::List => list(place, output).await,
    }
}

async fn set(place: &Place, new: &NewApplication, output: Output) -> anyhow::Result<Exit> {
    if place.config.endpoints(&new.environment).is_none() {
        return Err(BadInput(format!(
            "--environment {0}: there is no such environment; use production or sandbox, or add [environments.{0}] to the configuration. Nothing was stored",
            new.environment
        ))
        .into());
    }
    for (name, value) in [("--client-id", &new.client_id), ("--ru-name", &new.ru_name)] {
        if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            let why = format!("{name}: one word without white space; nothing was stored");
            return Err(BadInput(why).into());
        }
    }
    let application = Application {
        client_id: new.client_id.clone(),
        client_secret: secret_in(&new.secret_file, "--secret-file")?,
        ru_name: new.ru_name.clone(),
    };
    let store = daemon::open_store(&place.state_dir, true).await?;
    let vault = vault(place, &store);
    let keys = keys(&vault).await?;
    vault
        .put_application(&keys, &new.environment, &application, Clock.now())
        .await?;
    output.answer(&new.environment, |environment| {
        format!("the application of {environment} is stored, encrypted; connect an account: bulkhead account add NAME --oauth --environment {environment}")
    })?;
    Ok(Exit::Done)
}

async fn list(place: &Place, output: Output) -> anyhow::Result<Exit> {
    let store = place.store().await?;
    let vault = vault(place, &store);
    let mut answers = Vec::new();
    for secret in store.secrets().await? {
        let SecretOf::Application(environment) = secret.of else {
            continue;
        };
        let (known, problem) = match vault.application(&environment).await {
            Ok(found) => (found.map(|(application, _)| application), None),
            Err(error) => (None, Some(error.to_string())),
        };
        answers.push(ApplicationAnswer {
            environment,
            client_id: known.as_ref().map(|known| known.client_id.clone()),
            ru_name: known.map(|known| known.ru_name),
            key_id: secret.sealed.key_id,
            stored_at: secret.stored_at.to_string(),
            problem,
        });
    }
    output.answer(&answers, |answers| {
        let head = [
            "ENVIRONMENT",
            "CLIENT ID",
            "RU NAME",
            "KEY",
            "SINCE",
            "PROBLEM",
        ];
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        table(
            &head,
            answers.iter().map(|answer| {
                vec![
                    answer.environment.clone(),
                    text(&answer.client_id),
                    text(&answer.ru_name),
                    answer.key_id.clone(),
                    answer.stored_at.clone(),
                    text(&answer.problem),
                ]
            }),
        )
    })?;
    Ok(Exit::Done)
}

pub(super) async fn rotate(place: &Place, output: Output) -> anyhow::Result<Exit> {
    let store = place.store().await?;
    let vault = vault(place, &store);
    if store.secrets().await?.is_empty() {
        output.answer(&(), |()| {
            "no secret is stored, so there is nothing to encrypt anew".to_owned()
        })?;
        return Ok(Exit::NothingDue);
    }
    if let Some(keys) = vault.keys()?
        && !matches!(keys.source(), KeySource::Own(_))
        && keys.keys().len() == 1
    {
        return Err(BadInput(format!(
            "the key comes from {}, which Bulkhead does not write: put a new key (openssl rand -hex 32) on a line before the present one, and run this again; nothing was changed",
            keys.source()
        ))
        .into());
    }
    let rotated = vault
        .rotate()
        .await
        .context("the secrets were not all encrypted anew; none is lost, run this again")?;
    let answer = RotatedAnswer {
        secrets: rotated.secrets,
        key_id: rotated.key_id.clone(),
        keys_to_remove: match rotated.source {
            KeySource::Own(_) => Vec::new(),
            KeySource::File(_) | KeySource::Credential(_) | KeySource::Variable => {
                rotated.old.clone()
            }
        },
        settled: rotated.settled,
    };
    output.answer(&answer, |answer| told(answer, &rotated))?;
    Ok(Exit::Done)
}

fn told(answer: &RotatedAnswer, rotated: &Rotated) -> String {
    let (count, key) = (answer.secrets, &answer.key_id);
    let done = format!("{count} secrets are encrypted with key {key} now");
    let rest = match (&rotated.source, rotated.settled) {
        (KeySource::Own(path), true) => {
            format!("back {} up: it was replaced", path.display())
        }
        (KeySource::Own(path), false) => format!(
            "the old key stays in {} because the database is in use: run this again later",
            path.display()
        ),
        (source, true) => format!(
            "take the old key ({}) out of {source}",
            rotated.old.join(", ")
        ),
        (_, false) => "keep the old key: the database is in use, run this again later".to_owned(),
    };
    format!("{done}; {rest}")
}
