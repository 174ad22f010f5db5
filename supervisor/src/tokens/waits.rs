//! Whether an account that has no access token still waits for what would end that.

use shared::time::Timestamp;

use super::file;
use super::problem::RETRY;
use crate::store::{Account, SecretOf, Store, StoreError, TokenSource};

/// Whether the account still waits for a token: until its time, or until it has other credentials.
pub async fn waits(store: &Store, account: &Account, now: Timestamp) -> Result<bool, StoreError> {
    let Some(trouble) = &account.trouble else {
        return Ok(false);
    };
    if let Some(retry_at) = trouble.retry_at {
        // A time that is further away than any wait is of a clock that was set back.
        return Ok(now < retry_at && retry_at.since(now) <= RETRY.1);
    }
    let Some(refused) = &trouble.mark else {
        return Ok(false);
    };
    Ok(*refused == mark_of(store, account).await?)
}

/// A mark of what an account's tokens come from, to see whether that has changed; no secret.
pub(super) async fn mark_of(store: &Store, account: &Account) -> Result<String, StoreError> {
    Ok(match &account.source {
        TokenSource::File => file::mark(&account.token_file),
        TokenSource::OAuth => oauth_mark(number_of(store, account).await?),
        TokenSource::WebApp(ebay_account) => format!("web app {ebay_account}"),
    })
}

/// The mark of the refresh token of this number; 0 is none.
pub(super) fn oauth_mark(number: i64) -> String {
    format!("refresh token {number}")
}

/// The number of the account's refresh token; 0 without one.
pub(super) async fn number_of(store: &Store, account: &Account) -> Result<i64, StoreError> {
    if account.source != TokenSource::OAuth {
        return Ok(0);
    }
    let secret = store.secret(&SecretOf::Account(account.id)).await?;
    Ok(secret.map_or(0, |secret| secret.number))
}
