//! The one owner of what is running: it starts attempts, hears of their ends, and stops.

mod calls;
mod hear;
mod trouble;
mod unstarted;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use shared::id::AccountId;
use shared::time::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{Id, JoinError, JoinSet};

use super::due::{Due, Order};
use super::gate::Gate;
use super::pass::{Mode, Pass, PassSummary};
use super::schedule::{Schedule, Start};
use super::slots::Room;
use super::stale::Staleness;
use super::survey::{News, Survey};
use super::{Event, rescue};
use crate::attempt::{self, Assignment, Context, End, Finished, Progress, Wish};
use crate::config::{self, Config};
use crate::os::Limits;
use crate::policy::Leave;
use crate::store::StoreError;
pub use calls::Call;
use trouble::{STORE_PAUSE, Trouble};
use unstarted::Refused;

/// The longest time between two looks at what is due.
const LOOK: Duration = Duration::from_secs(5);
/// The time between two looks while starting is paused.
const PAUSED_LOOK: Duration = Duration::from_secs(1);

/// Set to true to stop: no further attempt starts, running ones are drained.
pub type Stop = watch::Receiver<bool>;

struct Running {
    wish: watch::Sender<Wish>,
    /// Who waits for its end.
    cancelled: Vec<oneshot::Sender<bool>>,
}

/// Starts attempts and hears of their ends.
pub struct Dispatcher {
    context: Context,
    /// Memory that the supervisor may use, in bytes.
    available: u64,
    room: Room,
    rng: fastrand::Rng,
    schedule: Schedule,
    running: BTreeMap<AccountId, Running>,
    tasks: JoinSet<Finished>,
    owners: HashMap<Id, AccountId>,
    survey: Survey,
    staleness: Staleness,
    gate: Gate,
    trouble: Trouble,
    refused: Refused,
    calls: mpsc::UnboundedReceiver<Call>,
    caller: mpsc::UnboundedSender<Call>,
    events: Option<mpsc::UnboundedSender<Event>>,
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher")
            .field("running", &self.running.len())
            .finish_non_exhaustive()
    }
}

impl Dispatcher {
    /// A dispatcher with nothing running. `available` is the memory that the supervisor may use,
    /// in bytes.
    pub fn new(context: Context, available: u64, rng: fastrand::Rng) -> Self {
        let room = room(&context.config, available);
        let (caller, calls) = mpsc::unbounded_channel();
        Self {
            schedule: Schedule::new(order(&context.config), room),
            context,
            available,
            room,
            rng,
            running: BTreeMap::new(),
            tasks: JoinSet::new(),
            owners: HashMap::new(),
            survey: Survey::default(),
            staleness: Staleness::default(),
            gate: Gate::new(),
            trouble: Trouble::default(),
            refused: Refused::default(),
            calls,
            caller,
            events: None,
        }
    }

    /// How others speak to it while it works.
    pub fn caller(&self) -> mpsc::UnboundedSender<Call> {
        self.caller.clone()
    }

    /// Tells what happens to this channel.
    pub fn tell(&mut self, events: mpsc::UnboundedSender<Event>) {
        self.events = Some(events);
    }

