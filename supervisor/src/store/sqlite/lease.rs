//! Who may run an account now. The fence rises with every change of hands, and never falls: the
//! row stays when a lease is released.

use std::time::Duration;

use shared::id::AccountId;
use sqlx::Row as _;

use super::{Store, Tx};
use crate::store::attempt::Grant;
use crate::store::error::{During, StoreError};

/// The database's clock, as text that sorts by time.
macro_rules! now_text {
    () => {
        "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
    };
}

const TAKE: &str = concat!(
    "INSERT INTO leases (account_id, fence, holder, expires_at) ",
    "VALUES (?1, 1, ?2, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?3)) ",
    "ON CONFLICT (account_id) DO UPDATE SET fence = leases.fence + 1, ",
    "holder = excluded.holder, expires_at = excluded.expires_at ",
    "WHERE leases.holder = excluded.holder OR leases.holder = '' OR leases.expires_at <= ",
    now_text!(),
    " RETURNING fence"
);

const RELEASE: &str = concat!(
    "UPDATE leases SET fence = fence + 1, holder = '', expires_at = ",
    now_text!(),
    " WHERE account_id = ?1 AND fence = ?2"
);

/// Takes the lease and raises its fence.
pub(super) async fn take(
    tx: &mut Tx,
    account: AccountId,
    holder: &str,
    lease_for: Duration,
) -> Result<i64, StoreError> {
    let action = "take a lease";
    let taken = sqlx::query(TAKE)
        .bind(account.0)
        .bind(holder.to_owned())
        .bind(modifier(lease_for))
        .fetch_optional(&mut **tx)
        .await
        .during(action)?;
    if let Some(row) = taken {
        return row.try_get(0).during(action);
    }
    let holder: String = sqlx::query_scalar("SELECT holder FROM leases WHERE account_id = ?1")
        .bind(account.0)
        .fetch_one(&mut **tx)
        .await
        .during(action)?;
    Err(StoreError::LeaseHeld { account, holder })
}

/// Whether the fence is the current one. An expired lease that nobody took since is still good:
/// it is the fence that keeps two owners apart, the expiry only says when another may take it.
pub(super) async fn holds(tx: &mut Tx, account: AccountId, fence: i64) -> Result<bool, StoreError> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM leases WHERE account_id = ?1 AND fence = ?2")
            .bind(account.0)
            .bind(fence)
            .fetch_optional(&mut **tx)
            .await
            .during("prove a lease")?;
    Ok(found.is_some())
}

/// Fails unless the grant's fence is the current one. The transaction holds the write lock, so it
/// stays current until the commit.
pub(super) async fn prove(tx: &mut Tx, grant: Grant) -> Result<(), StoreError> {
    if holds(tx, grant.account, grant.fence).await? {
        return Ok(());
    }
    Err(StoreError::LeaseLost {
        account: grant.account,
        fence: grant.fence,
    })
}

/// Gives the lease back. The fence rises, so that nothing late can commit.
pub(super) async fn release(tx: &mut Tx, account: AccountId, fence: i64) -> Result<(), StoreError> {
    sqlx::query(RELEASE)
        .bind(account.0)
        .bind(fence)
        .execute(&mut **tx)
        .await
        .during("release a lease")?;
    Ok(())
}

impl Store {
    /// Makes the lease last `lease_for` from now.
    ///
    /// Errors: [`StoreError::LeaseLost`] if someone else has it.
    pub async fn renew_lease(
        &self,
        account: AccountId,
        fence: i64,
        lease_for: Duration,
    ) -> Result<(), StoreError> {
        let done = sqlx::query(
            "UPDATE leases SET expires_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?3) \
             WHERE account_id = ?1 AND fence = ?2",
        )
        .bind(account.0)
        .bind(fence)
        .bind(modifier(lease_for))
        .execute(&self.writer)
        .await
        .during("renew a lease")?;
        if done.rows_affected() == 0 {
            return Err(StoreError::LeaseLost { account, fence });
        }
        Ok(())
    }
}

/// A span as SQLite's date functions take it.
fn modifier(span: Duration) -> String {
    format!("+{}.{:03} seconds", span.as_secs(), span.subsec_millis())
}
