//! Keeps what the store has of accounts: looks for what changed, and at the token files of accounts
//! that wait for one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shared::id::AccountId;
use shared::time::Timestamp;
use shared::worker::Worker;

use super::due::Due;
use crate::store::{Account, Changed, Store, StoreError, SyncState};
use crate::tokens;

/// What changed of an account.
#[derive(Debug)]
pub(super) struct News {
    /// Whose.
    pub account: AccountId,
    /// What may run; nothing if the account may not.
    pub due: Vec<Due>,
    /// What may not, for want of a token.
    pub blocked: Vec<Due>,
    /// When each worker that should run last succeeded, or the account was added.
    pub successes: Vec<(Worker, Timestamp)>,
}

/// The accounts as the store had them at the last look.
#[derive(Debug, Default)]
pub(super) struct Survey {
    since: i64,
    accounts: BTreeMap<AccountId, Account>,
    /// Those of them that had no good token then.
    waiting: BTreeSet<AccountId>,
    /// What was said once already, so that a lasting trouble is not a line per look.
    unreadable: BTreeMap<AccountId, BTreeSet<String>>,
}

impl Survey {
    /// An account that may run.
    pub(super) fn account(&self, account: AccountId) -> Option<&Account> {
        self.accounts.get(&account)
    }

    /// Looks for what changed since the last look, the first time at everything. Tells what cannot
    /// be read: those workers stop, the others carry on.
    pub(super) async fn look(&mut self, store: &Store) -> Result<Vec<News>, StoreError> {
        for account in self.waiting.clone() {
            if let Some(known) = self.accounts.get(&account) {
                // If it waits no more, that is a change, and found below.
                waits_for_token(store, known).await?;
            }
        }
        let mut news = Vec::new();
        loop {
            let changes = store.changes(self.since).await?;
            for changed in changes.accounts {
                news.push(self.hear(store, changed).await?);
            }
            // Only now: what failed half-way is heard again.
            self.since = changes.until;
            if !changes.more {
                return Ok(news);
            }
        }
    }

    async fn hear(&mut self, store: &Store, changed: Changed) -> Result<News, StoreError> {
        let id = changed.id;
        self.tell_unreadable(&changed);
        self.waiting.remove(&id);
        let nothing = News {
            account: id,
            due: Vec::new(),
            blocked: Vec::new(),
            successes: Vec::new(),
        };
        let Some(account) = changed.account.filter(|account| account.enabled) else {
            self.accounts.remove(&id);
            return Ok(nothing);
        };
        let waits = waits_for_token(store, &account).await?;
        let success = |state: &SyncState| {
            let at = state.last_success_at.unwrap_or(account.created_at);
            (state.worker, at)
        };
        let successes = changed.states.iter().map(success).collect();
        self.accounts.insert(id, account);
        let all = changed.states.iter().map(due).collect();
        if waits {
            self.waiting.insert(id);
            return Ok(News {
                blocked: all,
                successes,
                ..nothing
            });
        }
        Ok(News {
            due: all,
            successes,
            ..nothing
        })
    }

    fn tell_unreadable(&mut self, changed: &Changed) {
        let told = self.unreadable.remove(&changed.id).unwrap_or_default();
        let on_duty = changed.account.as_ref().is_some_and(|one| one.enabled);
        let now: BTreeSet<String> = changed
            .unreadable
            .iter()
            .filter(|_| on_duty)
            .map(|bad| {
                if !told.contains(&bad.worker) {
                    tracing::error!(
                        account.id = %bad.account_id, account.name = bad.account, worker.name = bad.worker,
                        error = %bad.error, "this worker is stopped: what is remembered for it cannot be read"
                    );
                }
                bad.worker.clone()
            })
            .collect();
        if !now.is_empty() {
            self.unreadable.insert(changed.id, now);
        }
    }
}

/// Whether the account still waits; a file that has changed ends the wait.
async fn waits_for_token(store: &Store, account: &Account) -> Result<bool, StoreError> {
    let Some(refused) = &account.token_mark else {
        return Ok(false);
    };
    if *refused == tokens::mark(&account.token_file) {
        return Ok(true);
    }
    tracing::info!(account.id = %account.id, account.name = account.name, "the token file has changed: the account runs again");
    store.set_token_state(account.id, None, None).await?;
    Ok(false)
}

fn due(state: &SyncState) -> Due {
    let took = state.last_outcome_at.zip(state.last_started_at);
    Due {
        account: state.account_id,
        worker: state.worker,
        due_at: state.due_at,
        last_started_at: state.last_started_at,
        took: took.map_or(Duration::ZERO, |(ended, started)| ended.since(started)),
        solitary: state.policy.solitary,
        big_slot: state.policy.big_slot,
        quarantined_until: state.policy.quarantined_until,
    }
}
