//! From the end of a process to its end in the store: evidence, verdict, outcomes, decisions,
//! reports, one transaction.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Instant;

use shared::attempt::{Attempt, RunOrder};
use shared::death::{self, RunOutcomes};
use shared::failure::Failure;
use shared::time::Timestamp;

use super::life::Life;
use super::own_time::OwnTime;
use super::said::{Said, has_backlog};
use super::{Assignment, Context, Ran, RanRun, letters, publish, told};
use crate::crash::{self, Of, ReportInput};
use crate::ingest::Passed;
use crate::outcome::{
    CrashId, CrashReport, Decision, DecisionKind, Evidence, Outcome, RunFact, StderrText, Verdict,
};
use crate::policy::{self, Facts};
use crate::store::{
    DeadLetter, EndAttempt, EndRun, Grant, Peaks, RunCounters, StoreError, SyncState,
};

/// How often storing the end is tried while the database is away.
const END_TRIES: u32 = 30;

/// What an attempt set out to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Undertaking<'a> {
    pub context: &'a Context,
    pub assignment: &'a Assignment,
    pub orders: &'a Attempt,
    /// What is remembered for each run, in order.
    pub states: &'a [SyncState],
    /// The dead letters of each of them, in the same order.
    pub letters: &'a [Vec<DeadLetter>],
    pub grant: Grant,
    pub started: Instant,
    pub time: OwnTime,
}

/// Concludes: everything that is known becomes one stored end.
pub(super) async fn conclude(
    undertaking: &Undertaking<'_>,
    mut life: Life,
) -> Result<Ran, StoreError> {
    let Undertaking {
        context, orders, ..
    } = *undertaking;
    let peaks = life.peaks();
    let peak_cgroup = life.cgroup.peak;
    let directory = life.directory.take();
    let (counters, passed) = life.take_work();
    let stderr = std::mem::take(&mut life.stderr);
    let (pid, died_at) = (life.pid, life.died_at);
    let child_build = life.child_build.take();
    let said = std::mem::replace(&mut life.said, Said::new(0)).into_ends();
    let evidence = evidence(life, &stderr, undertaking, &said);
    let verdict = death::classify(&evidence);
    let mut outcomes = death::outcomes(&evidence, &verdict, &said);
    let now = context.clock.now();
    for outcome in &mut outcomes.runs {
        undertaking.time.tell(outcome, now);
    }
    let judge = Judge {
        undertaking,
        evidence: &evidence,
        verdict: &verdict,
        outcomes: &outcomes,
        stderr: &stderr,
        peaks,
        peak_cgroup,
        pid,
        child_build: child_build.as_deref(),
        died_at,
        now,
    };
    let (runs, ran) = judge.all(&counters, &passed);
    let reports = runs
        .iter()
        .filter_map(|run| run.report.as_deref().cloned())
        .collect();
    let directory = publish::all(context, reports, directory).await;
    let end = EndAttempt {
        grant: undertaking.grant,
        verdict: &verdict,
        peaks,
        runs,
    };
    store_end(context, &end).await?;
    if let Some(directory) = directory {
        directory.remove();
    }
    let duration_ms = u64::try_from(undertaking.started.elapsed().as_millis()).unwrap_or(u64::MAX);
    told::runs(orders, &verdict, &ran, duration_ms);
    Ok(Ran {
        attempt: orders.id,
        peak_resident: peaks.resident,
        verdict,
        duration_ms,
        runs: ran,
    })
}

fn evidence(
    life: Life,
    stderr: &StderrText,
    undertaking: &Undertaking<'_>,
    said: &[Option<Outcome>],
) -> Evidence {
    let fact = |order: &RunOrder| RunFact {
        worker: order.worker,
        ended: said.get(order.run.index()).is_some_and(Option::is_some),
    };
    Evidence {
        spawn_error: life.spawn_error,
        ending: life.status.and_then(death::ending),
        raw_status: life.status.map(ExitStatus::into_raw),
        kill: life.kill,
        signals_sent: life.signals_sent,
        hello: life.hello,
        bye: life.bye,
        exchange: false,
        flight: life.flight,
        limits: life.limits,
        cgroup_oom_kills: life.cgroup.oom_kills,
        slot: undertaking.assignment.slot,
        outside: life.outside,
        stderr_tail: if stderr.tail.is_empty() {
            stderr.head.clone()
        } else {
            stderr.tail.clone()
        },
        runs: undertaking.orders.runs.iter().map(fact).collect(),
    }
}

/// What decides about the runs of one attempt.
struct Judge<'a> {
    undertaking: &'a Undertaking<'a>,
    evidence: &'a Evidence,
    verdict: &'a Verdict,
    outcomes: &'a RunOutcomes,
    stderr: &'a StderrText,
    peaks: Peaks,
    peak_cgroup: Option<u64>,
    pid: Option<u32>,
    child_build: Option<&'a str>,
    died_at: Option<Timestamp>,
    now: Timestamp,
}

/// What a run did.
#[derive(Debug, Clone, Copy)]
struct Did<'a> {
    counters: RunCounters,
    passed: &'a [Passed],
}

