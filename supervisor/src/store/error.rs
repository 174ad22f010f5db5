//! What can go wrong between the supervisor and its database.

use std::path::PathBuf;

use shared::id::{AccountId, AttemptId};

/// An error of the store. Nothing was committed when one is returned.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Busy, locked, full or unreadable storage: the same call may succeed later.
    #[error("database unavailable, cannot {action}: {source}")]
    Unavailable {
        /// What was tried.
        action: &'static str,
        /// The driver's words.
        source: sqlx::Error,
    },
    /// The database is damaged, or its content breaks its own rules: trying again is useless.
    #[error("database refused to {action}: {source}")]
    Corrupt {
        /// What was tried.
        action: &'static str,
        /// The driver's words.
        source: sqlx::Error,
    },
    /// A stored value cannot be read. It is never replaced by a default.
    #[error("cannot read {table}.{column} of {row}: {why}")]
    BadValue {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// Which row.
        row: String,
        /// What is wrong with it.
        why: String,
    },
    /// Someone took the lease: what this owner sends is no longer accepted.
    #[error("lease of account {account} lost: fence {fence} is no longer valid")]
    LeaseLost {
        /// Whose lease.
        account: AccountId,
        /// The fence that was shown.
        fence: i64,
    },
    /// Someone else holds the lease.
    #[error("account {account} is leased to {holder}")]
    LeaseHeld {
        /// Whose lease.
        account: AccountId,
        /// Who has it.
        holder: String,
    },
    /// A newer build has migrated the database.
    #[error(
        "database {} has schema {found}, and this build knows {known}: install the newer build, \
         or restore the backup made before it", path.display()
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest that we know.
        known: i64,
    },
    /// The file is not a database of ours.
    #[error("{} {why}: move it away, or name another file", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// How we know.
        why: &'static str,
    },
    /// There is no such thing.
    #[error("{what} not found")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// There is such a thing already.
    #[error("{what} exists already")]
    AlreadyExists {
        /// What was to be made.
        what: String,
    },
    /// An attempt ends once.
    #[error("attempt {attempt} has already ended")]
    AlreadyEnded {
        /// Which attempt.
        attempt: AttemptId,
    },
}

impl StoreError {
    /// Whether the same call may succeed later without anyone's help.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

/// Primary SQLite result codes that say "not now" rather than "not like this":
/// PERM, BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL.
const TEMPORARY: [u32; 10] = [3, 5, 6, 7, 8, 9, 10, 13, 14, 15];

/// Names the action that a driver error ended.
pub(super) trait During<T> {
    /// Turns a driver error into ours.
    fn during(self, action: &'static str) -> Result<T, StoreError>;
}

impl<T> During<T> for Result<T, sqlx::Error> {
    fn during(self, action: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| {
            if is_temporary(&source) {
                StoreError::Unavailable { action, source }
            } else {
                StoreError::Corrupt { action, source }
            }
        })
    }
}

fn is_temporary(error: &sqlx::Error) -> bool {
    if let Some(database) = error.as_database_error() {
        // The driver tells the extended code; its low byte is the primary one.
        return database
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .is_some_and(|code| TEMPORARY.contains(&(code & 0xff)));
    }
    matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
    )
}
