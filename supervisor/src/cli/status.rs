//! `bulkhead status`: how every worker of every account stands.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use shared::id::{AccountId, AttemptId};
use shared::time::Timestamp;

use super::output::{Output, distance, mib, span, table};
use super::{Exit, Place};
use crate::clock::Clock;
use crate::config::Bytes;
use crate::policy::Pause;
use crate::scheduler::due::STARTS_AHEAD;
use crate::scheduler::slots::Room;
use crate::scheduler::stale::{self, Success};
use crate::scheduler::why::{NotRunning, Standing};
use crate::store::{Halt, StatusRow, SyncState};

#[derive(Serialize)]
struct StatusAnswer {
    account: String,
    worker: String,
    /// What is true of it now, in a word or two.
    state: String,
    attempt: Option<i64>,
    cursor: Option<String>,
    /// How far what is stored is behind now, in milliseconds.
    lag_ms: Option<u64>,
    /// Nothing succeeded for `sync.stale_after` intervals.
    stale: bool,
    /// Why it does not run now; null if it does.
    not_running: Option<NotRunning>,
    /// While it is due, so many attempts of other accounts that stand in the same line start before its
    /// own at most.
    starts_ahead_at_most: u64,
    /// The line: `normal`, `big`, or `on_trial`.
    line: &'static str,
    last_success_at: Option<String>,
    last_outcome: Option<String>,
    last_detail: Option<String>,
    due_at: Option<String>,
    charged: usize,
    /// Items that are passed over.
    dead_letters: u64,
    solitary: bool,
    big_slot: bool,
    /// Its memory limit now, in bytes.
    memory_limit: u64,
    /// The most memory that it needed of late, alone in its child, in bytes.
    peak_memory: Option<u64>,
    /// The most that attempts which it shared needed: at most so much was its own, in bytes.
    peak_memory_shared: Option<u64>,
    quarantined_until: Option<String>,
    /// What is wrong with the account's access token, and what can be done.
    token: Option<String>,
    /// Why the service starts nothing, if it has paused.
    paused: Option<String>,
    error: Option<String>,
}

pub(super) async fn status(place: &Place, output: Output) -> anyhow::Result<Exit> {
    let now = Clock.now();
    let store = place.store().await?;
    let (halt, breaker) = (store.halt().await?, store.pause().await?);
    let rows = store.status().await?;
    let paused_until = breaker.as_ref().map(|pause| pause.until);
    let around = Around::of(&rows, halt.is_some(), paused_until);
    let halt = halt.map(|halt| halted(&halt));
    let pause = halt.or(breaker.map(|pause| paused(&pause)));
    let with_pause = |answer| StatusAnswer {
        paused: pause.clone(),
        ..answer
    };
    let answers: Vec<StatusAnswer> = rows
        .into_iter()
        .map(|row| with_pause(view(row, &around, place, now)))
        .collect();
    output.answer(&answers, |answers| {
        if answers.is_empty() {
            return "there are no accounts yet: bulkhead account add NAME --token-file FILE"
                .to_owned();
        }
        let head = [
            "ACCOUNT",
            "WORKER",
            "STATE",
            "BEHIND",
            "LAST SUCCESS",
            "LAST OUTCOME",
            "MEMORY",
            "DUE",
        ];
        let table = table(&head, answers.iter().map(|answer| line(answer, now)));
        let stale = answers.iter().filter(|answer| answer.stale).count();
        let warning = (stale > 0).then(|| warning(stale, place));
        let mut notes: Vec<String> = pause.clone().into_iter().chain(warning).collect();
        let troubled = answers.iter().filter_map(|answer| {
            let what = answer.error.as_ref().or(answer.token.as_ref())?;
            Some(format!("{}: {what}", answer.account))
        });
        notes.extend(troubled);
        notes.dedup();
        if notes.is_empty() {
            table
        } else {
            format!("{}\n\n{table}", notes.join("\n"))
        }
    })?;
    Ok(Exit::Done)
}

fn halted(halt: &Halt) -> String {
    format!(
        "nothing is started: user {} paused it at {}; bulkhead resume lifts that",
        halt.by, halt.since
    )
}

