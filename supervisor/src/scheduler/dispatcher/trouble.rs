//! While the database cannot be written nothing is started: said once with the reason, tried once a second,
//! and said once when it is over.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use shared::id::AccountId;

use super::{Context, rescue};
use crate::store::StoreError;

/// Between two tries.
pub(super) const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Whether the database can be written, as far as is known.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    since: Option<Instant>,
    /// Accounts whose last attempt may have no end in the database.
    unended: BTreeSet<AccountId>,
}

impl Trouble {
    /// It could not be written, or not be read.
    pub(super) fn begin(&mut self, error: &StoreError) {
        if self.since.is_none() {
            self.since = Some(Instant::now());
            tracing::error!(
                %error,
                "nothing is started until the database is back; what runs waits with its commits; free its disk, or mend what the reason names"
            );
        }
    }

    /// The end of an account's attempt may not be stored.
    pub(super) fn unended(&mut self, account: AccountId) {
        self.unended.insert(account);
    }

    /// Ends what an account's attempt left open, now or when the database is back.
    pub(super) async fn make_up_for(&mut self, context: &Context, account: AccountId) {
        if let Err(error) = rescued(context, account).await {
            self.begin(&error);
            self.unended(account);
        }
    }

    /// Whether attempts may start: if not so far, tries whether the database is back, and ends what it
    /// could not take.
    pub(super) async fn is_over(&mut self, context: &Context) -> bool {
        if let Err(error) = context.store.in_place() {
            self.begin(&error);
            return false;
        }
        let waits = context.store_waits.send_replace(false);
        if self.since.is_none() && !waits {
            return true;
        }
        if let Err(error) = context.store.try_write().await {
            tracing::debug!(%error, "the database cannot be written");
            self.begin(&error);
            return false;
        }
        // Who waited may have met a lock that is gone by now.
        let Some(since) = self.since else {
            return true;
        };
        while let Some(account) = self.unended.first().copied() {
            if let Err(error) = rescued(context, account).await {
                tracing::warn!(account.id = %account, %error, "the end of an attempt still waits for the database");
                return false;
            }
            self.unended.remove(&account);
        }
        self.since = None;
        tracing::info!(
            after_s = since.elapsed().as_secs(),
            "the database is back: starting goes on"
        );
        true
    }
}

async fn rescued(context: &Context, account: AccountId) -> Result<(), StoreError> {
    let host = (context.host.as_str(), &context.config.policy);
    rescue::rescue_account(&context.store, context.clock, host, account).await
}
