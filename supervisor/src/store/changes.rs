//! What changed of accounts since the scheduler last looked.

use shared::id::AccountId;

use super::account::Account;
use super::error::StoreError;
use super::state::{SyncState, Unreadable};

/// Accounts that changed, a bounded number of them at a time.
#[derive(Debug, Default)]
pub struct Changes {
    /// Where the next look goes on.
    pub until: i64,
    /// Whether there may be more.
    pub more: bool,
    /// What is true of each of them now.
    pub accounts: Vec<Changed>,
}

/// An account that changed.
#[derive(Debug)]
pub struct Changed {
    /// Its number.
    pub id: AccountId,
    /// As it is now; `None` if it is gone. One that cannot be read does not hide the others.
    pub account: Result<Option<Account>, StoreError>,
    /// The sync states of its workers that are enabled.
    pub states: Vec<SyncState>,
    /// Those that cannot be read.
    pub unreadable: Vec<Unreadable>,
}
