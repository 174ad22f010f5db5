//! Secrets in and out of the store.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use shared::secret::Secret;
use shared::time::Timestamp;

use super::key::{Key, KeyError, KeySource, Keyring, random};
use super::seal::{SealError, seal, unseal};
use crate::killpoint;
use crate::store::{Sealed, SecretOf, Store, StoreError};

/// Why a secret could not be read or stored.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There is a secret, and no key.
    #[error(
        "secrets are stored, and there is no key for them: bring secret.key back into the state directory, or set BULKHEAD_SECRET_KEY_FILE (a key that the service has from a credential or a variable is not seen by a command); if it is lost: bulkhead secret forget"
    )]
    NoKey,
    /// The key does not fit.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored application is not readable.
    #[error("the application of {0} cannot be read: set it again with bulkhead application set")]
    Application(String),
}

/// What eBay calls an application: the credentials of our side, one set for each environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The client id ("App ID").
    pub client_id: String,
    /// The client secret ("Cert ID").
    pub client_secret: Secret,
    /// The redirect name, which eBay calls `RuName`.
    pub ru_name: String,
}

/// As it is encrypted.
#[derive(Serialize, Deserialize)]
struct Plain {
    client_id: String,
    client_secret: String,
    ru_name: String,
}

/// The secrets of one state directory. Keys are looked up each time, so that a rotation is noticed.
#[derive(Debug, Clone)]
pub struct Vault {
    pub(super) store: Store,
    state_dir: PathBuf,
    variables: fn(&str) -> Option<OsString>,
}

impl Vault {
    /// The secrets of this store; `variables` is the environment.
    pub fn new(store: Store, state_dir: &Path, variables: fn(&str) -> Option<OsString>) -> Self {
        Self {
            store,
            state_dir: state_dir.to_path_buf(),
            variables,
        }
    }

    /// The keys that are there.
    pub fn keys(&self) -> Result<Option<Keyring>, KeyError> {
        Keyring::find(&self.state_dir, self.variables)
    }

    /// The keys that are there, or a new one of our own, which is told of by `true`.
    ///
    /// Errors: [`VaultError::NoKey`] if there are secrets already.
    pub async fn keys_or_new(&self) -> Result<(Keyring, bool), VaultError> {
        if let Some(keys) = self.keys()? {
            return Ok((keys, false));
        }
        if !self.store.secrets().await?.is_empty() {
            return Err(VaultError::NoKey);
        }
        Ok((Keyring::create(&self.state_dir)?, true))
    }

    /// A secret and its number, if it is stored.
    pub async fn open(&self, of: &SecretOf) -> Result<Option<(Secret, i64)>, VaultError> {
        let Some(stored) = self.store.secret(of).await? else {
            return Ok(None);
        };
        let keys = self.keys()?.ok_or(VaultError::NoKey)?;
        Ok(Some((unseal(keys.keys(), &stored)?, stored.number)))
    }

    /// Stores a secret.
    pub async fn put(
        &self,
        keys: &Keyring,
        of: &SecretOf,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<(), VaultError> {
        let sealed = seal_with(keys, of, secret)?;
        Ok(self.store.put_secret(of, &sealed, now).await?)
    }

    /// The application of an environment and its number, if it is set.
    pub async fn application(
        &self,
        environment: &str,
    ) -> Result<Option<(Application, i64)>, VaultError> {
        let of = SecretOf::Application(environment.to_owned());
        let Some((text, number)) = self.open(&of).await? else {
            return Ok(None);
        };
        let plain: Plain = serde_json::from_str(text.expose())
            .map_err(|_| VaultError::Application(environment.to_owned()))?;
        let application = Application {
            client_id: plain.client_id,
            client_secret: Secret::new(plain.client_secret),
            ru_name: plain.ru_name,
        };
        Ok(Some((application, number)))
    }

    /// Stores the application of an environment.
    pub async fn put_application(
        &self,
        keys: &Keyring,
        environment: &str,
        application: &Application,
        now: Timestamp,
    ) -> Result<(), VaultError> {
        let plain = Plain {
            client_id: application.client_id.clone(),
            client_secret: application.client_secret.expose().to_owned(),
            ru_name: application.ru_name.clone(),
        };
        let of = SecretOf::Application(environment.to_owned());
        let text = serde_json::to_string(&plain)
            .map_err(|_| VaultError::Application(environment.to_owned()))?;
        self.put(keys, &of, &Secret::new(text), now).await
    }

    /// Encrypts every secret with another key.
    ///
    /// Our own key is replaced by a new one. Of keys that someone else keeps, the first one is the
    /// new one. Killed at any point, every secret can be read, and another rotation completes it.
    pub async fn rotate(&self) -> Result<Rotated, VaultError> {
        let _lock = self.lock()?;
        let keys = self.keys()?.ok_or(VaultError::NoKey)?;
        let keys = match keys.source().clone() {
            KeySource::Own(path) => {
                // The old ones stay until nothing is encrypted with them any more.
                let mut all = vec![Key::generate().map_err(KeyError::Random)?];
                all.extend_from_slice(keys.keys());
                let keys = Keyring::replace(&path, all)?;
                killpoint::reach("rotate.key");
                keys
            }
            KeySource::File(_) | KeySource::Credential(_) | KeySource::Variable => keys,
        };
        let secrets = self
            .store
            .reseal(|stored| {
                let secret = unseal(keys.keys(), stored)?;
                Ok::<_, VaultError>(seal_with(&keys, &stored.of, &secret)?)
            })
            .await?;
        killpoint::reach("rotate.sealed");
        let settled = self.store.settle().await?;
        let old: Vec<String> = keys
            .keys()
            .iter()
            .skip(1)
            .map(|key| key.id().to_owned())
            .collect();
        if let (KeySource::Own(path), true) = (keys.source(), settled) {
            Keyring::replace(path, keys.keys().iter().take(1).cloned().collect())?;
        }
        Ok(Rotated {
            secrets,
            key_id: keys
                .first()
                .map(|key| key.id().to_owned())
                .unwrap_or_default(),
            old,
            settled,
            source: keys.source().clone(),
        })
    }

    /// Held while keys change or secrets go: two rotations at the same time could each take away the other's key.
    pub(super) fn lock(&self) -> Result<File, KeyError> {
        let path = self.state_dir.join("secret.lock");
        let locked = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .and_then(|file| file.lock().map(|()| file));
        locked.map_err(|source| KeyError::File {
            path,
            what: "locked",
            source,
        })
    }
}

/// What a rotation did.
#[derive(Debug)]
pub struct Rotated {
    /// How many secrets were encrypted anew.
    pub secrets: usize,
    /// The key that they have now.
    pub key_id: String,
    /// The keys that nothing needs any more.
    pub old: Vec<String>,
    /// Whether the disk has it all; if not, our own old key was kept.
    pub settled: bool,
    /// Where the keys are.
    pub source: KeySource,
}

/// Encrypts with the first key.
pub fn seal_with(keys: &Keyring, of: &SecretOf, secret: &Secret) -> Result<Sealed, SealError> {
    let impossible = |_: io::Error| SealError::Encrypt { of: of.to_string() };
    let nonce = random().map_err(impossible)?;
    let Some(key) = keys.first() else {
        return Err(SealError::Encrypt { of: of.to_string() });
    };
    seal(key, of, secret, nonce)
}
