//! Listings from the Feed report: asked for, waited for, read.
//!
//! A task that is not ready is mode state; it is resumed by its id. eBay makes 25 reports a day, so
//! one that somebody asked for a short while ago is used as well.

use std::time::Duration;

use shared::attempt::{ModeState, SnapshotOrder};
use shared::failure::Failure;
use shared::record::Record;
use shared::table::Table;
use shared::time::Timestamp;
use shared::wire::message::Mark;

use super::answers::{self, Task};
use super::{Plan, detail};
use crate::fetch::request::{Request, Shape, segment};
use crate::parse::ParseError;
use crate::workers::keyed::Keyed;
use crate::workers::step::{
    Completed, Item, Reply, Report, Step, SyncWorker, incomplete, unexpected,
};

const FEED_TYPE: &str = "LMS_ACTIVE_INVENTORY_REPORT";
const TASKS: &str = "/sell/feed/v1/inventory_task";
const ITEM_PATH: &[&str] = &[
    "BulkDataExchangeResponses",
    "ActiveInventoryReport",
    "SKUDetails",
];
pub(super) const SHAPE: Shape = Shape::Report {
    item_path: ITEM_PATH,
};

/// A report that somebody asked for within this time is used instead of a new one.
const REUSE_WITHIN: Duration = Duration::from_mins(30);
/// A report that is older is given up: unfinished it will not come, finished it is stale.
pub(super) const GIVE_UP_AFTER: Duration = Duration::from_hours(2);
/// A run that waited in vain comes back after this many poll intervals.
const SNOOZE_INTERVALS: u32 = 10;

/// A run that reads the report.
#[derive(Debug)]
pub(super) struct FromReport {
    plan: Plan,
    /// When the last snapshot was taken, or the last report that was no good: an older one is not
    /// used.
    newer_than: Option<Timestamp>,
    state: State,
    /// When the run began to wait for its report.
    polling_since: Option<Timestamp>,
    /// Whether a task was dropped and replaced in this run: done once only.
    replaced: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    /// Nothing was done yet; the task of an earlier run, if there is one.
    Fresh(Option<Task>),
    /// The list of tasks is awaited.
    Listing,
    /// The new task's address is awaited.
    Creating,
    /// The task is being remembered, or time passes before the next look at it.
    Resting(Task),
    /// The task's status is awaited.
    Looking(Task),
    /// The report is being read.
    Reading(Task),
    /// The snapshot is being committed.
    Committing,
    /// The task is being forgotten; then the run ends well.
    Forgetting,
    /// The task is being forgotten; then the run fails.
    Failing(Failure),
}

impl FromReport {
    /// A run from what is remembered.
    pub(super) fn new(order: SnapshotOrder, plan: Plan) -> Self {
        let mut newer_than = order.last_taken_at;
        let task = match order.state {
            Some(ModeState::InventoryTask { id, created_at }) => Some(Task {
                id,
                status: String::new(),
                created_at,
            }),
            Some(ModeState::Discarded { created_at }) => {
                newer_than = newer_than.max(Some(created_at));
                None
            }
            Some(ModeState::Idle) | None => None,
        };
        Self {
            plan,
            newer_than,
            state: State::Fresh(task),
            polling_since: None,
            replaced: false,
        }
    }

    fn go(&mut self, now: Timestamp) -> Result<Step, Failure> {
        match std::mem::replace(&mut self.state, State::Listing) {
            State::Fresh(_) if now > self.plan.take_until => Ok(self.snooze(now)),
            State::Fresh(None) => Ok(Step::Fetch(list_tasks())),
            State::Fresh(Some(task)) if now.since(task.created_at) > GIVE_UP_AFTER => {
                // Whether it failed then, was bad or is ready: a new one serves better.
                Ok(Step::Fetch(list_tasks()))
            }
            State::Fresh(Some(task)) | State::Resting(task) => {
                self.polling_since.get_or_insert(now);
                let path = format!("{TASKS}/{}", segment(&task.id));
                self.state = State::Looking(task);
                Ok(Step::Fetch(
                    Request::get(path, Shape::Object).may_be_missing(),
                ))
            }
            State::Committing => {
                self.state = State::Forgetting;
                Ok(Step::Save(ModeState::Idle))
            }
            State::Forgetting => Ok(Step::Done),
            State::Failing(failure) => Err(failure),
            state @ (State::Listing | State::Creating | State::Looking(_) | State::Reading(_)) => {
                self.state = state;
                Err(unexpected(&Reply::Go))
            }
        }
    }

    /// Takes a task up: remembers it at once, then looks at it.
    fn adopt(&mut self, task: Task) -> Step {
        let remembered = ModeState::InventoryTask {
            id: task.id.clone(),
            created_at: task.created_at,
        };
        self.state = State::Resting(task);
        Step::Save(remembered)
    }