fn paused(pause: &Pause) -> String {
    format!(
        "nothing is started: attempts of {} accounts died alike (fingerprint {}); one is tried at {}",
        pause.accounts, pause.fingerprint, pause.until
    )
}

fn warning(stale: usize, place: &Place) -> String {
    let (workers, have) = if stale == 1 {
        ("worker", "has")
    } else {
        ("workers", "have")
    };
    format!(
        "{stale} {workers} {have} had no success for {} intervals: stale",
        place.config.sync.stale_after
    )
}

/// What is true of all rows together.
struct Around {
    halted: bool,
    paused_until: Option<Timestamp>,
    /// The attempt that runs, by account.
    attempts: BTreeMap<AccountId, AttemptId>,
    /// How many of them are on trial.
    trials: usize,
    /// Accounts with a worker on duty.
    on_duty: usize,
}

/// The line in which a worker stands when it is due.
fn line_of(state: &SyncState) -> &'static str {
    if state.policy.on_trial {
        "on_trial"
    } else if state.policy.big_slot {
        "big"
    } else {
        "normal"
    }
}

impl Around {
    fn of(rows: &[StatusRow], halted: bool, paused_until: Option<Timestamp>) -> Self {
        let running = rows
            .iter()
            .filter_map(|row| Some((row.account_id, row.running?)));
        let on_trial = |row: &&StatusRow| {
            let state = row.state.as_ref();
            row.running.is_some() && state.is_ok_and(|state| state.policy.on_trial)
        };
        let on_duty = rows.iter().filter(|row| row.enabled);
        let on_duty: BTreeSet<AccountId> = on_duty.map(|row| row.account_id).collect();
        Self {
            halted,
            paused_until,
            attempts: running.collect(),
            trials: rows.iter().filter(on_trial).count(),
            on_duty: on_duty.len(),
        }
    }

    fn not_running(&self, row: &StatusRow, place: &Place, now: Timestamp) -> Option<NotRunning> {
        if row.running.is_some() {
            return None;
        }
        let state = row.state.as_ref().ok();
        let slots = usize::try_from(place.config.accounts_at_once).unwrap_or(usize::MAX);
        let standing = Standing {
            enabled: row.enabled,
            readable: state.is_some(),
            token_state: row.token_state.as_deref(),
            quarantined_until: state.and_then(|state| state.policy.quarantined_until),
            halted: self.halted,
            paused_until: self.paused_until,
            troubled: state.is_some_and(|state| {
                let outcome = state.last_outcome.as_deref();
                outcome.is_some_and(|outcome| outcome != "completed")
            }),
            due_at: state.map_or(now, |state| state.due_at),
            attempt: self.attempts.get(&row.account_id).copied(),
            on_trial: state.is_some_and(|state| state.policy.on_trial),
            trials: self.trials,
            trials_at_once: Room {
                attempts: slots,
                memory: 0,
            }
            .trials(),
            running: self.attempts.len(),
            slots,
        };
        Some(NotRunning::of(&standing, now))
    }
}

fn is_stale(row: &StatusRow, place: &Place, now: Timestamp) -> bool {
    let Ok(state) = &row.state else {
        return row.enabled;
    };
    let success = Success {
        worker: state.worker,
        at: state
            .last_success_at
            .or(row.account_created_at)
            .unwrap_or(now),
        good_for: place.config.sync.stale_limit(state.worker),
    };
    row.enabled && stale::is_stale(&success, now)
}

fn line(answer: &StatusAnswer, now: Timestamp) -> Vec<String> {
    let when = |text: &Option<String>| {
        text.as_deref()
            .and_then(Timestamp::parse)
            .map_or_else(|| "-".to_owned(), |at| distance(at, now))
    };
    let outcome = match (&answer.last_outcome, &answer.last_detail) {
        (Some(outcome), Some(detail)) if !detail.is_empty() => format!("{outcome}: {detail}"),
        (Some(outcome), _) => outcome.clone(),
        (None, _) => "-".to_owned(),
    };
    let mut states = vec![answer.state.clone()];
    let why = answer.not_running.as_ref().and_then(NotRunning::words);
    states.extend(why.filter(|why| *why != answer.state));
    states.extend(answer.stale.then(|| "stale".to_owned()));
    match answer.dead_letters {
        0 => {}
        1 => states.push("1 dead letter".to_owned()),
        letters => states.push(format!("{letters} dead letters")),
    }
    let state = states.join(", ");
    vec![
        answer.account.clone(),
        answer.worker.clone(),
        state,
        answer.lag_ms.map_or_else(
            || "-".to_owned(),
            |lag| span(std::time::Duration::from_millis(lag)),
        ),
        when(&answer.last_success_at),
        outcome,
        memory(answer),
        when(&answer.due_at),
    ]
}

