//! Keeps what the store has of accounts: looks for what changed, and whether accounts that wait for a
//! token still do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use shared::id::AccountId;
use shared::time::Timestamp;
use shared::worker::Worker;

use super::due::Due;
use super::{jump, set_right};
use crate::store::{Account, Changed, Store, StoreError, SyncState, Unreadable};
use crate::tokens;

/// How often everything is looked at while something of it cannot be read.
const LOOK_ANEW: Duration = Duration::from_mins(1);

/// What changed of an account.
#[derive(Debug)]
pub(super) struct News {
    /// Whose.
    pub account: AccountId,
    /// What may run; nothing if the account may not.
    pub due: Vec<Due>,
    /// What may not, for want of a token.
    pub blocked: Vec<Due>,
    /// How many workers may not because what is stored of them cannot be read, or 1 for the account.
    pub unreadable: usize,
    /// When each worker that should run last succeeded, or the account was added.
    pub successes: Vec<(Worker, Timestamp)>,
}

#[derive(Debug)]
struct Waiting {
    blocked: Vec<Due>,
    successes: Vec<(Worker, Timestamp)>,
}

/// The accounts as the store had them at the last look.
#[derive(Debug, Default)]
pub(super) struct Survey {
    since: i64,
    looked_at: Option<Timestamp>,
    /// When it was last looked at everything.
    looked_anew: Option<Instant>,
    accounts: BTreeMap<AccountId, Account>,
    /// Those of them that had no good token then, with what waits for one.
    waiting: BTreeMap<AccountId, Waiting>,
    /// What was said once already, so that a lasting trouble is not a line per look.
    unreadable: BTreeMap<AccountId, BTreeSet<String>>,
    /// Accounts that cannot be read, and what was said of that.
    stopped: BTreeMap<AccountId, String>,
}

impl Survey {
    /// An account that may run.
    pub(super) fn account(&self, account: AccountId) -> Option<&Account> {
        self.accounts.get(&account)
    }

    /// The next look is at everything.
    pub(super) const fn look_anew(&mut self) {
        self.since = 0;
    }

    /// Looks for what changed since the last look, the first time at everything. Tells what cannot
    /// be read: those workers stop, the others carry on. After an error the next look is at everything.
    /// What lies no further than `overlap` before a cursor is read again anyway.
    pub(super) async fn look(
        &mut self,
        store: &Store,
        (now, overlap): (Timestamp, Duration),
    ) -> Result<Vec<News>, StoreError> {
        let looked = self.look_for_news(store, (now, overlap)).await;
        if looked.is_err() {
            // What was heard until then is lost with the error.
            self.look_anew();
        }
        looked
    }

    async fn look_for_news(
        &mut self,
        store: &Store,
        (now, overlap): (Timestamp, Duration),
    ) -> Result<Vec<News>, StoreError> {
        if self
            .looked_at
            .is_some_and(|last| jump::was_set_back(last, now))
        {
            // No due time is what it was.
            self.look_anew();
        }
        let again = self.looked_anew.is_none_or(|at| at.elapsed() >= LOOK_ANEW);
        if again && !(self.stopped.is_empty() && self.unreadable.is_empty()) {
            // What was mended may be told of by no change.
            self.look_anew();
        }
        if self.since == 0 {
            self.looked_anew = Some(Instant::now());
        }
        self.looked_at = Some(now);
        let mut news = self.released(store, now).await?;
        loop {
            let changes = store.changes(self.since).await?;
            for changed in changes.accounts {
                let id = changed.id;
                news.push(match self.hear(store, changed, (now, overlap)).await {
                    Err(error) if !error.is_temporary() => self.stopped(id, &error),
                    heard => heard?,
                });
            }
            self.since = changes.until;
            if !changes.more {
                return Ok(news);
            }
        }
    }

