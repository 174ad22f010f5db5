//! `bulkhead status`: how every worker of every account stands.

use serde::Serialize;
use shared::time::Timestamp;

use super::output::{Output, distance, mib, span, table};
use super::{Exit, Place};
use crate::clock::Clock;
use crate::config::Bytes;
use crate::policy::Pause;
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
    lag_ms: u64,
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
    let halt = store.halt().await?.map(|halt| halted(&halt));
    let pause = halt.or(store.pause().await?.map(|pause| paused(&pause)));
    let rows = store.status().await?;
    let with_pause = |answer| StatusAnswer {
        paused: pause.clone(),
        ..answer
    };
    let answers: Vec<StatusAnswer> = rows
        .into_iter()
        .map(|row| with_pause(view(row, place, now)))
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
        let mut notes: Vec<String> = pause.iter().cloned().collect();
        let troubled = answers
            .iter()
            .filter_map(|answer| Some(format!("{}: {}", answer.account, answer.token.as_ref()?)));
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
    let state = match answer.dead_letters {
        0 => answer.state.clone(),
        1 => format!("{}, 1 dead letter", answer.state),
        letters => format!("{}, {letters} dead letters", answer.state),
    };
    vec![
        answer.account.clone(),
        answer.worker.clone(),
        state,
        span(std::time::Duration::from_millis(answer.lag_ms)),
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

fn view(row: StatusRow, place: &Place, now: Timestamp) -> StatusAnswer {
    let created = row.account_created_at;
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
        lag_ms: u64::try_from(now.since(cursor.unwrap_or(created)).as_millis()).unwrap_or(u64::MAX),
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
