//! What the running service tells of itself.

use shared::time::Timestamp;

use super::Store;
use super::row::{Cells, to_json};
use crate::policy::Pause;
use crate::store::error::{During, StoreError};

const PAUSE: &str = "pause";

impl Store {
    /// Tells that nothing is started, and why; or that all is as usual.
    pub async fn set_pause(&self, pause: Option<&Pause>, now: Timestamp) -> Result<(), StoreError> {
        let query = match pause {
            Some(pause) => sqlx::query(
                "INSERT INTO settings (name, value, at) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at",
            )
            .bind(PAUSE)
            .bind(to_json(pause, "settings", "value")?)
            .bind(now.to_string()),
            None => sqlx::query("DELETE FROM settings WHERE name = ?1").bind(PAUSE),
        };
        query.execute(&self.writer).await.during("note a pause")?;
        Ok(())
    }

    /// Why nothing is started, if the service has paused.
    pub async fn pause(&self) -> Result<Option<Pause>, StoreError> {
        let row = sqlx::query("SELECT value FROM settings WHERE name = ?1")
            .bind(PAUSE)
            .fetch_optional(&self.reader)
            .await
            .during("read a pause")?;
        row.map(|row| Cells::new(&row, "settings", PAUSE).json("value"))
            .transpose()
    }
}
