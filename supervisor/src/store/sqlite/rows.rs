//! Reads eBay's rows and their history back, for comparing them with eBay.

use serde_json::Value;
use shared::id::AccountId;
use shared::table::Table;
use sqlx::{AssertSqlSafe, Row as _};

use super::Store;
use super::statement::TableSql;
use crate::store::error::{During, StoreError};

impl Store {
    /// The numbers of an account's rows whose key begins with this part, ended ones included.
    pub async fn rows_under(
        &self,
        account: AccountId,
        table: Table,
        first: &str,
    ) -> Result<Vec<i64>, StoreError> {
        sqlx::query_scalar(TableSql::of(table).under.as_str())
            .bind(account.0)
            .bind(first.to_owned())
            .fetch_all(&self.reader)
            .await
            .during("find rows")
    }

    /// The open rows of an account as JSON objects: key and eBay's own columns, without payloads.
    pub async fn open_rows(
        &self,
        account: AccountId,
        table: Table,
    ) -> Result<Vec<Value>, StoreError> {
        let action = "read rows";
        let def = table.def();
        let own = def.columns.iter().map(|column| column.name);
        let names = def.key.iter().copied().chain(own);
        let pairs: Vec<String> = names.map(|name| format!("'{name}', {name}")).collect();
        // The names are constants of this program.
        let sql = AssertSqlSafe(format!(
            "SELECT json_object({}) FROM {} WHERE account_id = ?1 AND ended_at IS NULL",
            pairs.join(", "),
            def.name
        ));
        let rows = sqlx::query(sql)
            .bind(account.0)
            .fetch_all(&self.reader)
            .await
            .during(action)?;
        rows.iter()
            .map(|row| {
                let text: &str = row.try_get(0).during(action)?;
                serde_json::from_str(text).map_err(|error| StoreError::BadValue {
                    table: def.name,
                    column: "all",
                    row: text.chars().take(80).collect(),
                    why: error.to_string(),
                })
            })
            .collect()
    }

    /// How many rows of an account are open.
    pub async fn count_open_rows(
        &self,
        account: AccountId,
        table: Table,
    ) -> Result<u64, StoreError> {
        let sql = AssertSqlSafe(format!(
            "SELECT count(*) FROM {} WHERE account_id = ?1 AND ended_at IS NULL",
            table.def().name
        ));
        let count: i64 = sqlx::query_scalar(sql)
            .bind(account.0)
            .fetch_one(&self.reader)
            .await
            .during("count rows")?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Every change of an account's items in the order of their commits: entity, key as a JSON
    /// array, and kind.
    pub async fn event_kinds(
        &self,
        account: AccountId,
    ) -> Result<Vec<(String, String, String)>, StoreError> {
        sqlx::query_as("SELECT entity, entity_key, kind FROM ebay_events WHERE account_id = ?1 ORDER BY event_id")
            .bind(account.0)
            .fetch_all(&self.reader)
            .await
            .during("read the history")
    }
}
