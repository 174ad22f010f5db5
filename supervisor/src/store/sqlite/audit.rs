//! Reads the whole database once, as it stands at one moment, for `audit verify`.
//!
//! Everything is read in one transaction on a connection of its own: a supervisor may go on
//! writing, and its log cannot be folded into the file until the audit is over. Memory stays
//! bounded, whatever is stored: a few rows of the driver, and batches of rows by what their columns
//! weigh, without their payloads.

mod events;
mod items;
mod ledger;

use std::collections::BTreeMap;

use shared::id::AccountId;
use shared::table::Table;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::Store;
use crate::store::audit::{Audit, Findings};
use crate::store::error::{During, StoreError};

/// Rows that the driver holds for us: one by one, it would wait for us and we for it.
const BUFFERED: usize = 8;

/// What is done when an audit cannot go on.
const ACTION: &str = "audit the database";

impl Store {
    /// Proves from the database alone, for one account or for all, that the ledger covers every
    /// worker's time from its start to its cursor, that folding the history gives exactly the rows,
    /// and that each row still has the hash of what was stored.
    ///
    /// What no event and no hash speaks of is not proven: `volatile`, marks, eBay's time of a row.
    pub async fn audit(&self, account: Option<AccountId>) -> Result<Audit, StoreError> {
        let options = self.reader.connect_options();
        let options = options.as_ref().clone().row_buffer_size(BUFFERED);
        let mut connection = options.connect().await.during(ACTION)?;
        let mut tx = connection.begin().await.during(ACTION)?;
        let names = names(&mut tx).await?;
        let mut findings = Findings::new(names);
        ledger::verify(&mut tx, account, &mut findings).await?;
        for table in Table::ALL {
            items::verify(&mut tx, account, table, &mut findings).await?;
        }
        events::verify(&mut tx, account, &mut findings).await?;
        tx.rollback().await.during(ACTION)?;
        connection.close().await.during(ACTION)?;
        Ok(findings.audit)
    }
}

async fn names(connection: &mut SqliteConnection) -> Result<BTreeMap<i64, String>, StoreError> {
    let names: Vec<(i64, String)> = sqlx::query_as("SELECT account_id, name FROM accounts")
        .fetch_all(connection)
        .await
        .during(ACTION)?;
    Ok(names.into_iter().collect())
}

/// The statements about all accounts, for the test that reads their plans.
#[cfg(test)]
pub(super) const WHOLE: [&str; 2] = [events::ITEMS, ledger::STRETCHES];

/// The statements of a table, for the test that reads their plans.
#[cfg(test)]
pub(super) fn generated(def: &shared::table::TableDef) -> [String; 3] {
    [
        items::rows_sql(def),
        items::events_sql(def),
        events::found_sql(def),
    ]
}
