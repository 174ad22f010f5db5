//! From an assignment to its end: token, lease, directory, spawn, limits, conversation, conclusion.

use std::process::ExitStatus;
use std::time::Instant;

use shared::attempt::{Attempt, Endpoints};
use shared::build::BUILD;
use shared::secret::Secret;
use tokio::sync::watch;

use super::converse::{Beginning, Conversation, LEASE};
use super::directory::Directory;
use super::finish::{Undertaking, conclude};
use super::life::Life;
use super::order::{Orders, attempt};
use super::own_time::OwnTime;
use super::{Assignment, Context, End, Finished, Progress, Wish, Wishes};
use crate::child::process::Process;
use crate::os::Limits;
use crate::os::cgroup::{CgroupEnd, Leaf};
use crate::outcome::KillReason;
use crate::store::{Account, BeginAttempt, Begun, Grant, RunCounters, StoreError};
use crate::tokens::{self, Given, TokenProblem};

/// Who speaks to a running attempt, and who listens to it.
struct Ears {
    wishes: Wishes,
    progress: watch::Sender<Progress>,
}

/// Runs one attempt to its end, whatever that is.
///
/// While it runs, what the flight recorder says at each look goes to `progress`, if anybody listens.
pub async fn run(
    context: &Context,
    assignment: Assignment,
    wishes: Wishes,
    progress: watch::Sender<Progress>,
) -> Finished {
    let account = assignment.account.id;
    let account_name = assignment.account.name.clone();
    let ears = Ears { wishes, progress };
    let end = begin(context, &assignment, ears).await;
    Finished {
        account,
        account_name,
        end,
    }
}

async fn begin(context: &Context, assignment: &Assignment, ears: Ears) -> End {
    let account = &assignment.account;
    // Of what there is now: other credentials that come meanwhile are to be tried.
    let mark = match context.tokens.mark(account).await {
        Ok(mark) => mark,
        Err(error) => return End::Store(error),
    };
    let Some(endpoints) = context.config.endpoints(&account.environment) else {
        let problem = TokenProblem::no_environment(&account.environment);
        return without_token(context, account, problem, mark).await;
    };
    let token = match token(context, account, &ears.wishes).await {
        Ok(token) => token,
        Err(problem) => {
            let called_off = *ears.wishes.borrow() == Wish::Cancel;
            if called_off && let Err(error) = put_off(context, assignment).await {
                return End::Store(error);
            }
            return without_token(context, account, problem, mark).await;
        }
    };
    let begun = match lease(context, assignment).await {
        Ok(begun) => begun,
        Err(error) => return End::Store(error),
    };
    let started = Instant::now();
    let mut orders = orders(context, assignment, &begun, endpoints);
    // Until the end is stored, and the recording kept or gone.
    let room = context.recordings.take(orders.recording_cap);
    orders.recording_cap = room.bytes();
    let undertaking = Undertaking {
        context,
        assignment,
        orders: &orders,
        states: &begun.states,
        letters: &begun.letters,
        grant: Grant {
            attempt: begun.attempt,
            account: account.id,
            fence: begun.fence,
        },
        time: OwnTime::new(orders.started_at, started),
        started,
    };
    let given = Given::new(token, orders.runs.len());
    let mut life = live(&undertaking, given, ears).await;
    let refused = life.refused.take();
    let ran = match conclude(&undertaking, life).await {
        Ok(ran) => ran,
        Err(error) => return End::Store(error),
    };
    if let Some((token, asked)) = refused {
        context.tokens.refused(account, &token, (asked, mark)).await;
    }
    End::Ran(Box::new(ran))
}

/// The account's access token, unless there is none, or we are to stop before it has come.
async fn token(
    context: &Context,
    account: &Account,
    wishes: &Wishes,
) -> Result<Secret, TokenProblem> {
    let mut wishes = wishes.clone();
    let token = tokio::select! {
        token = context.tokens.get(account, None) => token,
        Ok(_) = wishes.wait_for(|wish| *wish != Wish::GoOn) => {
            Err(TokenProblem::new(tokens::Kind::Interrupted, "stopped while it waited for a token"))
        }
    };
    if token.is_ok() && account.trouble.is_some() {
        tracing::info!(account.id = %account.id, account.name = account.name, "the account has an access token again");
        if let Err(error) = context.store.set_token_trouble(account.id, None).await {
            tracing::error!(account.id = %account.id, %error, "that the account has a token again is not stored");
        }
    }
    token
}

/// What was called off before it began is due at its next turn, or calling it off would start it again.
async fn put_off(context: &Context, assignment: &Assignment) -> Result<(), StoreError> {
    let now = context.clock.now();
    let turn = |worker| now.plus(context.config.sync.interval.of(worker).duration());
    let workers = assignment.workers.iter();
    let turns: Vec<_> = workers.map(|worker| (*worker, turn(*worker))).collect();
    let account = assignment.account.id;
    context.store.put_off(account, &turns).await
}

/// The end of an attempt that never began. What is not stored would be tried again at once: the
/// store is then the trouble.
async fn without_token(
    context: &Context,
    account: &Account,
    problem: TokenProblem,
    mark: String,
) -> End {
    match context.tokens.note(account, &problem, mark).await {
        Ok(()) => End::NoToken(problem),
        Err(error) => End::Store(error),
    }
}

