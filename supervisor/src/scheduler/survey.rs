//! Looks at the store for what is due, and for accounts that wait for a token.

use std::collections::{BTreeMap, BTreeSet};

use shared::id::AccountId;
use shared::time::Timestamp;

use super::due::Due;
use super::jump;
use crate::attempt::Context;
use crate::store::{Account, StoreError, SyncState};
use crate::tokens;

/// What there is to choose from.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Accounts that are enabled, by number.
    pub accounts: BTreeMap<AccountId, Account>,
    /// What may run.
    pub due: Vec<Due>,
    /// What may not, for want of a token.
    pub blocked: Vec<Due>,
    /// A person asked that nothing is started.
    pub halted: bool,
}

/// What was said once already, so that a lasting trouble is not a line per look.
#[derive(Debug, Default)]
pub(super) struct Told {
    unreadable: BTreeSet<(AccountId, String)>,
}

impl Told {
    /// Looks, and tells what cannot be read: those workers stop, the others carry on.
    pub(super) async fn survey(
        &mut self,
        context: &Context,
        now: Timestamp,
    ) -> Result<Survey, StoreError> {
        let store = &context.store;
        let accounts: BTreeMap<AccountId, Account> = store
            .accounts()
            .await?
            .into_iter()
            .filter(|account| account.enabled)
            .map(|account| (account.id, account))
            .collect();
        let all = store.sync_states().await?;
        for bad in &all.unreadable {
            if self.unreadable.insert((bad.account_id, bad.worker.clone())) {
                tracing::error!(
                    account.id = %bad.account_id, account.name = bad.account, worker.name = bad.worker,
                    error = %bad.error, "this worker is stopped: what is remembered for it cannot be read"
                );
            }
        }
        self.unreadable.retain(|(account, worker)| {
            all.unreadable
                .iter()
                .any(|bad| bad.account_id == *account && bad.worker == *worker)
        });
        let mut waiting = BTreeSet::new();
        for account in accounts.values() {
            if tokens::waits(store, account, now).await? {
                waiting.insert(account.id);
            }
        }
        let (blocked, due) = all
            .states
            .iter()
            .filter(|state| accounts.contains_key(&state.account_id))
            .map(|state| due(state, now))
            .partition(|entry| waiting.contains(&entry.account));
        Ok(Survey {
            accounts,
            due,
            blocked,
            halted: store.halt().await?.is_some(),
        })
    }
}

fn due(state: &SyncState, now: Timestamp) -> Due {
    let last = state.last_started_at.max(state.last_outcome_at);
    Due {
        account: state.account_id,
        worker: state.worker,
        due_at: jump::due_at(state.due_at, last, now),
        last_started_at: state.last_started_at,
        solitary: state.policy.solitary,
        big_slot: state.policy.big_slot,
        quarantined_until: state.policy.quarantined_until,
    }
}
