//! Accounts.

use std::path::PathBuf;

use shared::id::AccountId;
use shared::secret::Secret;
use shared::time::Timestamp;
use sqlx::sqlite::SqliteRow;

use super::row::{Cells, to_json};
use super::{Store, Tx, secret};
use crate::outcome::PolicyState;
use crate::store::account::{Account, NewAccount, NewToken, TokenSource, TokenTrouble};
use crate::store::error::{During, StoreError};
use crate::store::secret::{Sealed, SecretOf};

impl Store {
    /// Adds an account with its workers, all due at once.
    ///
    /// Errors: [`StoreError::AlreadyExists`] if there is one of that name.
    pub async fn add_account(
        &self,
        account: &NewAccount<'_>,
        now: Timestamp,
    ) -> Result<AccountId, StoreError> {
        let mut tx = self.begin(ADD).await?;
        let id = insert(&mut tx, account, now).await?;
        tx.commit().await.during(ADD)?;
        Ok(id)
    }

    /// Adds accounts with their tokens, all or none. `seal` encrypts a refresh token for its account.
    ///
    /// Errors: [`StoreError::AlreadyExists`] if there is one of a name.
    pub async fn add_accounts<E: From<StoreError>>(
        &self,
        accounts: &[(NewAccount<'_>, NewToken)],
        seal: impl Fn(&SecretOf, &Secret) -> Result<Sealed, E>,
        now: Timestamp,
    ) -> Result<Vec<AccountId>, E> {
        let mut tx = self.begin(ADD).await?;
        let mut ids = Vec::with_capacity(accounts.len());
        for (account, token) in accounts {
            let id = insert(&mut tx, account, now).await?;
            set_source(&mut tx, id, token, (&seal, now)).await?;
            ids.push(id);
        }
        tx.commit().await.during(ADD)?;
        Ok(ids)
    }

    /// Connects an account anew: other tokens, and no trouble with them so far.
    pub async fn set_token<E: From<StoreError>>(
        &self,
        account: AccountId,
        token: &NewToken,
        seal: impl Fn(&SecretOf, &Secret) -> Result<Sealed, E>,
        now: Timestamp,
    ) -> Result<(), E> {
        let mut tx = self.begin(ADD).await?;
        set_source(&mut tx, account, token, (&seal, now)).await?;
        tx.commit().await.during(ADD)?;
        Ok(())
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

    /// Every account that can be read, and why the others cannot: one of these does not hide the rest.
    pub async fn readable_accounts(&self) -> Result<(Vec<Account>, Vec<StoreError>), StoreError> {
        let rows = sqlx::query("SELECT * FROM accounts ORDER BY account_id")
            .fetch_all(&self.reader)
            .await
            .during("list accounts")?;
        let (mut readable, mut broken) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in &rows {
            match read(row) {
                Ok(account) => readable.push(account),
                Err(error) => broken.push(error),
            }
        }
        Ok((readable, broken))
    }

    /// The account with this name, if there is one.
    pub async fn account_named(&self, name: &str) -> Result<Option<Account>, StoreError> {
        sqlx::query("SELECT * FROM accounts WHERE name = ?1")
            .bind(name.to_owned())
            .fetch_optional(&self.reader)
            .await
            .during("look for an account")?
            .as_ref()
            .map(read)
            .transpose()
    }

    /// Remembers why an account has no access token; `None` once it has one.
    pub async fn set_token_trouble(
        &self,
        account: AccountId,
        trouble: Option<&TokenTrouble>,
    ) -> Result<(), StoreError> {
        set_trouble(&self.writer, account, trouble).await
    }
}

const ADD: &str = "add an account";

/// Remembers why an account has no access token.
pub(super) async fn set_trouble<'e, E: sqlx::Executor<'e, Database = sqlx::Sqlite>>(
    executor: E,
    account: AccountId,
    trouble: Option<&TokenTrouble>,
) -> Result<(), StoreError> {
    let text = |of: fn(&TokenTrouble) -> Option<String>| trouble.and_then(of);
    let done = sqlx::query(
        "UPDATE accounts SET token_state = ?2, token_mark = ?3, token_detail = ?4, \
             token_retry_at = ?5, token_failures = ?6 WHERE account_id = ?1",
    )
    .bind(account.0)
    .bind(text(|trouble| Some(trouble.state.clone())))
    .bind(text(|trouble| trouble.mark.clone()))
    .bind(text(|trouble| trouble.detail.clone()))
    .bind(text(|trouble| Some(trouble.retry_at?.to_string())))
    .bind(trouble.map_or(0, |trouble| trouble.failures))
    .execute(executor)
    .await
    .during("note the state of a token")?;
    if done.rows_affected() == 0 {
        return Err(StoreError::NotFound {
            what: format!("account {account}"),
        });
    }
    Ok(())
}

async fn insert(
    tx: &mut Tx,
    account: &NewAccount<'_>,
    now: Timestamp,
) -> Result<AccountId, StoreError> {
    let id: Option<i64> = sqlx::query_scalar(
        "INSERT INTO accounts (name, environment, marketplace, token_file, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) DO NOTHING RETURNING account_id",
    )
    .bind(account.name.to_owned())
    .bind(account.environment.to_owned())
    .bind(account.marketplace.to_owned())
    .bind(account.token_file.to_owned())
    .bind(now.to_string())
    .fetch_optional(&mut **tx)
    .await
    .during(ADD)?;
    let Some(id) = id else {
        return Err(StoreError::AlreadyExists {
            what: format!("account {}", account.name),
        });
    };
    let policy = to_json(&PolicyState::default(), "sync_state", "policy")?;
    for worker in account.workers {
        sqlx::query(
            "INSERT INTO sync_state (account_id, worker, policy, due_at) VALUES (?1, ?2, ?3, ?4)",
        )
        .bind(id)
        .bind(worker.name())
        .bind(policy.clone())
        .bind(now.to_string())
        .execute(&mut **tx)
        .await
        .during(ADD)?;
    }
    Ok(AccountId(id))
}

async fn set_source<E: From<StoreError>>(
    tx: &mut Tx,
    account: AccountId,
    token: &NewToken,
    (seal, now): (&impl Fn(&SecretOf, &Secret) -> Result<Sealed, E>, Timestamp),
) -> Result<(), E> {
    let (source, file, ebay_account) = match token {
        NewToken::File(path) => ("file", path.as_str(), None),
        NewToken::OAuth(_) => ("oauth", "", None),
        NewToken::WebApp(name) => ("web-app", "", Some(name.clone())),
    };
    let done = sqlx::query(
        "UPDATE accounts SET token_source = ?2, token_file = ?3, ebay_account = ?4, \
         token_state = NULL, token_mark = NULL, token_detail = NULL, token_retry_at = NULL, \
         token_failures = 0 WHERE account_id = ?1",
    )
    .bind(account.0)
    .bind(source)
    .bind(file.to_owned())
    .bind(ebay_account)
    .execute(&mut **tx)
    .await
    .during(ADD)?;
    if done.rows_affected() == 0 {
        return Err(StoreError::NotFound {
            what: format!("account {account}"),
        }
        .into());
    }
    let of = SecretOf::Account(account);
    if let NewToken::OAuth(refresh_token) = token {
        let sealed = seal(&of, refresh_token)?;
        secret::put(tx, &of, &sealed, now).await?;
    } else {
        secret::remove(tx, &of).await?;
    }
    Ok(())
}

/// An account from its row.
pub(super) fn read(row: &SqliteRow) -> Result<Account, StoreError> {
    let id = Cells::new(row, "accounts", "an account").get("account_id")?;
    let label = format!("account {id}");
    let cells = Cells::new(row, "accounts", &label);
    let source = match cells.get::<&str>("token_source")? {
        "oauth" => TokenSource::OAuth,
        "web-app" => TokenSource::WebApp(cells.get("ebay_account")?),
        _ => TokenSource::File,
    };
    let state: Option<String> = cells.get("token_state")?;
    let trouble = match state {
        Some(state) => Some(TokenTrouble {
            state,
            detail: cells.get("token_detail")?,
            mark: cells.get("token_mark")?,
            retry_at: cells.time_or_null("token_retry_at")?,
            failures: cells.get("token_failures")?,
        }),
        None => None,
    };
    Ok(Account {
        id: AccountId(id),
        name: cells.get("name")?,
        environment: cells.get("environment")?,
        marketplace: cells.get("marketplace")?,
        token_file: PathBuf::from(cells.get::<String>("token_file")?),
        enabled: cells.get("enabled")?,
        created_at: cells.time("created_at")?,
        source,
        trouble,
    })
}