impl Judge<'_> {
    /// Every run, in order: its end as it is stored, and as it is told.
    fn all(&self, counters: &[RunCounters], passed: &[Vec<Passed>]) -> (Vec<EndRun>, Vec<RanRun>) {
        let undertaking = self.undertaking;
        let mut rng = fastrand::Rng::with_seed(undertaking.orders.seed);
        let remembered = undertaking.states.iter().zip(undertaking.letters);
        let runs = undertaking.orders.runs.iter().zip(remembered);
        runs.map(|(order, remembered)| {
            let position = order.run.index();
            let did = Did {
                counters: counters.get(position).copied().unwrap_or_default(),
                passed: passed.get(position).map_or(&[], Vec::as_slice),
            };
            self.run(order, remembered, did, &mut rng)
        })
        .unzip()
    }

    fn run(
        &self,
        order: &RunOrder,
        (state, letters): (&SyncState, &Vec<DeadLetter>),
        Did { counters, passed }: Did<'_>,
        rng: &mut fastrand::Rng,
    ) -> (EndRun, RanRun) {
        let outcome = self
            .outcomes
            .runs
            .get(order.run.index())
            .cloned()
            .unwrap_or(Outcome::Interrupted);
        let backlog = has_backlog(order, &counters);
        let config = &self.undertaking.context.config;
        let flight = self.evidence.flight.as_ref().ok();
        let place = flight.and_then(|flight| flight.runs.get(order.run.index()));
        let at = policy::item_at(&outcome, place, letters::stretch(order));
        let facts = Facts {
            at: at.as_ref(),
            skips: &order.skip,
            retried: &letters::retried(letters),
            ..self.facts(order, state, backlog)
        };
        let (policy, decision) =
            policy::decide(&state.policy, &outcome, &facts, &config.policy, rng);
        let cursor = counters.cursor.or(state.cursor);
        let suspected = self.outcomes.suspects && outcome == Outcome::Interrupted;
        let report = (suspected || deserves_report(&outcome, &decision))
            .then(|| self.report(order, &outcome, &decision, cursor));
        let told = RanRun {
            worker: order.worker,
            outcome: outcome.clone(),
            decision: decision.clone(),
            counters,
            backlog,
            report: report.as_ref().map(|report| report.id),
            fingerprint: report.as_ref().map(|report| report.fingerprint.clone()),
        };
        let run = letters::Run {
            order,
            letters,
            outcome: &outcome,
            counters: &counters,
            passed,
        };
        let ends = letters::ends(run, decision.kind, at.as_ref(), self.crash_id(order));
        let end = EndRun {
            run: order.run,
            worker: order.worker,
            outcome,
            decision,
            policy,
            counters,
            report: report.map(Box::new),
            letters: ends,
        };
        (end, told)
    }

    fn crash_id(&self, order: &RunOrder) -> CrashId {
        CrashId::Run {
            attempt: self.undertaking.orders.id,
            worker: order.worker,
        }
    }

    fn facts(&self, order: &RunOrder, state: &SyncState, backlog: bool) -> Facts<'_> {
        let Undertaking {
            context,
            assignment,
            ..
        } = *self.undertaking;
        let limits = context.config.limits_for(&assignment.account.name);
        Facts {
            now: self.now,
            due_was: state.due_at,
            interval: context.config.sync.interval.of(order.worker).duration(),
            suspect: self.outcomes.suspects,
            hello: self.evidence.hello,
            ours: *assignment.ours.borrow(),
            slot: assignment.slot,
            big_is_larger: limits.big_slot > limits.memory,
            small: policy::fits_ordinary(self.peaks.resident, self.peaks.heap, limits.memory.get()),
            mode: order.worker.mode(),
            backlog,
            configured_step: context.config.sync.step.duration(),
            at: None,
            skips: &[],
            retried: &[],
        }
    }

    fn report(
        &self,
        order: &RunOrder,
        outcome: &Outcome,
        decision: &Decision,
        cursor: Option<Timestamp>,
    ) -> CrashReport {
        let Undertaking {
            context,
            assignment,
            ..
        } = *self.undertaking;
        crash::assemble(&ReportInput {
            id: self.crash_id(order),
            of: Of::Run {
                worker: order.worker,
                run: order.run,
                outcome,
            },
            at: self.now,
            account_id: Some(assignment.account.id),
            account: Some(&assignment.account.name),
            host: &context.host,
            pid: self.pid,
            child_build: self.child_build,
            crashes: &context.state_dir.join("crashes"),
            worker_child: &context.worker_child,
            died_at: self.died_at,
            evidence: self.evidence,
            verdict: self.verdict,
            peak_resident: self.peaks.resident,
            peak_cgroup: self.peak_cgroup,
            cursor,
            stderr: self.stderr,
            decision,
        })
    }
}

/// A death deserves a report (one for each suspect where nobody can be named), and so does a failure
/// that is charged or halves a slice. Throttling,
/// a network that is down, a token that ran out are in `runs`, and would drown the others here.
fn deserves_report(outcome: &Outcome, decision: &Decision) -> bool {
    match outcome {
        Outcome::Died(_) => true,
        Outcome::Failed(failure) => {
            decision.charged
                || decision.kind == DecisionKind::Skip
                || matches!(
                    failure,
                    Failure::TooLarge { .. }
                        | Failure::Incomplete { .. }
                        | Failure::Forbidden { .. }
                )
        }
        Outcome::Completed
        | Outcome::Snoozed { .. }
        | Outcome::Interrupted
        | Outcome::Cancelled
        | Outcome::Drained => false,
    }
}

async fn store_end(context: &Context, end: &EndAttempt<'_>) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        match context.store.end_attempt(end, context.clock.now()).await {
            Ok(ended) if ended.fence_held => return Ok(()),
            Ok(_) => {
                tracing::warn!(attempt.id = %end.grant.attempt, "the lease was lost: the end is stored, what is remembered belongs to its new owner");
                return Ok(());
            }
            Err(error) if error.is_temporary() && tries < END_TRIES => {
                tries += 1;
                tracing::debug!(attempt.id = %end.grant.attempt, %error, "the end of an attempt waits for the database");
                context.store_waits.send_replace(true);
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
            Err(error) => return Err(error),
        }
    }
}
