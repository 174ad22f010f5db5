//! The store on SQLite: one writer, a few readers, one file.
//!
//! `synchronous=NORMAL` is enough. With a write-ahead log a loss of power may take the last commits
//! but never tears one: a lost commit took its rows, their events and, later, its cursor with it in
//! order. So the cursor went back with its rows; they are read again and compare equal to what is
//! still stored. A crash of this process loses nothing.

mod account;
mod attempt;
mod audit;
mod batch;
mod changes;
mod checkpoint;
mod command;
mod crash;
mod cursor;
mod health;
mod history;
mod lease;
mod letter;
mod migrate;
mod peaks;
mod probe;
mod prune;
mod query;
mod rescan;
mod rescue;
mod revise;
mod row;
mod rows;
mod secret;
mod setting;
mod state;
mod statement;
#[cfg(test)]
mod tests;
mod trial;
mod write;

pub use health::Soundness;

use std::sync::Arc;

use sqlx::sqlite::SqlitePool;
use sqlx::{Sqlite, Transaction};

use super::error::{During, StoreError};

/// A transaction on the writer.
type Tx = Transaction<'static, Sqlite>;

/// The store. Cloning it shares the connections.
#[derive(Debug, Clone)]
pub struct Store {
    writer: SqlitePool,
    reader: SqlitePool,
    opened: Arc<trial::Opened>,
}

impl Store {
    /// Begins a transaction that holds the write lock from the start, so that what it reads cannot
    /// change before it writes.
    async fn begin(&self, action: &'static str) -> Result<Tx, StoreError> {
        const HOW: &str = "BEGIN IMMEDIATE";
        match self.writer.begin_with(HOW).await {
            // On a full disk SQLite ends a transaction by itself, and then refuses the driver's
            // ROLLBACK: the driver counts one that is not there, for as long as the connection lives.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                let stuck = self.writer.acquire().await.during(action)?;
                stuck.close().await.during(action)?;
                self.writer.begin_with(HOW).await.during(action)
            }
            begun => begun.during(action),
        }
    }

    /// Closes every connection; what is still running finishes first.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}
