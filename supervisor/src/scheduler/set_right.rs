//! Puts right what a clock that was ahead has stored of the time to come.

use std::time::Duration;

use shared::time::Timestamp;

use super::jump;
use crate::store::{Account, CursorMove, CursorMoved, Store, StoreError, SyncState, Unreadable};

/// Puts every state of an account right. Those that cannot be because of what is stored are taken out,
/// and returned with the reason: they must not run.
pub(super) async fn all(
    store: &Store,
    account: &Account,
    states: &mut Vec<SyncState>,
    when: (Timestamp, Duration),
) -> Result<Vec<Unreadable>, StoreError> {
    let (mut good, mut bad) = (Vec::with_capacity(states.len()), Vec::new());
    for state in std::mem::take(states) {
        match one(store, account, &state, when).await {
            Ok(()) => good.push(state),
            Err(error) if error.is_temporary() => return Err(error),
            Err(error) => bad.push(Unreadable {
                account_id: account.id,
                account: account.name.clone(),
                worker: state.worker.to_string(),
                error,
            }),
        }
    }
    *states = good;
    Ok(bad)
}

/// Moves a cursor back that ran ahead of the time while the clock was wrong: what was "read" of the
/// time to come had not happened yet.
async fn one(
    store: &Store,
    account: &Account,
    state: &SyncState,
    (now, overlap): (Timestamp, Duration),
) -> Result<(), StoreError> {
    let latest = now.plus(jump::may_be_ahead(overlap));
    if state.suspect_at.is_some_and(|at| at > latest) {
        // A doubt about the time to come would refuse every snapshot until then.
        let whose = (state.account_id, state.worker);
        store.forget_suspect(whose, latest).await?;
    }
    let Some(cursor) = state.cursor.filter(|at| *at > latest) else {
        return Ok(());
    };
    let (name, born) = (account.name.as_str(), account.created_at);
    let (account, worker) = (state.account_id, state.worker);
    let begin = store.begin_of_what_ends_after((account, worker), now);
    let ahead = begin.await?.map(|begin| jump::Ahead {
        mode: worker.mode(),
        cursor,
        begin,
        born,
    });
    let Some(to) = ahead.and_then(|ahead| jump::back_to(&ahead, now)) else {
        return Ok(());
    };
    let wanted = CursorMove {
        clock_was_wrong: true,
        account,
        worker,
        to,
        accept_gap: false,
        by: "bulkhead",
        reason: "the clock was set back",
    };
    match store.move_cursor(&wanted, now).await {
        Ok(CursorMoved::Moved { .. }) => {
            tracing::warn!(
                account.id = %account, account.name = name, worker.name = %worker, from = %cursor, %to,
                "the clock was set back: what was read of the time to come is read again"
            );
            Ok(())
        }
        // Somebody else has moved it, or an attempt runs: that, or its end, is a change, and then it is
        // looked at again.
        Ok(CursorMoved::Refused(_)) | Err(StoreError::LeaseHeld { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