    fn create(&mut self) -> Step {
        self.state = State::Creating;
        let body = format!(r#"{{"schemaVersion":"1.0","feedType":"{FEED_TYPE}"}}"#);
        let request = Request::post(TASKS, body, Shape::Nothing)
            .header("X-EBAY-C-MARKETPLACE-ID", self.plan.marketplace.as_str());
        Step::Fetch(request)
    }

    fn looked(&mut self, task: Task, now: Timestamp) -> Step {
        if task.is_finished() {
            if !self.is_newer(&task) {
                return self.replace(format!(
                    "task {} was created at {}, not after the last snapshot",
                    task.id, task.created_at
                ));
            }
            let path = format!(
                "/sell/feed/v1/task/{}/download_result_file",
                segment(&task.id)
            );
            self.state = State::Reading(task);
            return Step::Fetch(Request::get(path, SHAPE).may_be_missing());
        }
        if now.since(task.created_at) > GIVE_UP_AFTER {
            let what = format!(
                "task {} is {} two hours after it was created",
                task.id, task.status
            );
            return self.fail(&task, incomplete(what, "status"));
        }
        let waited = now.since(self.polling_since.unwrap_or(now));
        if waited >= self.plan.poll_budget || now > self.plan.take_until {
            return self.snooze(now);
        }
        self.state = State::Resting(task);
        Step::Pause(now.plus(self.plan.poll_interval))
    }

    fn read(&mut self, task: &Task, report: &Report) -> Step {
        if let Some(failure) = answers::complaint(report) {
            return self.fail(task, failure);
        }
        self.state = State::Committing;
        Step::SliceDone(Completed {
            mark: Mark::Snapshot(task.created_at),
            items: report.items,
            announced: None,
        })
    }

    /// Drops the task and makes a new one, once in a run.
    fn replace(&mut self, why: String) -> Step {
        if self.replaced {
            self.state = State::Failing(incomplete(why, "taskId"));
            return Step::Save(ModeState::Idle);
        }
        self.replaced = true;
        self.create()
    }

    /// Discards the report before the run fails: the next run must not stumble over it again.
    fn fail(&mut self, task: &Task, failure: Failure) -> Step {
        self.state = State::Failing(failure);
        Step::Save(discarded(task))
    }

    fn snooze(&self, now: Timestamp) -> Step {
        Step::Snooze(now.plus(self.plan.poll_interval * SNOOZE_INTERVALS))
    }

    fn is_newer(&self, task: &Task) -> bool {
        self.newer_than.is_none_or(|taken| task.created_at > taken)
    }
}

/// A report of this task proves nothing, however often it is read.
const fn discarded(task: &Task) -> ModeState {
    ModeState::Discarded {
        created_at: task.created_at,
    }
}

fn list_tasks() -> Request {
    Request::get(TASKS, Shape::Object)
        .with("feed_type", FEED_TYPE)
        .with("look_back_days", "1")
        .with("limit", "100")
        .with("offset", "0")
}

impl SyncWorker for FromReport {
    fn step(&mut self, reply: Reply, now: Timestamp) -> Result<Step, Failure> {
        match (reply, &self.state) {
            (Reply::Go, _) => self.go(now),
            (Reply::Object(tasks), State::Listing) => {
                let recent = answers::tasks(&tasks)?.into_iter().filter(|task| {
                    task.is_usable()
                        && now.since(task.created_at) <= REUSE_WITHIN
                        && self.is_newer(task)
                });
                let newest = recent.max_by_key(|task| task.created_at);
                Ok(match newest {
                    Some(task) => self.adopt(task),
                    None => self.create(),
                })
            }
            (Reply::Accepted { location }, State::Creating) => {
                let id = answers::created(location.as_deref())?;
                Ok(self.adopt(Task {
                    id,
                    status: String::new(),
                    created_at: now,
                }))
            }
            (Reply::Object(object), State::Looking(asked)) => {
                let task = Task {
                    id: asked.id.clone(),
                    ..answers::task(&object)?
                };
                Ok(self.looked(task, now))
            }
            (Reply::Missing(what), State::Looking(_) | State::Reading(_)) => Ok(self.replace(what)),
            (Reply::Report(report), State::Reading(task)) => {
                let task = task.clone();
                Ok(self.read(&task, &report))
            }
            (other, _) => Err(unexpected(&other)),
        }
    }

    fn keyed(&self) -> Option<Keyed> {
        Some(Keyed {
            members: &["ItemID"],
            table: Some(Table::ActiveInventory),
        })
    }

    fn rejected(&self) -> Option<ModeState> {
        match &self.state {
            State::Reading(task) => Some(discarded(task)),
            State::Fresh(_)
            | State::Listing
            | State::Creating
            | State::Resting(_)
            | State::Looking(_)
            | State::Committing
            | State::Forgetting
            | State::Failing(_) => None,
        }
    }

    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        push(item, out)
    }
}

/// Appends the records of a `SKUDetails`.
pub(super) fn push(item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
    match item {
        Item::Xml(node) => detail::push(node, out),
        Item::Json(_) => Err(ParseError::bad(0, "a listing is not XML")),
    }
}

#[cfg(test)]
mod tests;
