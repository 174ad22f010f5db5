//! Reads what changed of accounts, in the order of the changes.

use std::collections::BTreeMap;

use shared::id::AccountId;
use sqlx::Row as _;

use super::{Store, account, state};
use crate::store::changes::{Changed, Changes};
use crate::store::error::{During, StoreError};

/// Accounts that are read at once.
const BATCH: u32 = 200;

const ACTION: &str = "look for what changed";

/// Accounts with a change after `?1`, at most `?2`.
pub(super) const SINCE: &str = "SELECT account_id, change FROM account_changes WHERE change > ?1 \
     ORDER BY change LIMIT ?2";

/// Accounts by number: `?1` is a JSON array.
pub(super) const ACCOUNTS: &str = "SELECT a.* FROM json_each(?1) AS j CROSS JOIN accounts AS a \
     ON a.account_id = j.value";

/// Enabled sync states of accounts by number: `?1` is a JSON array.
pub(super) const STATES: &str = "SELECT s.*, a.name AS account FROM json_each(?1) AS j \
     CROSS JOIN sync_state AS s ON s.account_id = j.value \
     JOIN accounts AS a ON a.account_id = s.account_id WHERE s.enabled";

impl Store {
    /// The accounts that changed after `since`, 0 for all there are, and how they are now: a few
    /// hundred at a time, as they stand at one moment.
    pub async fn changes(&self, since: i64) -> Result<Changes, StoreError> {
        // Most looks find nothing; only one that finds something needs a transaction.
        let found: Vec<(i64, i64)> = sqlx::query_as(SINCE)
            .bind(since)
            .bind(BATCH)
            .fetch_all(&self.reader)
            .await
            .during(ACTION)?;
        let Some((_, until)) = found.last().copied() else {
            return Ok(Changes {
                until: since,
                ..Changes::default()
            });
        };
        let mut changed: BTreeMap<i64, Changed> = BTreeMap::new();
        for (id, _) in &found {
            changed.insert(*id, nothing(*id));
        }
        let ids: serde_json::Value = changed.keys().copied().collect();
        let ids = ids.to_string();
        let mut tx = self.reader.begin().await.during(ACTION)?;
        let accounts = sqlx::query(ACCOUNTS)
            .bind(ids.clone())
            .fetch_all(&mut *tx)
            .await
            .during(ACTION)?;
        let states = sqlx::query(STATES)
            .bind(ids)
            .fetch_all(&mut *tx)
            .await
            .during(ACTION)?;
        tx.rollback().await.during(ACTION)?;
        for row in &accounts {
            let id: i64 = row.try_get("account_id").during(ACTION)?;
            if let Some(one) = changed.get_mut(&id) {
                one.account = account::read(row).map(Some);
            }
        }
        for row in &states {
            let id: i64 = row.try_get("account_id").during(ACTION)?;
            let Some(one) = changed.get_mut(&id) else {
                continue;
            };
            match state::read(row) {
                Ok(state) => one.states.push(state),
                Err(error) => one.unreadable.push(state::unreadable(row, error)?),
            }
        }
        Ok(Changes {
            until,
            more: found.len() == BATCH as usize,
            accounts: changed.into_values().collect(),
        })
    }
}

fn nothing(id: i64) -> Changed {
    Changed {
        id: AccountId(id),
        account: Ok(None),
        states: Vec::new(),
        unreadable: Vec::new(),
    }
}
