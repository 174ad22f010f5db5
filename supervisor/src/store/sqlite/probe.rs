//! Answers probes: which items are not stored in the version that a child saw.

use std::fmt::Write as _;

use shared::id::AccountId;
use shared::table::{Kind, Table, TableDef};
use shared::wire::message::Probed;
use sqlx::AssertSqlSafe;

use super::Store;
use crate::store::change::push_json_text;
use crate::store::error::{During, StoreError};

impl Store {
    /// The positions, ascending, of the items that are not stored as open rows with this version in
    /// the table's [`Kind::Mark`] column and in its current shape. In a table without such a column
    /// everything is needed.
    ///
    /// What an account's own run has committed is seen; only the holder of its lease writes the rows.
    pub async fn needed(
        &self,
        account: AccountId,
        table: Table,
        items: &[Probed],
    ) -> Result<Vec<u32>, StoreError> {
        let def = table.def();
        let positions = 0..u32::try_from(items.len()).unwrap_or(u32::MAX);
        let Some(sql) = stored(def) else {
            return Ok(positions.collect());
        };
        // The names are constants of this program.
        let mut known: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(account.0)
            .bind(asked(items))
            .bind(def.shape_version)
            .fetch_all(&self.reader)
            .await
            .during("answer a probe")?;
        known.sort_unstable();
        let unknown = |position: &u32| known.binary_search(&i64::from(*position)).is_err();
        Ok(positions.filter(unknown).collect())
    }
}

/// `?1` account, `?2` JSON array of items, each an array of its key and its version, `?3` shape
/// version → positions of the items that are stored. `None` for a table without versions.
pub(super) fn stored(def: &TableDef) -> Option<String> {
    let mark = def
        .columns
        .iter()
        .find(|column| column.kind == Kind::Mark)?;
    let mut text = format!(
        "SELECT j.key FROM json_each(?2) AS j CROSS JOIN {} AS t WHERE t.account_id = ?1",
        def.name
    );
    let names = def.key.iter().chain([&mark.name]);
    for (at, name) in names.enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(text, " AND t.{name} = json_extract(j.value, '$[{at}]')");
    }
    text.push_str(" AND t.shape_version = ?3 AND t.ended_at IS NULL");
    Some(text)
}

fn asked(items: &[Probed]) -> String {
    let mut text = "[".to_owned();
    for (at, item) in items.iter().enumerate() {
        text.push_str(if at > 0 { ",[" } else { "[" });
        for part in &item.key {
            push_json_text(&mut text, part);
            text.push(',');
        }
        push_json_text(&mut text, &item.version);
        text.push(']');
    }
    text.push(']');
    text
}