    /// Works until it is stopped, or until the pass is done.
    ///
    /// In service a store that is not there is waited for; in a pass it is an error.
    pub async fn run(&mut self, mode: Mode, mut stop: Stop) -> Result<PassSummary, StoreError> {
        let mut pass = self.begin(mode).await?;
        self.gate
            .show(&self.context, self.context.clock.now())
            .await;
        loop {
            let stopping = *stop.borrow();
            let wait = if stopping {
                LOOK
            } else {
                self.start_due(&mut pass, mode).await?
            };
            let idle = self.running.is_empty();
            if stopping && let Some(pass) = &mut pass {
                // What was not started did not end well.
                pass.give_up();
            }
            if idle && (stopping || pass.as_ref().is_some_and(Pass::is_done)) {
                return Ok(pass.map(|pass| pass.summary()).unwrap_or_default());
            }
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended, &mut pass, mode).await,
                Ok(()) = stop.changed(), if !stopping => self.wish_all(Wish::Drain),
                Some(call) = self.calls.recv() => self.heed(call),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn begin(&mut self, mode: Mode) -> Result<Option<Pass>, StoreError> {
        match mode {
            Mode::Service => Ok(None),
            Mode::Once { .. } => {
                let now = self.context.clock.now();
                let news = self.survey_at(now).await?;
                let all = |of: fn(&News) -> &Vec<Due>| -> Vec<Due> {
                    news.iter().flat_map(of).cloned().collect()
                };
                let mut pass = Some(Pass::begin(&all(|news| &news.due), now));
                if let Some(pass) = &mut pass {
                    pass.block(&all(|news| &news.blocked), now);
                    pass.cannot_read(news.iter().map(|news| news.unreadable).sum());
                }
                self.hear(news, &mut pass);
                Ok(pass)
            }
        }
    }

    /// Starts what is due and fits; returns how long until the next look.
    async fn start_due(
        &mut self,
        pass: &mut Option<Pass>,
        mode: Mode,
    ) -> Result<Duration, StoreError> {
        if mode == Mode::Service && !self.trouble.is_over(&self.context).await {
            return Ok(STORE_PAUSE);
        }
        let now = self.context.clock.now();
        let halted = match self.look(pass, now).await {
            Ok(halted) => halted,
            Err(error) if mode == Mode::Service && error.is_temporary() => {
                self.trouble.begin(&error);
                return Ok(STORE_PAUSE);
            }
            Err(error) => return Err(error),
        };
        let leave = if halted {
            Leave::Nothing
        } else {
            self.gate.leave(now)
        };
        // A pass does not wait until it is over.
        let given_up = pass.as_mut().filter(|_| leave != Leave::All);
        let given_up = given_up.map(Pass::give_up).is_some();
        if given_up || leave == Leave::Nothing {
            return Ok(PAUSED_LOOK);
        }
        let starts = match leave {
            Leave::All => self.schedule.take(now, &mut self.rng),
            Leave::Probe | Leave::Nothing => {
                Vec::from_iter(self.schedule.probe(now, &mut self.rng))
            }
        };
        for start in starts {
            if let Some(account) = self.survey.account(start.account).cloned() {
                if leave == Leave::Probe {
                    self.gate.probing(start.account);
                }
                let assignment = self.assignment(account, start);
                self.start(assignment);
            } else {
                self.schedule.ended(start.account);
            }
        }
        let wakes_at = self.schedule.wakes_at();
        Ok(wakes_at.map_or(LOOK, |at| at.since(now)).min(LOOK))
    }

    /// Hears what changed; whether a person asked that nothing is started.
    async fn look(&mut self, pass: &mut Option<Pass>, now: Timestamp) -> Result<bool, StoreError> {
        let news = self.survey_at(now).await?;
        self.hear(news, pass);
        Ok(self.context.store.halt().await?.is_some())
    }

    async fn survey_at(&mut self, now: Timestamp) -> Result<Vec<News>, StoreError> {
        let overlap = self.context.config.sync.overlap.duration();
        self.survey.look(&self.context.store, (now, overlap)).await
    }

    fn assignment(&mut self, account: crate::store::Account, start: Start) -> Assignment {
        let set = self.context.config.limits_for(&account.name);
        let limits = Limits {
            memory: start.memory,
            address_space: set.address_space.get(),
            cpu_seconds: set.cpu.millis().div_ceil(1000),
            open_files: set.open_files,
            file_size: set.file_size.get(),
            core: 0,
        };
        Assignment {
            account,
            workers: start.plan.workers,
            slot: start.plan.slot,
            limits,
            seed: self.rng.u64(..),
            ours: self.gate.ours(),
        }
    }

    fn start(&mut self, assignment: Assignment) {
        let (wish, wishes) = watch::channel(Wish::GoOn);
        let running = Running {
            wish,
            cancelled: Vec::new(),
        };
        let (progress, listen) = watch::channel(Progress::default());
        let account = assignment.account.id;
        self.event(Event::Started {
            account: assignment.account.name.clone(),
            workers: assignment.workers.clone(),
            slot: assignment.slot,
            memory: assignment.limits.memory,
            progress: listen,
        });
        self.running.insert(account, running);
        let context = self.context.clone();
        let task = self
            .tasks
            .spawn(async move { attempt::run(&context, assignment, wishes, progress).await });
        self.owners.insert(task.id(), account);
    }

    async fn ended(
        &mut self,
        ended: Result<(Id, Finished), JoinError>,
        pass: &mut Option<Pass>,
        mode: Mode,
    ) {
        let finished = match ended {
            Ok((id, finished)) => {
                self.owners.remove(&id);
                finished
            }
            Err(error) => {
                self.panicked(&error, pass).await;
                return;
            }
        };
        // Until its end is stored the account is ours: nothing else may start for it.
        self.gone(finished.account);
        let now = self.context.clock.now();
        if let (Some(pass), Mode::Once { snoozes }) = (pass, mode) {
            pass.finished(&finished, now, snoozes);
            self.narrow(finished.account, pass);
        }
        self.gate.ended(&finished, &self.context, now).await;
        match &finished.end {
            End::Store(error) => {
                let whose = (finished.account, finished.account_name.as_str());
                self.unstored(whose, error, mode).await;
            }
            End::Ran(_) | End::NoToken(_) => {
                self.refused.remove(finished.account);
            }
        }
        self.event(Event::Finished(Arc::new(finished)));
    }

    /// An attempt's own code broke: its child is killed with it, its end is stored by the rescue.
    async fn panicked(&mut self, error: &JoinError, pass: &mut Option<Pass>) {
        let Some(account) = self.owners.remove(&error.id()) else {
            return;
        };
        tracing::error!(account.id = %account, %error, "an attempt broke within the supervisor; this is our bug");
        self.trouble.make_up_for(&self.context, account).await;
        self.gate.broke(account);
        self.gone(account);
        if let Some(pass) = pass {
            pass.give_up_on(account);
            self.narrow(account, pass);
        }
    }

    /// Leaves of an account whose attempt has ended what is still to run in a pass. What was heard of
    /// it while it ran counts from now on.
    fn narrow(&mut self, account: AccountId, pass: &mut Pass) {
        let due = self.schedule.due(account).to_vec();
        let due = pass.select(account, due, false);
        self.schedule.retain(account, |one| due.contains(one));
    }

    fn wish_all(&self, wish: Wish) {
        for running in self.running.values() {
            running.wish.send_replace(wish);
        }
    }

    fn event(&self, event: Event) {
        if let Some(events) = &self.events {
            // Nobody listens any more: that is their choice.
            drop(events.send(event));
        }
    }
}

/// What may run at the same time.
fn room(config: &Config, available: u64) -> Room {
    Room {
        attempts: usize::try_from(config.accounts_at_once).unwrap_or(usize::MAX),
        memory: config.memory_budget_of(available),
    }
}

fn order(config: &Config) -> Order {
    match config.order {
        config::Order::Stalest => Order::Stalest {
            alike: config.served_alike(),
        },
        config::Order::Shuffle => Order::Shuffle,
    }
}
