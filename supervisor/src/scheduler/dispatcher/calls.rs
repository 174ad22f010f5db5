//! What the dispatcher hears from others while it works.

use std::sync::Arc;

use shared::id::AccountId;
use tokio::sync::oneshot;

use super::{Dispatcher, order, room};
use crate::attempt::Wish;
use crate::config::Config;

/// Something said to a working dispatcher.
#[derive(Debug)]
pub enum Call {
    /// What is due may have changed: look now.
    Look,
    /// End the running attempt of an account.
    Cancel {
        /// Whose.
        account: AccountId,
        /// Hears `false` at once if none was running, `true` when it has ended: the process is
        /// gone and its end is stored, or no longer ours to store.
        ended: oneshot::Sender<bool>,
    },
    /// Go by these settings from now on; what runs keeps its own.
    Configure(Arc<Config>),
    /// Answer, to show that it works.
    Alive(oneshot::Sender<()>),
}

impl Dispatcher {
    /// Does what was called for.
    pub(super) fn heed(&mut self, call: Call) {
        match call {
            Call::Look => {
                if self.refused.try_again() {
                    self.survey.look_anew();
                }
            }
            Call::Configure(config) => {
                self.room = room(&config, self.available);
                self.schedule.configure(order(&config), self.room);
                self.context.tokens = self.context.tokens.with_config(&config);
                self.context.config = config;
                // Every account has other limits, and may stand elsewhere in line.
                self.survey.look_anew();
            }
            Call::Alive(alive) => {
                let _ = alive.send(());
            }
            Call::Cancel { account, ended } => match self.running.get_mut(&account) {
                Some(running) => {
                    running.cancelled.push(ended);
                    running.wish.send_replace(Wish::Cancel);
                }
                // Who asked may have gone.
                None => {
                    let _ = ended.send(false);
                }
            },
        }
    }

    /// The account's attempt has come to its end.
    pub(super) fn gone(&mut self, account: AccountId) {
        self.schedule.ended(account);
        let Some(running) = self.running.remove(&account) else {
            return;
        };
        for ended in running.cancelled {
            let _ = ended.send(true);
        }
    }
}