/// What it needed of late against its limit: `29.3 MiB of 128MiB`; in a shared child only a bound is
/// known.
fn memory(answer: &StatusAnswer) -> String {
    let limit = Bytes::new(answer.memory_limit);
    match (answer.peak_memory, answer.peak_memory_shared) {
        (Some(peak), _) => format!("{} of {limit}", mib(peak)),
        (None, Some(peak)) => format!("at most {} of {limit}", mib(peak)),
        (None, None) => "-".to_owned(),
    }
}

fn view(row: StatusRow, around: &Around, place: &Place, now: Timestamp) -> StatusAnswer {
    let created = row.account_created_at;
    let (overdue, not_running) = (
        is_stale(&row, place, now),
        around.not_running(&row, place, now),
    );
    let line = row.state.as_ref().map_or("normal", line_of);
    let others = around.on_duty.saturating_sub(1) as u64;
    let state = word(&row, now);
    let (known, error) = match row.state {
        Ok(state) => (Some(state), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let of = |get: fn(&SyncState) -> Option<Timestamp>| {
        known.as_ref().and_then(get).map(|at| at.to_string())
    };
    let cursor = known.as_ref().and_then(|state| state.cursor);
    let policy = known
        .as_ref()
        .map(|state| state.policy.clone())
        .unwrap_or_default();
    let limits = place.config.limits_for(&row.account);
    let limit = if policy.big_slot {
        limits.big_slot.max(limits.memory)
    } else {
        limits.memory
    };
    StatusAnswer {
        account: row.account,
        worker: row.worker,
        state,
        attempt: row.running.map(|attempt| attempt.0),
        cursor: of(|state| state.cursor),
        lag_ms: cursor
            .or(created)
            .map(|since| u64::try_from(now.since(since).as_millis()).unwrap_or(u64::MAX)),
        stale: overdue,
        not_running,
        starts_ahead_at_most: STARTS_AHEAD * others,
        line,
        last_success_at: of(|state| state.last_success_at),
        last_outcome: known.as_ref().and_then(|state| state.last_outcome.clone()),
        last_detail: known.as_ref().and_then(|state| state.last_detail.clone()),
        due_at: of(|state| Some(state.due_at)),
        dead_letters: row.dead_letters,
        charged: policy.tally.len() + policy.errors.len(),
        solitary: policy.solitary,
        big_slot: policy.big_slot,
        memory_limit: limit.get(),
        peak_memory: row.peak.alone,
        peak_memory_shared: row.peak.shared,
        quarantined_until: policy
            .quarantined_until
            .filter(|until| *until > now)
            .map(|until| until.to_string()),
        token: row.token_detail,
        paused: None,
        error,
    }
}

/// The one thing that matters most about it.
fn word(row: &StatusRow, now: Timestamp) -> String {
    if row.running.is_some() {
        return "running".to_owned();
    }
    if !row.enabled {
        return "disabled".to_owned();
    }
    if let Some(token) = &row.token_state {
        return format!("waits for a token ({token})");
    }
    let Ok(state) = &row.state else {
        return "stopped: unreadable".to_owned();
    };
    let quarantined = state
        .policy
        .quarantined_until
        .is_some_and(|until| until > now);
    let troubled = state
        .last_outcome
        .as_deref()
        .is_some_and(|outcome| outcome == "failed" || outcome == "died");
    let word = if quarantined {
        "quarantined"
    } else if state.last_outcome.is_none() {
        "never ran"
    } else if troubled {
        "failing"
    } else {
        "ok"
    };
    word.to_owned()
}
