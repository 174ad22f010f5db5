//! Probes: which items are not stored in the version that a child saw.

use shared::id::RunNo;
use shared::table::Table;
use shared::wire::message::Probed;

use super::{Ingest, IngestError, check, find};

impl Ingest {
    /// The positions of the items that are not stored in that version, ascending.
    pub async fn probe(
        &mut self,
        run: RunNo,
        table: Table,
        items: &[Probed],
    ) -> Result<Vec<u32>, IngestError> {
        let progress = find(&mut self.runs, run)?;
        check::probe(progress.order.worker, table, items).map_err(IngestError::violation)?;
        Ok(self.store.needed(self.grant.account, table, items).await?)
    }
}
