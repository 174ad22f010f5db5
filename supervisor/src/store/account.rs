//! Accounts as the store keeps them.

use std::path::PathBuf;

use shared::id::AccountId;
use shared::secret::Secret;
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
    /// Where its access tokens come from.
    pub source: TokenSource,
    /// Where its access token is read from; empty unless the source is a file.
    pub token_file: PathBuf,
    /// Whether it is synced at all.
    pub enabled: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// Why it has no access token, if it has none.
    pub trouble: Option<TokenTrouble>,
}

/// Where an account's access tokens come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// A file that someone writes.
    File,
    /// eBay, for a refresh token that is among the secrets.
    OAuth,
    /// The seller's web app, which names the account like this.
    WebApp(String),
}

impl TokenSource {
    /// Its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::File => "file",
            Self::OAuth => "oauth",
            Self::WebApp(_) => "web-app",
        }
    }
}

/// The tokens of an account that is added or connected anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewToken {
    /// From this file.
    File(String),
    /// From eBay, for this refresh token.
    OAuth(Secret),
    /// From the web app, which names the account like this.
    WebApp(String),
}

/// Why an account has no access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenTrouble {
    /// In one word.
    pub state: String,
    /// In a sentence.
    pub detail: Option<String>,
    /// A mark of the credentials that were no good: the account waits for other ones.
    pub mark: Option<String>,
    /// When it is tried again by itself.
    pub retry_at: Option<Timestamp>,
    /// How often that failed in a row.
    pub failures: u32,
}
