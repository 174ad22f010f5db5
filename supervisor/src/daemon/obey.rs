//! Carries out what people ask of a running service.
//!
//! *Invariants:* a command is stored before it is answered, and answered before it is carried out; commands
//! are carried out in the order in which they were stored, but nothing waits for a cancelled
//! attempt to end.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::Daemon;
use crate::clock::Clock;
use crate::control::{
    Answer, Asked, CarriedOut, Command, LeftOpen, Listener, carry_out, left_open, refusal,
};
use crate::scheduler::Call;
use crate::store::{CommandRow, Store, StoreError};

/// Between two tries while the database cannot be written.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// Commands that wait to be stored.
const QUEUE: usize = 8;

/// A command that was accepted.
#[derive(Debug)]
struct Accepted {
    id: i64,
    command: Command,
    by: u32,
}

/// What carrying out needs. Clones share.
#[derive(Debug, Clone)]
struct Hands {
    store: Store,
    clock: Clock,
    calls: mpsc::UnboundedSender<Call>,
}

impl Daemon {
    /// Listens to people for ever, and does what they ask. What an earlier life of the service left
    /// undone comes first.
    pub async fn obey(
        &self,
        listener: &Listener,
        calls: mpsc::UnboundedSender<Call>,
    ) -> Infallible {
        let hands = Hands {
            store: self.context.store.clone(),
            clock: self.context.clock,
            calls,
        };
        let (pass_on, mut asked) = mpsc::channel::<Asked>(QUEUE);
        let (queue, mut accepted) = mpsc::unbounded_channel::<Accepted>();
        let accept = async {
            loop {
                // Never closed: the listener below has the other end.
                let Some(asked) = asked.recv().await else {
                    std::future::pending().await
                };
                hands.accept(asked, &queue).await;
            }
        };
        let left = hands.left().await;
        let work = async {
            for row in left {
                hands.take_up(row).await;
            }
            loop {
                let Some(next) = accepted.recv().await else {
                    std::future::pending().await
                };
                hands.carry_out(next).await;
            }
        };
        tokio::select! {
            never = listener.serve(pass_on) => never,
            never = accept => never,
            never = work => never,
        }
    }
}

impl Hands {
    async fn accept(&self, asked: Asked, queue: &mpsc::UnboundedSender<Accepted>) {
        let Asked {
            command,
            by,
            answer,
        } = asked;
        let answered = match self.note(&command, by).await {
            Ok(answered) => answered,
            Err(error) => {
                let why = format!("{error}; nothing was done");
                Answer::Unavailable { why }
            }
        };
        if let Answer::Accepted { id } = answered {
            tracing::info!(command.id = id, user.id = by, %command, "a command was accepted");
            let accepted = Accepted { id, command, by };
            // The other end lives as long as this.
            drop(queue.send(accepted));
        } else {
            tracing::warn!(user.id = by, %command, answer = ?answered, "a command was not accepted");
        }
        // Who asked may have gone.
        drop(answer.send(answered));
    }

    async fn note(&self, command: &Command, by: u32) -> Result<Answer, StoreError> {
        if let Some(why) = refusal(&self.store, command).await? {
            return Ok(Answer::Refused { why });
        }
        let text = match serde_json::to_string(command) {
            Ok(text) => text,
            Err(error) => {
                return Ok(Answer::Refused {
                    why: error.to_string(),
                });
            }
        };
        let now = self.clock.now();
        let id = self.store.add_command(&text, by, now).await?;
        Ok(Answer::Accepted { id })
    }

    /// What an earlier service accepted and did not do. It is read before anything is accepted: what
    /// is asked from now on is ours.
    async fn left(&self) -> Vec<CommandRow> {
        loop {
            match self.store.open_commands().await {
                Ok(open) => {
                    let readable = |row: Result<CommandRow, StoreError>| {
                        let told = |error: &StoreError| {
                            tracing::error!(%error, "a command of an earlier service cannot be read, and is not done");
                        };
                        row.inspect_err(told).ok()
                    };
                    return open.into_iter().filter_map(readable).collect();
                }
                Err(error) if error.is_temporary() => {
                    tracing::warn!(%error, "what was asked of an earlier service cannot be read yet");
                    tokio::time::sleep(STORE_PAUSE).await;
                }
                Err(error) => {
                    tracing::error!(%error, "what was asked of an earlier service cannot be read, and is not done");
                    return Vec::new();
                }
            }
        }
    }

    async fn take_up(&self, row: CommandRow) {
        let (id, by) = (row.id, row.asked_by);
        match left_open(&row.command) {
            LeftOpen::Do(command) => {
                Box::pin(self.carry_out(Accepted { id, command, by })).await;
            }
            LeftOpen::Over(came) => self.end(id, &came).await,
        }
    }

    async fn carry_out(&self, accepted: Accepted) {
        let Accepted { id, command, by } = accepted;
        if let Command::Cancel { account } = command {
            self.cancel(id, account).await;
            return;
        }
        let came = loop {
            match carry_out(&self.store, &command, by, self.clock.now()).await {
                Ok(came) => break came,
                Err(error) if error.is_temporary() => {
                    tracing::warn!(command.id = id, %error, "a command waits for the database");
                    tokio::time::sleep(STORE_PAUSE).await;
                }
                Err(error) => break CarriedOut::failed(error.to_string()),
            }
        };
        self.end(id, &came).await;
        // A dispatcher that has ended looks at nothing any more.
        drop(self.calls.send(Call::Look));
    }

    /// Has the attempt ended, and notes its end when it comes.
    async fn cancel(&self, id: i64, name: String) {
        let account = loop {
            match self.store.account_named(&name).await {
                Ok(account) => break account,
                Err(error) if error.is_temporary() => {
                    tracing::warn!(command.id = id, %error, "a command waits for the database");
                    tokio::time::sleep(STORE_PAUSE).await;
                }
                Err(error) => {
                    self.end(id, &CarriedOut::failed(error.to_string())).await;
                    return;
                }
            }
        };
        let (ended, ends) = oneshot::channel();
        if let Some(account) = account {
            let account = account.id;
            drop(self.calls.send(Call::Cancel { account, ended }));
        }
        let hands = self.clone();
        tokio::spawn(async move {
            let came = match ends.await {
                Ok(true) => CarriedOut::done(format!(
                    "the attempt of {name} was ended; it runs again when it is due"
                )),
                Ok(false) => CarriedOut::nothing(format!("no attempt of {name} was running")),
                // The next service says what became of it.
                Err(_) => return,
            };
            hands.end(id, &came).await;
        });
    }

    async fn end(&self, id: i64, came: &CarriedOut) {
        loop {
            let now = self.clock.now();
            let ended = self.store.end_command(id, came.outcome, &came.said, now);
            match ended.await {
                Ok(()) => break,
                Err(error) if error.is_temporary() => {
                    tracing::warn!(command.id = id, %error, "the end of a command waits for the database");
                    tokio::time::sleep(STORE_PAUSE).await;
                }
                Err(error) => {
                    tracing::error!(command.id = id, %error, "the end of a command is not stored");
                    break;
                }
            }
        }
        tracing::info!(
            command.id = id,
            outcome = came.outcome.name(),
            "a command was carried out: {}",
            came.said
        );
    }
}
