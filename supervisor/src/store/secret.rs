//! Secrets as the store keeps them: encrypted, with the id of the key. It cannot read them.

use std::fmt;

use shared::id::AccountId;
use shared::time::Timestamp;

/// Whose secret it is, which is also what it is: an account has a refresh token, an environment the
/// credentials of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretOf {
    /// The refresh token of this account.
    Account(AccountId),
    /// The application of the environment of this name.
    Application(String),
}

impl fmt::Display for SecretOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account {id}"),
            Self::Application(environment) => write!(f, "application {environment}"),
        }
    }
}

/// A secret encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Which key it is encrypted with.
    pub key_id: String,
    /// The ciphertext with what belongs to it.
    pub bytes: Vec<u8>,
}

/// A secret as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSecret {
    /// Whose.
    pub of: SecretOf,
    /// Another value has another number.
    pub number: i64,
    /// Itself.
    pub sealed: Sealed,
    /// Since when it is this one.
    pub stored_at: Timestamp,
}
