//! `bulkhead dead-letter list|show|retry`.

use std::fmt::Write as _;

use serde::Serialize;
use shared::time::Timestamp;
use shared::worker::Worker;

use super::args::BadInput;
use super::output::{Output, distance, table};
use super::{Exit, Place};
use crate::clock::Clock;
use crate::outcome::CrashId;
use crate::store::{DeadLetter, StoreError};

#[derive(Serialize)]
struct LetterAnswer {
    id: i64,
    account: String,
    worker: Worker,
    status: &'static str,
    /// The parts of the item's natural key; empty if it is known by its place only.
    key: Vec<String>,
    request: String,
    /// Its index in that body, from 0.
    item: u64,
    slice_start: Option<String>,
    slice_end: Option<String>,
    crash: CrashId,
    opened_at: String,
    skips: u64,
    first_skip_at: Option<String>,
    last_skip_at: Option<String>,
    resolved_at: Option<String>,
    retry: String,
}

pub(super) async fn list(place: &Place, all: bool, output: Output) -> anyhow::Result<Exit> {
    let now = Clock.now();
    let letters = place.store().await?.dead_letters(all).await?;
    let answers: Vec<LetterAnswer> = letters.iter().map(view).collect();
    output.answer(&answers, |answers| {
        if answers.is_empty() {
            return "there are no dead letters".to_owned();
        }
        let head = [
            "ID", "ACCOUNT", "WORKER", "ITEM", "STATUS", "SINCE", "SKIPPED", "CRASH",
        ];
        let since =
            |at: &str| Timestamp::parse(at).map_or_else(String::new, |at| distance(at, now));
        table(
            &head,
            answers.iter().map(|answer| {
                vec![
                    answer.id.to_string(),
                    answer.account.clone(),
                    answer.worker.to_string(),
                    name(answer),
                    answer.status.to_owned(),
                    since(&answer.opened_at),
                    answer.skips.to_string(),
                    answer.crash.to_string(),
                ]
            }),
        )
    })?;
    Ok(Exit::Done)
}

pub(super) async fn show(place: &Place, id: i64, output: Output) -> anyhow::Result<Exit> {
    let found = place.store().await?.dead_letter(id).await;
    let letter = found.map_err(|error| missing(id, error))?;
    output.answer(&view(&letter), words)?;
    Ok(Exit::Done)
}

pub(super) async fn retry(place: &Place, id: i64, output: Output) -> anyhow::Result<Exit> {
    let store = place.store().await?;
    let retried = store.retry_dead_letter(id, Clock.now()).await;
    let retried = retried.map_err(|error| missing(id, error))?;
    let letter = store.dead_letter(id).await?;
    let answer =
        serde_json::json!({ "id": id, "retrying": retried, "status": letter.status.name() });
    let (worker, account) = (letter.worker, &letter.account);
    output.answer(&answer, |_| {
        if retried {
            format!("{worker} of {account} is due now and reads the item again")
        } else {
            format!("dead letter {id} is resolved; nothing was changed")
        }
    })?;
    Ok(if retried {
        Exit::Done
    } else {
        Exit::NothingDue
    })
}

fn missing(id: i64, error: StoreError) -> anyhow::Error {
    if matches!(error, StoreError::NotFound { .. }) {
        let what = format!("there is no dead letter {id}; bulkhead dead-letter list shows them");
        BadInput(what).into()
    } else {
        anyhow::Error::new(error)
    }
}

fn view(letter: &DeadLetter) -> LetterAnswer {
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let (start, end) = letter.slice.unzip();
    LetterAnswer {
        id: letter.id,
        account: letter.account.clone(),
        worker: letter.worker,
        status: letter.status.name(),
        key: letter.item.key.lines().map(str::to_owned).collect(),
        request: letter.item.request.clone(),
        item: letter.item.item,
        slice_start: text(start),
        slice_end: text(end),
        crash: letter.crash,
        opened_at: letter.opened_at.to_string(),
        skips: letter.skips,
        first_skip_at: text(letter.first_skip_at),
        last_skip_at: text(letter.last_skip_at),
        resolved_at: text(letter.resolved_at),
        retry: format!("bulkhead dead-letter retry {}", letter.id),
    }
}

/// What the item is called: its key, or where it stood.
fn name(answer: &LetterAnswer) -> String {
    if answer.key.is_empty() {
        format!("number {} of {}", answer.item + 1, answer.request)
    } else {
        answer.key.join(" / ")
    }
}

fn words(answer: &LetterAnswer) -> String {
    let mut facts = vec![
        ("letter", format!("{}, {}", answer.id, answer.status)),
        ("account", answer.account.clone()),
        ("worker", answer.worker.to_string()),
        ("item", name(answer)),
        ("request", answer.request.clone()),
        ("opened", answer.opened_at.clone()),
    ];
    if let (Some(start), Some(end)) = (&answer.slice_start, &answer.slice_end) {
        facts.push(("slice", format!("{start} to {end}")));
    }
    let last = answer.last_skip_at.as_deref().unwrap_or("never");
    facts.push(("skipped", format!("{} times, last {last}", answer.skips)));
    let resolved = answer.resolved_at.clone().map(|at| ("resolved", at));
    facts.extend(resolved);
    facts.push(("crash", format!("bulkhead crash show {}", answer.crash)));
    if answer.resolved_at.is_none() {
        facts.push(("retry", answer.retry.clone()));
    }
    let mut text = String::new();
    for (name, value) in facts {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<10}{value}");
    }
    text.trim_end().to_owned()
}
