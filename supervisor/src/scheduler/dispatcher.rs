//! The one owner of what is running: it starts attempts, hears of their ends, and stops.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use shared::id::AccountId;
use shared::time::Timestamp;
use shared::worker::Worker;
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};

use super::due::{Due, Order};
use super::gate::Gate;
use super::pass::{Mode, Pass, PassSummary};
use super::schedule::{Memory, Schedule, Start};
use super::slots::Room;
use super::stale::{Said, Staleness, Success};
use super::survey::{News, Survey};
use super::{Event, rescue};
use crate::attempt::{self, Assignment, Context, End, Finished, Progress, Wish};
use crate::config::{self, Config};
use crate::os::Limits;
use crate::policy::Leave;
use crate::store::StoreError;

/// The longest time between two looks at what is due.
const LOOK: Duration = Duration::from_secs(5);
/// The time between two looks while starting is paused.
const PAUSED_LOOK: Duration = Duration::from_secs(1);
/// How long to wait after the store was not there.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Set to true to stop: no further attempt starts, running ones are drained.
pub type Stop = watch::Receiver<bool>;

struct Running {
    wish: watch::Sender<Wish>,
}

/// Starts attempts and hears of their ends.
pub struct Dispatcher {
    context: Context,
    room: Room,
    rng: fastrand::Rng,
    schedule: Schedule,
    running: BTreeMap<AccountId, Running>,
    tasks: JoinSet<Finished>,
    owners: HashMap<Id, AccountId>,
    survey: Survey,
    staleness: Staleness,
    gate: Gate,
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
        let room = Room {
            attempts: usize::try_from(context.config.accounts_at_once).unwrap_or(usize::MAX),
            memory: context.config.memory_budget_of(available),
        };
        Self {
            schedule: Schedule::new(order(&context.config), room),
            context,
            room,
            rng,
            running: BTreeMap::new(),
            tasks: JoinSet::new(),
            owners: HashMap::new(),
            survey: Survey::default(),
            staleness: Staleness::default(),
            gate: Gate::new(),
            events: None,
        }
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
            if idle && (stopping || pass.as_ref().is_some_and(Pass::is_done)) {
                return Ok(pass.map(|pass| pass.summary()).unwrap_or_default());
            }
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended, &mut pass, mode).await,
                Ok(()) = stop.changed(), if !stopping => self.wish_all(Wish::Drain),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn begin(&mut self, mode: Mode) -> Result<Option<Pass>, StoreError> {
        match mode {
            Mode::Service => Ok(None),
            Mode::Once { .. } => {
                let news = self.survey.look(&self.context.store).await?;
                let now = self.context.clock.now();
                let all = |of: fn(&News) -> &Vec<Due>| -> Vec<Due> {
                    news.iter().flat_map(of).cloned().collect()
                };
                let mut pass = Some(Pass::begin(&all(|news| &news.due), now));
                if let Some(pass) = &mut pass {
                    pass.block(&all(|news| &news.blocked), now);
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
        match self.survey.look(&self.context.store).await {
            Ok(news) => self.hear(news, pass),
            Err(error) if mode == Mode::Service && error.is_temporary() => {
                tracing::error!(%error, "nothing is started until the database is back");
                return Ok(STORE_PAUSE);
            }
            Err(error) => return Err(error),
        }
        let now = self.context.clock.now();
        let leave = self.gate.leave(now);
        // A pass does not wait until it is over.
        let given_up = pass.as_mut().filter(|_| leave != Leave::All);
        let given_up = given_up.map(Pass::give_up).is_some();
        if given_up || leave == Leave::Nothing {
            return Ok(PAUSED_LOOK);
        }
        let most = match leave {
            Leave::All => usize::MAX,
            Leave::Probe => 1,
            Leave::Nothing => 0,
        };
        for start in self.schedule.take(now, most, &mut self.rng) {
            if leave == Leave::Probe {
                self.gate.probing(start.account);
            }
            if let Some(account) = self.survey.account(start.account).cloned() {
                let assignment = self.assignment(account, start);
                self.start(assignment);
            } else {
                self.schedule.ended(start.account);
            }
        }
        let wakes_at = self.schedule.wakes_at();
        Ok(wakes_at.map_or(LOOK, |at| at.since(now)).min(LOOK))
    }

    /// Takes note of what changed.
    fn hear(&mut self, news: Vec<News>, pass: &mut Option<Pass>) {
        let now = self.context.clock.now();
        let sync = &self.context.config.sync;
        for News {
            account,
            due,
            successes,
            ..
        } in news
        {
            let success = |(worker, at): (Worker, Timestamp)| Success {
                worker,
                at,
                good_for: sync.stale_limit(worker),
            };
            let all: Vec<Success> = successes.into_iter().map(success).collect();
            for said in self.staleness.set(account, &all, now) {
                tell_stale(&self.survey, said);
            }
            let due = match pass {
                Some(pass) => pass.select(account, due, self.schedule.is_running(account)),
                None => due,
            };
            let known = self.survey.account(account);
            let memory = known.map_or(Memory { normal: 0, big: 0 }, |known| {
                memory(&self.context.config, &known.name, self.room)
            });
            self.schedule.set(account, due, memory);
        }
        for said in self.staleness.look(now) {
            tell_stale(&self.survey, said);
        }
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
        let running = Running { wish };
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
                self.panicked(&error).await;
                return;
            }
        };
        if let End::NoToken(problem) = &finished.end {
            self.no_token(finished.account, problem).await;
        }
        // Until its end is stored the account is ours: nothing else may start for it.
        self.running.remove(&finished.account);
        self.schedule.ended(finished.account);
        let now = self.context.clock.now();
        if let (Some(pass), Mode::Once { snoozes }) = (pass, mode) {
            pass.finished(&finished, now, snoozes);
            self.schedule
                .retain(finished.account, |due| pass.has(due.account, due.worker));
        }
        self.gate.ended(&finished, &self.context, now).await;
        let pause = log_unstarted(&finished);
        self.event(Event::Finished(Arc::new(finished)));
        if pause && mode == Mode::Service {
            tokio::time::sleep(STORE_PAUSE).await;
        }
    }

    /// An attempt's own code broke: its child is killed with it, its end is stored by the rescue.
    async fn panicked(&mut self, error: &JoinError) {
        let Some(account) = self.owners.remove(&error.id()) else {
            return;
        };
        tracing::error!(account.id = %account, %error, "an attempt broke within the supervisor; this is our bug");
        let (store, clock, host) = (&self.context.store, self.context.clock, &self.context.host);
        let policy = &self.context.config.policy;
        if let Err(error) = rescue::rescue_account(store, clock, (host, policy), account).await {
            tracing::error!(account.id = %account, %error, "its end is not stored; the next start will do that");
        }
        self.gate.broke(account);
        self.running.remove(&account);
        self.schedule.ended(account);
    }

    async fn no_token(&self, account: AccountId, problem: &crate::tokens::TokenProblem) {
        let mark = crate::tokens::mark(problem.path());
        let state = self
            .context
            .store
            .set_token_state(account, Some("needs_token"), Some(&mark))
            .await;
        if let Err(error) = state {
            tracing::error!(account.id = %account, %error, "that the account needs a token is not stored");
        }
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

fn order(config: &Config) -> Order {
    match config.order {
        config::Order::Stalest => Order::Stalest {
            alike: config.served_alike(),
        },
        config::Order::Shuffle => Order::Shuffle,
    }
}

/// What an account's attempts may use within the budget.
fn memory(config: &Config, account: &str, room: Room) -> Memory {
    let set = config.limits_for(account);
    let normal = set.memory.get();
    Memory {
        normal,
        big: set.big_slot.get().min(room.memory).max(normal),
    }
}

/// Tells that a worker is stale, or is no more.
fn tell_stale(survey: &Survey, said: Said) {
    let name = |account| survey.account(account).map_or("", |one| one.name.as_str());
    match said {
        Said::Stale {
            account,
            worker,
            since,
        } => tracing::warn!(
            account.id = %account, account.name = name(account), worker.name = %worker, %since,
            "stale: nothing has succeeded for sync.stale_after intervals; bulkhead status says why"
        ),
        Said::Fresh { account, worker } => tracing::info!(
            account.id = %account, account.name = name(account), worker.name = %worker,
            "not stale any more"
        ),
    }
}

/// Tells why nothing was started; true if the store is the reason.
fn log_unstarted(finished: &Finished) -> bool {
    let (id, name) = (finished.account, finished.account_name.as_str());
    match &finished.end {
        End::Ran(_) => false,
        End::NoToken(problem) => {
            tracing::warn!(account.id = %id, account.name = name, %problem, "the account needs a token; it runs again when the file has changed");
            false
        }
        End::NoEnvironment(environment) => {
            tracing::error!(account.id = %id, account.name = name, environment, "the account's environment is not configured: add [environments.{environment}]");
            true
        }
        End::Store(error) => {
            tracing::error!(account.id = %id, account.name = name, %error, "the attempt could not be stored");
            true
        }
    }
}
