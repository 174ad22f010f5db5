//! Items that a run was ordered to pass over, and what that means for what it can be sure of.

use shared::id::RunNo;
use shared::wire::message::SkippedRows;

use super::{Ingest, IngestError, find};

impl Ingest {
    /// Takes note of an item that was passed over. Only what was ordered may be.
    pub fn skipped(
        &mut self,
        run: RunNo,
        skip: u32,
        rows: Option<SkippedRows>,
    ) -> Result<(), IngestError> {
        let progress = find(&mut self.runs, run)?;
        let ordered = usize::try_from(skip).is_ok_and(|skip| skip < progress.order.skip.len());
        if !ordered {
            return Err(IngestError::violation(format!(
                "item {skip} of the list was passed over, which was not ordered"
            )));
        }
        progress.skipped.push(rows);
        Ok(())
    }
}