async fn lease(context: &Context, assignment: &Assignment) -> Result<Begun, StoreError> {
    let begin = BeginAttempt {
        account: assignment.account.id,
        runs: &assignment.workers,
        host: &context.host,
        build: BUILD,
        slot: assignment.slot,
        memory_limit: assignment.limits.memory,
        holder: &context.holder,
        lease_for: LEASE,
    };
    context
        .store
        .begin_attempt(&begin, context.clock.now())
        .await
}

fn orders(
    context: &Context,
    assignment: &Assignment,
    begun: &Begun,
    endpoints: Endpoints,
) -> Attempt {
    let orders = Orders {
        id: begun.attempt,
        account: &assignment.account,
        endpoints,
        states: &begun.states,
        letters: &begun.letters,
        seed: assignment.seed,
    };
    attempt(&orders, &context.config, context.clock.now())
}

/// The life of the process, if there was one.
async fn live(undertaking: &Undertaking<'_>, given: Given, ears: Ears) -> Life {
    let Undertaking {
        context, orders, ..
    } = *undertaking;
    let directory = match Directory::create(&context.state_dir, orders) {
        Ok(directory) => directory,
        Err(error) => {
            return Life::unborn(
                format!("making the attempt directory failed: {error}"),
                None,
            );
        }
    };
    let child = match context.spawner.spawn(directory.path()).await {
        Ok(child) => child,
        Err(error) => return Life::unborn(error.to_string(), Some(directory)),
    };
    let Some((process, sender, receiver)) = Process::adopt(child, context.big_frames.clone())
    else {
        return Life::unborn("the child came without pipes".to_owned(), Some(directory));
    };
    let noted = context
        .store
        .note_spawned(orders.id, process.pid(), process.started().unwrap_or(0))
        .await;
    let limits = process.limit(&undertaking.assignment.limits);
    let group = group(undertaking, process.pid());
    let mut conversation = Conversation::new(Beginning {
        context,
        attempt: orders,
        grant: undertaking.grant,
        timeouts: context.config.timeouts_for(&orders.account),
        time: undertaking.time,
        directory: &directory,
        process,
        sender,
        given,
        account: &undertaking.assignment.account,
        progress: ears.progress,
    });
    if let Err(error) = noted {
        conversation
            .kill(KillReason::Store {
                what: error.to_string(),
            })
            .await;
    } else if let Err(error) = &limits {
        conversation
            .kill(KillReason::Limits {
                what: error.to_string(),
            })
            .await;
    }
    let status = conversation.run(receiver, ears.wishes).await;
    let mut life = bury(conversation, status, limits.ok()).await;
    life.cgroup = group.map(end_group).unwrap_or_default();
    life.directory = Some(directory);
    life
}

/// A group for the child, if there can be one. Its limits hold without.
fn group(undertaking: &Undertaking<'_>, pid: u32) -> Option<Leaf> {
    let attempt = undertaking.orders.id;
    let memory = undertaking.assignment.limits.memory;
    let subtree = undertaking.context.cgroups.as_ref()?;
    match subtree.admit(attempt, memory, pid) {
        Ok(leaf) => Some(leaf),
        Err(error) => {
            tracing::warn!(attempt.id = %attempt, child.pid = pid, %error, "the child has no cgroup");
            None
        }
    }
}

/// Ends what the child left behind, and says what the kernel counted.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the group is gone afterwards"
)]
fn end_group(leaf: Leaf) -> CgroupEnd {
    leaf.kill();
    let counted = leaf.counted();
    leaf.remove();
    counted
}

async fn bury(
    mut conversation: Conversation<'_>,
    status: std::io::Result<ExitStatus>,
    limits: Option<Limits>,
) -> Life {
    let counters: Vec<RunCounters> = conversation
        .attempt
        .runs
        .iter()
        .map(|order| conversation.ingest.counters(order.run))
        .collect();
    let passed = conversation.attempt.runs.iter();
    let passed = passed
        .map(|order| conversation.ingest.passed(order.run))
        .collect();
    let flight = conversation.directory.flight.read();
    let refused = conversation.given.newest(conversation.said.unauthorized());
    // With one that is newer and was not refused, all is well.
    let refused = refused.filter(|token| conversation.given.all().last() == Some(token));
    let refused = refused
        .cloned()
        .map(|token| (token, conversation.no_fresher.take()));
    let mut process = conversation.process;
    let outside = process.outside();
    let pid = process.pid();
    let peak_resident = process.peak_resident();
    let signals_sent = process.signals_sent().to_vec();
    let stderr = process.finish(conversation.given.all()).await;
    Life {
        pid: Some(pid),
        died_at: conversation.died_at,
        spawn_error: None,
        status: status.ok(),
        kill: conversation.ladder.map(|ladder| ladder.reason().clone()),
        signals_sent,
        hello: conversation.hello,
        child_build: conversation.child_build,
        bye: conversation.bye,
        flight,
        limits,
        peak_resident,
        outside,
        cgroup: CgroupEnd::default(),
        stderr,
        said: conversation.said,
        counters,
        passed,
        refused,
        directory: None,
    }
}
