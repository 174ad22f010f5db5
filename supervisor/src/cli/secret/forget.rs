//! `bulkhead secret forget`: a way on when the key of the secrets is lost.

use std::collections::BTreeMap;
use std::fs::File;

use serde::Serialize;
use shared::id::AccountId;

use super::vault;
use crate::cli::args::BadInput;
use crate::cli::output::{Output, table};
use crate::cli::{Exit, Place};
use crate::clock::Clock;
use crate::daemon::{self, DaemonError};
use crate::store::SecretOf;
use crate::tokens::forget::Lost;
use crate::tokens::key::{CREDENTIAL, FILE_VARIABLE, KeyError, VARIABLE};
use crate::tokens::vault::VaultError;

#[derive(Serialize)]
struct ForgetAnswer {
    /// Whether they were removed.
    forgotten: bool,
    /// What no present key decrypts.
    lost: Vec<LostAnswer>,
    /// What connects again what they were for.
    commands: Vec<String>,
}

#[derive(Serialize)]
struct LostAnswer {
    /// `refresh_token` or `application`.
    kind: &'static str,
    /// The account's name, or the environment.
    of: String,
    key_id: String,
    why: String,
}

pub(in crate::cli) async fn forget(
    place: &Place,
    yes: bool,
    output: Output,
) -> anyhow::Result<Exit> {
    let store = place.store().await?;
    let (accounts, _) = store.readable_accounts().await?;
    let vault = vault(place, &store);
    let looked = if yes {
        let _lock = alone(place)?;
        vault.forget(Clock.now()).await
    } else {
        vault.lost().await
    };
    let mut lost = looked.map_err(|error| {
        let words = if matches!(error, VaultError::Key(KeyError::Malformed(_))) {
            "nothing was removed, because it is not known what that key decrypts: mend it; only if it is lost for good move it elsewhere (do not delete it), then run this again"
        } else {
            "nothing was removed; run this again when that is mended"
        };
        anyhow::Error::new(error).context(words)
    })?;
    let names: BTreeMap<AccountId, String> = accounts
        .into_iter()
        .map(|account| (account.id, account.name))
        .collect();
    // An account can be connected only when its application is there.
    lost.sort_by_key(|one| matches!(one.of, SecretOf::Account(_)));
    let answer = ForgetAnswer {
        forgotten: yes && !lost.is_empty(),
        commands: lost.iter().map(|one| command(one, &names)).collect(),
        lost: lost.into_iter().map(|one| view(one, &names)).collect(),
    };
    output.answer(&answer, words)?;
    Ok(match (answer.lost.is_empty(), answer.forgotten) {
        (true, _) => Exit::NothingDue,
        (false, true) => Exit::Done,
        (false, false) => Exit::Found,
    })
}

/// The state directory for ourselves: a service has an environment of its own, and may have the key.
fn alone(place: &Place) -> anyhow::Result<File> {
    let locked = daemon::lock(&place.state_dir);
    if let Err(DaemonError::Locked(dir)) = &locked {
        return Err(BadInput(format!(
            "a service runs on {}, and may decrypt with a key of its own environment what nobody can here: stop it, and be sure that the key is lost; nothing was removed",
            dir.display()
        ))
        .into());
    }
    Ok(locked?)
}

fn name(id: AccountId, names: &BTreeMap<AccountId, String>) -> String {
    names
        .get(&id)
        .cloned()
        .unwrap_or_else(|| format!("number {id}"))
}

fn command(lost: &Lost, names: &BTreeMap<AccountId, String>) -> String {
    match &lost.of {
        SecretOf::Account(id) => {
            format!("bulkhead account set-token {} --oauth", name(*id, names))
        }
        SecretOf::Application(environment) => format!(
            "bulkhead application set --environment {environment} --client-id ID --ru-name RUNAME --secret-file FILE"
        ),
    }
}

fn view(lost: Lost, names: &BTreeMap<AccountId, String>) -> LostAnswer {
    let (kind, of) = match lost.of {
        SecretOf::Account(id) => ("refresh_token", name(id, names)),
        SecretOf::Application(environment) => ("application", environment),
    };
    LostAnswer {
        kind,
        of,
        key_id: lost.key_id,
        why: lost.why,
    }
}

fn words(answer: &ForgetAnswer) -> String {
    if answer.lost.is_empty() {
        return "there is no secret that cannot be decrypted; nothing was removed".to_owned();
    }
    let lines = answer.lost.iter().map(|one| {
        let what = if one.kind == "application" {
            "application"
        } else {
            "refresh token"
        };
        let (of, key, why) = (one.of.clone(), one.key_id.clone(), one.why.clone());
        vec![what.to_owned(), of, key, why]
    });
    let listed = table(&["SECRET", "OF", "KEY", "WHY"], lines);
    let commands = answer.commands.join("\n  ");
    if answer.forgotten {
        return format!(
            "{listed}\nthese could not be decrypted and are forgotten; what connects them again:\n  {commands}"
        );
    }
    format!(
        "{listed}\nno present key decrypts these; nothing was removed. A service that has its key from its own \
         environment ({FILE_VARIABLE}, {VARIABLE}, the credential {CREDENTIAL}) may decrypt them: look there \
         first. If the key is lost for good, bulkhead secret forget --yes removes them; what connects them \
         again afterwards:\n  {commands}"
    )
}
