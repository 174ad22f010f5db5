//! Commands, and the switches that they set.

use shared::id::AccountId;
use shared::time::Timestamp;
use shared::worker::Worker;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::row::{Cells, to_json};
use crate::outcome::PolicyState;
use crate::store::command::{CommandOutcome, CommandRow, Halt};
use crate::store::error::{During, StoreError};

/// The name of the setting.
const HALT: &str = "halt";

impl Store {
    /// Notes a command before it is answered; returns its number.
    pub async fn add_command(
        &self,
        command: &str,
        by: u32,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        sqlx::query_scalar(
            "INSERT INTO commands (command, asked_by, asked_at) VALUES (?1, ?2, ?3) \
             RETURNING command_id",
        )
        .bind(command.to_owned())
        .bind(by)
        .bind(now.to_string())
        .fetch_one(&self.writer)
        .await
        .during("note a command")
    }

    /// Notes what came of a command. The first end stands.
    pub async fn end_command(
        &self,
        id: i64,
        outcome: CommandOutcome,
        said: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE commands SET ended_at = ?2, outcome = ?3, said = ?4 \
             WHERE command_id = ?1 AND ended_at IS NULL",
        )
        .bind(id)
        .bind(now.to_string())
        .bind(outcome.name())
        .bind(said.to_owned())
        .execute(&self.writer)
        .await
        .during("note the end of a command")?;
        Ok(())
    }

    /// The newest commands, newest first.
    pub async fn commands(&self, limit: u32) -> Result<Vec<CommandRow>, StoreError> {
        self.command_rows(
            "SELECT * FROM commands ORDER BY command_id DESC LIMIT ?1",
            limit.into(),
        )
        .await
    }

    /// Those that have come to no end, in the order in which they were asked; one that cannot be read
    /// does not hide the others.
    pub async fn open_commands(&self) -> Result<Vec<Result<CommandRow, StoreError>>, StoreError> {
        let sql = "SELECT * FROM commands WHERE ended_at IS NULL ORDER BY command_id";
        let rows = sqlx::query(sql)
            .fetch_all(&self.reader)
            .await
            .during("list commands")?;
        Ok(rows.iter().map(read).collect())
    }

    /// One command.
    ///
    /// Errors: [`StoreError::NotFound`].
    pub async fn command(&self, id: i64) -> Result<CommandRow, StoreError> {
        let found = self
            .command_rows("SELECT * FROM commands WHERE command_id = ?1", id)
            .await?;
        found
            .into_iter()
            .next()
            .ok_or_else(|| StoreError::NotFound {
                what: format!("command {id}"),
            })
    }

    async fn command_rows(
        &self,
        sql: &'static str,
        number: i64,
    ) -> Result<Vec<CommandRow>, StoreError> {
        sqlx::query(sql)
            .bind(number)
            .fetch_all(&self.reader)
            .await
            .during("list commands")?
            .iter()
            .map(read)
            .collect()
    }

    /// Remembers that nothing is to be started, or that it may be again. False if it was so.
    pub async fn set_halt(&self, halt: Option<Halt>, now: Timestamp) -> Result<bool, StoreError> {
        let query = match halt {
            Some(halt) => sqlx::query(
                "INSERT INTO settings (name, value, at) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (name) DO NOTHING",
            )
            .bind(HALT)
            .bind(to_json(&halt, "settings", "value")?)
            .bind(now.to_string()),
            None => sqlx::query("DELETE FROM settings WHERE name = ?1").bind(HALT),
        };
        let done = query.execute(&self.writer).await.during("note a pause")?;
        Ok(done.rows_affected() > 0)
    }

    /// Since when nothing is to be started, if a person asked for that.
    pub async fn halt(&self) -> Result<Option<Halt>, StoreError> {
        let row = sqlx::query("SELECT value FROM settings WHERE name = ?1")
            .bind(HALT)
            .fetch_optional(&self.reader)
            .await
            .during("read a pause")?;
        row.map(|row| Cells::new(&row, "settings", HALT).json("value"))
            .transpose()
    }

    /// Says whether an account is synced. False if it was so.
    pub async fn set_account_enabled(
        &self,
        account: AccountId,
        enabled: bool,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE accounts SET enabled = ?2 WHERE account_id = ?1 AND enabled <> ?2";
        let done = sqlx::query(sql)
            .bind(account.0)
            .bind(enabled)
            .execute(&self.writer)
            .await
            .during("switch an account")?;
        Ok(done.rows_affected() > 0)
    }

    /// Says whether an account's worker runs; one that the account did not have is added, due now.
    /// False if it was so.
    pub async fn set_worker_enabled(
        &self,
        account: AccountId,
        worker: Worker,
        enabled: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = if enabled {
            "INSERT INTO sync_state (account_id, worker, policy, due_at) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (account_id, worker) DO UPDATE SET enabled = 1 WHERE enabled = 0"
        } else {
            "UPDATE sync_state SET enabled = 0 WHERE account_id = ?1 AND worker = ?2 AND enabled = 1"
        };
        let mut query = sqlx::query(sql).bind(account.0).bind(worker.name());
        if enabled {
            let policy = to_json(&PolicyState::default(), "sync_state", "policy")?;
            query = query.bind(policy).bind(now.to_string());
        }
        let done = query
            .execute(&self.writer)
            .await
            .during("switch a worker")?;
        Ok(done.rows_affected() > 0)
    }

    /// Whether the account has this worker, enabled or not.
    pub async fn has_worker(&self, account: AccountId, worker: Worker) -> Result<bool, StoreError> {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM sync_state WHERE account_id = ?1 AND worker = ?2")
                .bind(account.0)
                .bind(worker.name())
                .fetch_optional(&self.reader)
                .await
                .during("look for a worker")?;
        Ok(found.is_some())
    }

    /// Makes workers of an account due no earlier than these times: their attempt was called off.
    pub async fn put_off(
        &self,
        account: AccountId,
        workers: &[(Worker, Timestamp)],
    ) -> Result<(), StoreError> {
        let action = "put an attempt off";
        let mut tx = self.begin(action).await?;
        for (worker, until) in workers {
            sqlx::query(
                "UPDATE sync_state SET due_at = max(due_at, ?3) WHERE account_id = ?1 AND worker = ?2",
            )
            .bind(account.0)
            .bind(worker.name())
            .bind(until.to_string())
            .execute(&mut *tx)
            .await
            .during(action)?;
        }
        tx.commit().await.during(action)
    }

    /// Makes every enabled worker of an account due now, unless it is due earlier; returns how many
    /// there are. Quarantines stay.
    pub async fn make_due(&self, account: AccountId, now: Timestamp) -> Result<u64, StoreError> {
        let sql =
            "UPDATE sync_state SET due_at = min(due_at, ?2) WHERE account_id = ?1 AND enabled";
        let done = sqlx::query(sql)
            .bind(account.0)
            .bind(now.to_string())
            .execute(&self.writer)
            .await
            .during("make an account due")?;
        Ok(done.rows_affected())
    }
}

fn read(row: &SqliteRow) -> Result<CommandRow, StoreError> {
    let id: i64 = Cells::new(row, "commands", "a row").get("command_id")?;
    let label = format!("command {id}");
    let cells = Cells::new(row, "commands", &label);
    Ok(CommandRow {
        id,
        command: cells.get("command")?,
        asked_by: cells.get("asked_by")?,
        asked_at: cells.time("asked_at")?,
        ended_at: cells.time_or_null("ended_at")?,
        outcome: cells.named("outcome", "an outcome", CommandOutcome::from_name)?,
        said: cells.get("said")?,
    })
}
