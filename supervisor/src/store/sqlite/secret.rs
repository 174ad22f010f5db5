//! Secrets at rest.
//!
//! *Invariant:* all of them are encrypted with one key. What was encrypted with another one is not
//! taken in, so that nothing is written under a key that a rotation has just taken away.

use shared::id::AccountId;
use shared::time::Timestamp;
use sqlx::sqlite::SqliteRow;

use super::row::Cells;
use super::{Store, Tx, account};
use crate::killpoint;
use crate::store::account::TokenTrouble;
use crate::store::error::{During, StoreError};
use crate::store::secret::{Sealed, SecretOf, StoredSecret};

impl Store {
    /// A secret, if it is there.
    pub async fn secret(&self, of: &SecretOf) -> Result<Option<StoredSecret>, StoreError> {
        let (kind, owner) = columns(of);
        let row = sqlx::query("SELECT * FROM secrets WHERE kind = ?1 AND owner = ?2")
            .bind(kind)
            .bind(owner)
            .fetch_optional(&self.reader)
            .await
            .during("read a secret")?;
        row.map(|row| read(&row)).transpose()
    }

    /// Every secret, in the order in which they were stored.
    pub async fn secrets(&self) -> Result<Vec<StoredSecret>, StoreError> {
        sqlx::query("SELECT * FROM secrets ORDER BY secret_id")
            .fetch_all(&self.reader)
            .await
            .during("list secrets")?
            .iter()
            .map(read)
            .collect()
    }

    /// Stores a secret, in the place of an earlier one.
    ///
    /// Errors: [`StoreError::BadValue`] if others are encrypted with another key.
    pub async fn put_secret(
        &self,
        of: &SecretOf,
        sealed: &Sealed,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin(PUT).await?;
        put(&mut tx, of, sealed, now).await?;
        tx.commit().await.during(PUT)
    }

    /// Encrypts every secret anew, all or none, and returns how many those were: `again` gets each and
    /// gives it back under the new key.
    pub async fn reseal<E: From<StoreError>>(
        &self,
        mut again: impl FnMut(&StoredSecret) -> Result<Sealed, E>,
    ) -> Result<usize, E> {
        let action = "encrypt the secrets anew";
        let mut tx = self.begin(action).await?;
        let rows = sqlx::query("SELECT * FROM secrets ORDER BY secret_id")
            .fetch_all(&mut *tx)
            .await
            .during(action)?;
        for row in &rows {
            let secret = read(row)?;
            let sealed = again(&secret)?;
            sqlx::query("UPDATE secrets SET key_id = ?2, sealed = ?3 WHERE secret_id = ?1")
                .bind(secret.number)
                .bind(sealed.key_id)
                .bind(sealed.bytes)
                .execute(&mut *tx)
                .await
                .during(action)?;
            killpoint::reach("rotate.row");
        }
        killpoint::reach("rotate.commit");
        tx.commit().await.during(action)?;
        Ok(rows.len())
    }

    /// Removes the secrets of which `lost` says that nobody can read them, and notes what accounts wait for
    /// without them, all or nothing; returns what was removed.
    ///
    /// `lost` is first asked when nobody else can write any more; an error of it leaves everything as it was.
    pub async fn forget_secrets<E: From<StoreError>>(
        &self,
        mut lost: impl FnMut(&StoredSecret) -> Result<bool, E>,
        troubles: impl FnOnce(&[StoredSecret]) -> Vec<(AccountId, TokenTrouble)>,
    ) -> Result<(), E> {
        let mut tx = self.begin(FORGET).await?;
        let rows = sqlx::query("SELECT * FROM secrets ORDER BY secret_id")
            .fetch_all(&mut *tx)
            .await
            .during(FORGET)?;
        let mut gone = Vec::new();
        for row in &rows {
            let secret = read(row)?;
            if lost(&secret)? {
                remove(&mut tx, &secret.of).await?;
                gone.push(secret);
            }
        }
        for (account, trouble) in troubles(&gone) {
            account::set_trouble(&mut *tx, account, Some(&trouble)).await?;
        }
        killpoint::reach("forget.commit");
        tx.commit().await.during(FORGET)?;
        Ok(())
    }

    /// Brings what was committed from the write-ahead log into the database file, where a loss of
    /// power leaves it. False if a reader is in the way.
    pub async fn settle(&self) -> Result<bool, StoreError> {
        let (busy, _, _): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&self.writer)
            .await
            .during("settle what was committed")?;
        Ok(busy == 0)
    }
}

const PUT: &str = "store a secret";
const FORGET: &str = "forget secrets";

/// Stores a secret within a transaction.
pub(super) async fn put(
    tx: &mut Tx,
    of: &SecretOf,
    sealed: &Sealed,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (kind, owner) = columns(of);
    let other: Option<String> =
        sqlx::query_scalar("SELECT key_id FROM secrets WHERE key_id <> ?1 LIMIT 1")
            .bind(sealed.key_id.clone())
            .fetch_optional(&mut **tx)
            .await
            .during(PUT)?;
    if let Some(other) = other {
        return Err(StoreError::BadValue {
            table: "secrets",
            column: "key_id",
            row: of.to_string(),
            why: format!(
                "the stored secrets are encrypted with key {other}, and not with {}: bring that key \
                 back, or run bulkhead secret rotate, or bulkhead secret forget if it is lost; nothing \
                 was stored",
                sealed.key_id
            ),
        });
    }
    sqlx::query(
        "INSERT OR REPLACE INTO secrets (kind, owner, key_id, sealed, stored_at) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )
    .bind(kind)
    .bind(owner)
    .bind(sealed.key_id.clone())
    .bind(sealed.bytes.clone())
    .bind(now.to_string())
    .execute(&mut **tx)
    .await
    .during(PUT)?;
    Ok(())
}

/// Removes a secret, if it is there, within a transaction.
pub(super) async fn remove(tx: &mut Tx, of: &SecretOf) -> Result<(), StoreError> {
    let (kind, owner) = columns(of);
    sqlx::query("DELETE FROM secrets WHERE kind = ?1 AND owner = ?2")
        .bind(kind)
        .bind(owner)
        .execute(&mut **tx)
        .await
        .during("remove a secret")?;
    Ok(())
}

fn columns(of: &SecretOf) -> (&'static str, String) {
    match of {
        SecretOf::Account(id) => ("refresh_token", id.to_string()),
        SecretOf::Application(environment) => ("application", environment.clone()),
    }
}

fn read(row: &SqliteRow) -> Result<StoredSecret, StoreError> {
    let number: i64 = Cells::new(row, "secrets", "a secret").get("secret_id")?;
    let label = format!("secret {number}");
    let cells = Cells::new(row, "secrets", &label);
    let owner: String = cells.get("owner")?;
    let of = match cells.get::<&str>("kind")? {
        "refresh_token" => owner
            .parse()
            .map(|id| SecretOf::Account(AccountId(id)))
            .map_err(|_| cells.bad("owner", format!("'{owner}' is no account's number")))?,
        "application" => SecretOf::Application(owner),
        kind => return Err(cells.bad("kind", format!("'{kind}' is unknown"))),
    };
    Ok(StoredSecret {
        of,
        number,
        sealed: Sealed {
            key_id: cells.get("key_id")?,
            bytes: cells.get("sealed")?,
        },
        stored_at: cells.time("stored_at")?,
    })
}
