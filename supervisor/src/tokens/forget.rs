//! Secrets that nobody can read any more because their key is lost, and their removal.
//!
//! *Invariant:* what a present key decrypts is never removed; while it is not known which keys are
//! present, nothing is.

use shared::id::AccountId;
use shared::time::Timestamp;

use super::key::Keyring;
use super::problem::Kind;
use super::seal::unseal;
use super::vault::{Vault, VaultError};
use super::waits::oauth_mark;
use crate::store::{Account, SecretOf, StoredSecret, TokenSource, TokenTrouble};

/// A secret that no present key decrypts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Whose.
    pub of: SecretOf,
    /// The key that it is encrypted with.
    pub key_id: String,
    /// Why it cannot be read.
    pub why: String,
}

impl Vault {
    /// What no present key decrypts.
    ///
    /// Errors: [`VaultError::Key`] if there is a key that cannot be used: it is not known then what is lost.
    pub async fn lost(&self) -> Result<Vec<Lost>, VaultError> {
        let keys = self.keys()?;
        let secrets = self.store.secrets().await?;
        let lost = secrets
            .iter()
            .filter_map(|secret| judge(keys.as_ref(), secret));
        Ok(lost.collect())
    }

    /// Removes what no present key decrypts, and notes what the accounts wait for.
    ///
    /// Errors: as [`Vault::lost`]; nothing was removed then.
    pub async fn forget(&self, now: Timestamp) -> Result<Vec<Lost>, VaultError> {
        let _lock = self.lock()?;
        let (accounts, _) = self.store.readable_accounts().await?;
        let (mut keys, mut all) = (None, Vec::new());
        let is_lost = |secret: &StoredSecret| {
            // Not before nobody else can write: a key lies there before what it encrypts is stored.
            let keys = match &mut keys {
                Some(keys) => keys,
                none => none.insert(self.keys()?),
            };
            let lost = judge(keys.as_ref(), secret);
            all.extend(lost.clone());
            Ok::<_, VaultError>(lost.is_some())
        };
        self.store
            .forget_secrets(is_lost, |gone| troubles(&accounts, gone, now))
            .await?;
        Ok(all)
    }
}

/// Whether a secret is lost, and why.
fn judge(keys: Option<&Keyring>, secret: &StoredSecret) -> Option<Lost> {
    let why = match keys {
        None => "there is no key".to_owned(),
        Some(keys) => unseal(keys.keys(), secret).err()?.to_string(),
    };
    Some(Lost {
        of: secret.of.clone(),
        key_id: secret.sealed.key_id.clone(),
        why,
    })
}

/// What accounts wait for without these secrets: pure.
fn troubles(
    accounts: &[Account],
    gone: &[StoredSecret],
    now: Timestamp,
) -> Vec<(AccountId, TokenTrouble)> {
    let is_gone = |of: &SecretOf| gone.iter().any(|secret| secret.of == *of);
    let of_oauth = accounts
        .iter()
        .filter(|account| account.source == TokenSource::OAuth);
    let trouble = |account: &Account| {
        let name = &account.name;
        let environment = &account.environment;
        let (kind, mark, retry_at, detail) = if is_gone(&SecretOf::Account(account.id)) {
            let detail = format!(
                "its refresh token could not be decrypted and was given up: the seller must give consent again: bulkhead account set-token {name} --oauth"
            );
            (Kind::NeedsReconnect, Some(oauth_mark(0)), None, detail)
        } else if is_gone(&SecretOf::Application(environment.clone())) {
            let detail = format!(
                "the application of {environment} could not be decrypted and was given up: bulkhead application set --environment {environment}"
            );
            (Kind::NeedsSetup, None, Some(now), detail)
        } else {
            return None;
        };
        let trouble = TokenTrouble {
            state: kind.name().to_owned(),
            detail: Some(detail),
            mark,
            retry_at,
            failures: 1,
        };
        Some((account.id, trouble))
    };
    of_oauth.filter_map(trouble).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::store::Sealed;

    fn account(id: i64, source: TokenSource) -> Account {
        Account {
            id: AccountId(id),
            name: format!("shop-{id}"),
            environment: "production".to_owned(),
            marketplace: "EBAY_US".to_owned(),
            source,
            token_file: PathBuf::new(),
            enabled: true,
            created_at: Timestamp(0),
            trouble: None,
        }
    }

    fn secret(of: SecretOf) -> StoredSecret {
        StoredSecret {
            of,
            number: 1,
            sealed: Sealed {
                key_id: "k".to_owned(),
                bytes: Vec::new(),
            },
            stored_at: Timestamp(0),
        }
    }

    #[test]
    fn who_lost_what_waits_for_that() {
        let accounts = [
            account(1, TokenSource::OAuth),
            account(2, TokenSource::OAuth),
            account(3, TokenSource::File),
        ];
        let token = || secret(SecretOf::Account(AccountId(1)));
        let application = || secret(SecretOf::Application("production".to_owned()));
        let elsewhere = secret(SecretOf::Application("sandbox".to_owned()));
        let cases = [
            (vec![], vec![]),
            (vec![elsewhere], vec![]),
            (vec![token()], vec![(1, "needs_reconnect", false)]),
            (
                vec![application()],
                vec![(1, "needs_setup", true), (2, "needs_setup", true)],
            ),
            (
                vec![application(), token()],
                vec![(1, "needs_reconnect", false), (2, "needs_setup", true)],
            ),
        ];
        for (gone, expected) in cases {
            let found = troubles(&accounts, &gone, Timestamp(7));
            let told: Vec<_> = found
                .iter()
                .map(|(id, one)| (id.0, one.state.as_str(), one.retry_at.is_some()))
                .collect();
            assert_eq!(told, expected, "{gone:?}");
        }
    }
}