    /// Accounts that wait no more, though nothing was written about them: a file that was, or a time
    /// that has come.
    async fn released(&mut self, store: &Store, now: Timestamp) -> Result<Vec<News>, StoreError> {
        let mut free = Vec::new();
        for account in self.waiting.keys() {
            let Some(known) = self.accounts.get(account) else {
                continue;
            };
            match tokens::waits(store, known, now).await {
                Ok(true) => {}
                // An attempt finds out what is wrong, and says so.
                Ok(false) => free.push(*account),
                Err(error) if !error.is_temporary() => free.push(*account),
                Err(error) => return Err(error),
            }
        }
        let news = |account| {
            let Waiting { blocked, successes } = self.waiting.remove(&account)?;
            Some(News {
                due: blocked,
                successes,
                ..nothing(account)
            })
        };
        Ok(free.into_iter().filter_map(news).collect())
    }

    async fn hear(
        &mut self,
        store: &Store,
        changed: Changed,
        when: (Timestamp, Duration),
    ) -> Result<News, StoreError> {
        let id = changed.id;
        self.waiting.remove(&id);
        let mut news = nothing(id);
        let Changed {
            account,
            mut states,
            mut unreadable,
            ..
        } = changed;
        let Some(account) = account?.filter(|account| account.enabled) else {
            self.accounts.remove(&id);
            self.stopped.remove(&id);
            self.unreadable.remove(&id);
            return Ok(news);
        };
        let bad = set_right::all(store, &account, &mut states, when).await?;
        unreadable.extend(bad);
        news.unreadable = self.tell_unreadable(id, &unreadable);
        let now = when.0;
        let waits = tokens::waits(store, &account, now).await?;
        let success = |state: &SyncState| {
            let at = state.last_success_at.unwrap_or(account.created_at);
            (state.worker, at)
        };
        news.successes = states.iter().map(success).collect();
        if self.stopped.remove(&id).is_some() {
            tracing::info!(account.id = %id, account.name = account.name, "the account is not stopped any more");
        }
        self.accounts.insert(id, account);
        let all = states.iter().map(|state| due(state, now)).collect();
        if waits {
            news.blocked = all;
            let waiting = Waiting {
                blocked: news.blocked.clone(),
                successes: news.successes.clone(),
            };
            self.waiting.insert(id, waiting);
        } else {
            news.due = all;
        }
        Ok(news)
    }

    /// Nothing of an account runs as long as what is stored of it makes no sense: the others carry on.
    fn stopped(&mut self, account: AccountId, error: &StoreError) -> News {
        let error = error.to_string();
        if self.stopped.get(&account) != Some(&error) {
            tracing::error!(
                account.id = %account, error,
                "this account is stopped: what is stored of it cannot be read; mend it, then it goes on by itself"
            );
            self.stopped.insert(account, error);
        }
        self.accounts.remove(&account);
        self.waiting.remove(&account);
        News {
            unreadable: 1,
            ..nothing(account)
        }
    }

    /// Tells once which workers of an account cannot be read, and how many there are.
    fn tell_unreadable(&mut self, account: AccountId, all: &[Unreadable]) -> usize {
        let told = self.unreadable.remove(&account).unwrap_or_default();
        let now: BTreeSet<String> = all
            .iter()
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
        let count = now.len();
        if count > 0 {
            self.unreadable.insert(account, now);
        }
        count
    }
}

/// That nothing of an account may run.
const fn nothing(account: AccountId) -> News {
    News {
        account,
        due: Vec::new(),
        blocked: Vec::new(),
        unreadable: 0,
        successes: Vec::new(),
    }
}

fn due(state: &SyncState, now: Timestamp) -> Due {
    let took = state.last_outcome_at.zip(state.last_started_at);
    let last = state.last_started_at.max(state.last_outcome_at);
    Due {
        account: state.account_id,
        worker: state.worker,
        due_at: jump::due_at(state.due_at, last, now),
        last_started_at: state.last_started_at,
        took: took.map_or(Duration::ZERO, |(ended, started)| ended.since(started)),
        solitary: state.policy.solitary,
        on_trial: state.policy.on_trial,
        big_slot: state.policy.big_slot,
        quarantined_until: state.policy.quarantined_until,
    }
}
