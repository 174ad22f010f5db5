//! The learned peak of each (account, worker): what its attempts needed of late.

use super::Tx;
use super::row::signed;
use crate::store::attempt::EndAttempt;
use crate::store::error::{During, StoreError};

/// Adds what an attempt needed to what is known: exactly for a worker that was alone, and as a bound
/// for workers that shared the child.
///
/// The larger of resident memory and heap counts. What is known falls by an eighth with each run that
/// needs less, so that it follows a worker that has shrunk.
pub(super) async fn learn(tx: &mut Tx, end: &EndAttempt<'_>) -> Result<(), StoreError> {
    let Some(peak) = end.peaks.resident.max(end.peaks.heap) else {
        return Ok(());
    };
    let alone = end.runs.len() == 1;
    for run in &end.runs {
        sqlx::query(if alone { ALONE } else { SHARED })
            .bind(end.grant.account.0)
            .bind(run.worker.name())
            .bind(signed(peak))
            .execute(&mut **tx)
            .await
            .during("note a peak")?;
    }
    Ok(())
}

const ALONE: &str = "UPDATE sync_state \
     SET peak_alone = max(?3, coalesce(peak_alone - peak_alone / 8, 0)) \
     WHERE account_id = ?1 AND worker = ?2";

const SHARED: &str = "UPDATE sync_state \
     SET peak_shared = max(?3, coalesce(peak_shared - peak_shared / 8, 0)) \
     WHERE account_id = ?1 AND worker = ?2";
