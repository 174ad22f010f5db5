//! Accounts.

use std::path::PathBuf;

use shared::id::AccountId;
use shared::time::Timestamp;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::row::{Cells, to_json};
use crate::outcome::PolicyState;
use crate::store::account::{Account, NewAccount};
use crate::store::error::{During, StoreError};

impl Store {
    /// Adds an account with its workers, all due at once.
    ///
    /// Errors: [`StoreError::AlreadyExists`] if there is one of that name.
    pub async fn add_account(
        &self,
        account: &NewAccount<'_>,
        now: Timestamp,
    ) -> Result<AccountId, StoreError> {
        let action = "add an account";
        let mut tx = self.begin(action).await?;
        let id: Option<i64> = sqlx::query_scalar(
            "INSERT INTO accounts (name, environment, marketplace, token_file, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) DO NOTHING RETURNING account_id",
        )
        .bind(account.name.to_owned())
        .bind(account.environment.to_owned())
        .bind(account.marketplace.to_owned())
        .bind(account.token_file.to_owned())
        .bind(now.to_string())
        .fetch_optional(&mut *tx)
        .await
        .during(action)?;
        let Some(id) = id else {
            return Err(StoreError::AlreadyExists {
                what: format!("account {}", account.name),
            });
        };
        let policy = to_json(&PolicyState::default(), "sync_state", "policy")?;
        for worker in account.workers {
            sqlx::query(
                "INSERT INTO sync_state (account_id, worker, policy, due_at) \
                 VALUES (?1, ?2, ?3, ?4)",
            )
            .bind(id)
            .bind(worker.name())
            .bind(policy.clone())
            .bind(now.to_string())
            .execute(&mut *tx)
            .await
            .during(action)?;
        }
        tx.commit().await.during(action)?;
        Ok(AccountId(id))
    }

    /// Every account, by number.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        sqlx::query("SELECT * FROM accounts ORDER BY account_id")
            .fetch_all(&self.reader)
            .await
            .during("list accounts")?
            .iter()
            .map(read)
            .collect()
    }

    /// Remembers why an account's token cannot be used, and which content of its file that was
    /// said of; `None` for both once it can.
    pub async fn set_token_state(
        &self,
        account: AccountId,
        state: Option<&str>,
        mark: Option<&str>,
    ) -> Result<(), StoreError> {
        let done = sqlx::query(
            "UPDATE accounts SET token_state = ?2, token_mark = ?3 WHERE account_id = ?1",
        )
        .bind(account.0)
        .bind(state.map(str::to_owned))
        .bind(mark.map(str::to_owned))
        .execute(&self.writer)
        .await
        .during("note the state of a token")?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound {
                what: format!("account {account}"),
            });
        }
        Ok(())
    }
}

/// An account from its row.
pub(super) fn read(row: &SqliteRow) -> Result<Account, StoreError> {
    let id = Cells::new(row, "accounts", "an account").get("account_id")?;
    let label = format!("account {id}");
    let cells = Cells::new(row, "accounts", &label);
    Ok(Account {
        id: AccountId(id),
        name: cells.get("name")?,
        environment: cells.get("environment")?,
        marketplace: cells.get("marketplace")?,
        token_file: PathBuf::from(cells.get::<String>("token_file")?),
        enabled: cells.get("enabled")?,
        created_at: cells.time("created_at")?,
        token_state: cells.get("token_state")?,
        token_mark: cells.get("token_mark")?,
    })
}
