//! The ledger of every worker of every account, against its sync state.

use std::collections::BTreeMap;
use std::future::poll_fn;

use shared::id::AccountId;
use shared::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::ACTION;
use crate::store::audit::{Coverage, Findings};
use crate::store::error::{During, StoreError};
use crate::store::sqlite::cursor::read_gap;
use crate::store::sqlite::state;

/// The table that findings are about.
const LEDGER: &str = "sync_windows";

const STATES: &str = "SELECT s.*, a.name AS account FROM sync_state s \
     JOIN accounts a ON a.account_id = s.account_id WHERE ?1 IS NULL OR s.account_id = ?1";

/// In the order of the unique key, so nothing is sorted.
pub(super) const STRETCHES: &str = "SELECT w.account_id, w.worker, w.start_at, w.end_at, w.attempt_id, w.committed_at, w.gap_by, \
     w.gap_reason, (SELECT name FROM accounts a WHERE a.account_id = w.account_id) AS account \
     FROM sync_windows AS w WHERE ?1 IS NULL OR w.account_id = ?1 \
     ORDER BY w.account_id, w.worker, w.end_at";

/// An account and a worker by name.
type Owner = (AccountId, String);

pub(super) async fn verify(
    connection: &mut SqliteConnection,
    account: Option<AccountId>,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut ledgers = ledgers(connection, account, findings).await?;
    let account = account.map(|account| account.0);
    let mut rows = sqlx::query(STRETCHES).bind(account).fetch(connection);
    while let Some(row) = poll_fn(|cx| rows.as_mut().poll_next(cx)).await {
        let row = row.during(ACTION)?;
        findings.audit.stretches += 1;
        let owner = owner(&row)?;
        let what = match (time(&row, 2)?, time(&row, 3)?) {
            (Ok(start), Ok(end)) => match ledgers.get_mut(&owner) {
                // Of what cannot be read it was said already.
                Some(None) => None,
                Some(Some(coverage)) => coverage.add(start, end),
                None => Some(format!("covers {start} to {end} of nobody")),
            },
            (Err(text), _) | (_, Err(text)) => {
                Some(format!("has '{}' for a time", text.escape_debug()))
            }
        };
        if let Some(what) = what {
            findings.add(owner.0, LEDGER, std::slice::from_ref(&owner.1), what);
        }
        let attempt: Option<i64> = row.try_get("attempt_id").during(ACTION)?;
        if attempt.is_none() {
            match read_gap(&row) {
                Ok(gap) => findings.gap(gap),
                Err(error) => findings.add(owner.0, LEDGER, &[owner.1], error.to_string()),
            }
        }
    }
    drop(rows);
    for ((account, worker), coverage) in ledgers {
        if let Some(what) = coverage.and_then(|coverage| coverage.finish()) {
            findings.add(account, LEDGER, &[worker], what);
        }
    }
    Ok(())
}

/// An empty ledger for every sync state; none for one that cannot be read, which is a finding.
async fn ledgers(
    connection: &mut SqliteConnection,
    account: Option<AccountId>,
    findings: &mut Findings,
) -> Result<BTreeMap<Owner, Option<Coverage>>, StoreError> {
    let mut ledgers = BTreeMap::new();
    let account = account.map(|account| account.0);
    let mut rows = sqlx::query(STATES).bind(account).fetch(connection);
    while let Some(row) = poll_fn(|cx| rows.as_mut().poll_next(cx)).await {
        let row = row.during(ACTION)?;
        findings.audit.ledgers += 1;
        let owner = owner(&row)?;
        let ledger = match state::read(&row) {
            Ok(state) => Some(Coverage::new(state.since, state.cursor)),
            Err(error) => {
                let key = [owner.1.clone()];
                findings.add(owner.0, "sync_state", &key, error.to_string());
                None
            }
        };
        ledgers.insert(owner, ledger);
    }
    Ok(ledgers)
}

fn owner(row: &SqliteRow) -> Result<Owner, StoreError> {
    let account: i64 = row.try_get("account_id").during(ACTION)?;
    Ok((AccountId(account), row.try_get("worker").during(ACTION)?))
}

/// A time, or the text that is none.
fn time(row: &SqliteRow, at: usize) -> Result<Result<Timestamp, String>, StoreError> {
    let text: &str = row.try_get(at).during(ACTION)?;
    Ok(Timestamp::parse(text).ok_or_else(|| text.to_owned()))
}
