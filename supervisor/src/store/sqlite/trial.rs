//! Whether the database is where it was, and takes what is written.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::Store;
use crate::store::error::{During, StoreError};

/// As much as a commit may need: an attempt that begins must be able to end.
const TRIAL_BYTES: i64 = 256 * 1024;

/// Which file was opened.
#[derive(Debug)]
pub(super) struct Opened {
    path: PathBuf,
    identity: (u64, u64),
}

impl Opened {
    /// The file at this path.
    pub(super) fn look(path: &Path) -> Result<Self, StoreError> {
        let found = std::fs::metadata(path)
            .map_err(sqlx::Error::Io)
            .during("look at the database file")?;
        Ok(Self {
            path: path.to_owned(),
            identity: identity(&found),
        })
    }
}

fn identity(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

impl Store {
    /// Whether the file that was opened is still at its path. What is written to one that was moved or
    /// removed would be lost to the next start.
    ///
    /// Errors: [`StoreError::Unavailable`] until it is back.
    pub fn in_place(&self) -> Result<(), StoreError> {
        let path = self.opened.path.display();
        let why = match std::fs::metadata(&self.opened.path) {
            Ok(found) if identity(&found) == self.opened.identity => return Ok(()),
            Ok(_) => format!(
                "another file is at {path}: put the first one back, or restart bulkhead to use this one"
            ),
            Err(error) => format!("{path}: {error}; put it back"),
        };
        Err(sqlx::Error::Io(io::Error::new(
            io::ErrorKind::NotFound,
            why,
        )))
        .during("find the database file")
    }

    /// Writes something and removes it again: whether there is a lock, room and leave to write.
    pub async fn try_write(&self) -> Result<(), StoreError> {
        let action = "write for a trial";
        let mut tx = self.begin(action).await?;
        sqlx::query(
            "INSERT INTO settings (name, value, at) VALUES ('trial', hex(zeroblob(?1 / 2)), '') \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(TRIAL_BYTES)
        .execute(&mut *tx)
        .await
        .during(action)?;
        tx.commit().await.during(action)?;
        sqlx::query("DELETE FROM settings WHERE name = 'trial'")
            .execute(&self.writer)
            .await
            .during(action)?;
        Ok(())
    }
}
