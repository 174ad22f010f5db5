//! Accounts as the store keeps them.

use std::path::PathBuf;

use shared::id::AccountId;
use shared::time::Timestamp;
use shared::worker::Worker;

/// An account to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount<'a> {
    /// Its name, unique.
    pub name: &'a str,
    /// Which eBay: `production`, `sandbox`, or a base URL.
    pub environment: &'a str,
    /// For example `EBAY_US`.
    pub marketplace: &'a str,
    /// Where its access token is read from.
    pub token_file: &'a str,
    /// The workers that it starts with.
    pub workers: &'a [Worker],
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Which eBay.
    pub environment: String,
    /// For example `EBAY_US`.
    pub marketplace: String,
    /// Where its access token is read from.
    pub token_file: PathBuf,
    /// Whether it is synced at all.
    pub enabled: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// Why its token cannot be used, if it cannot.
    pub token_state: Option<String>,
    /// Fingerprint of the token file's content that was refused.
    pub token_mark: Option<String>,
}
