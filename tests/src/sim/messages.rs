//! Trading `GetMyMessages`: the folders, the headers of one, or messages by id.

mod model;
mod text;

use std::collections::BTreeMap;

use fastrand::Rng;

use super::{
    account::{Account, AccountSpec},
    change::{positions, share},
    clock::DAY_MS,
    faults::FaultKind,
    lexicon::mix,
    tables::Table,
    trading::{Failing, Said, element::Element, request::Asked},
};
use model::{FOLDERS, Message};

/// Only younger messages change: who reads again what is old, reads 30 days.
const CHANGING_MS: i64 = 29 * DAY_MS;
/// Headers of one page.
const MOST: usize = 200;
/// Messages of one call by their ids.
const MOST_IDS: usize = 10;
/// What the call knows besides what every call does.
const KNOWN: [&str; 7] = [
    "MessageIDs",
    "FolderID",
    "StartTime",
    "EndTime",
    "ExternalMessageIDs",
    "Pagination",
    "IncludeHighPriorityMessageOnly",
];

/// The messages of an account.
#[derive(Debug)]
pub(crate) struct Messages {
    rng: Rng,
    owner: String,
    all: BTreeMap<String, Message>,
}

impl Messages {
    /// What was sent before `now`, the same for the same seed.
    pub(crate) fn new(spec: &AccountSpec, seed: u64, now: i64) -> Self {
        let mut messages = Self {
            rng: Rng::with_seed(mix(seed, 41)),
            owner: spec.name.clone(),
            all: BTreeMap::new(),
        };
        for _ in 0..spec.messages {
            let back = messages.rng.u64(..=spec.history_ms.min(360 * 86_400_000));
            messages.send(now - i64::try_from(back).unwrap_or(DAY_MS));
        }
        messages
    }

    fn send(&mut self, at: i64) {
        let message = Message::make(&mut self.rng, at);
        self.all.insert(message.id.clone(), message);
    }

    /// About 5 % of what is young is read, flagged, answered or moved, and 1 % is sent.
    pub(crate) fn advance(&mut self, now: i64) {
        let count = self.all.len();
        let young = self.all.values_mut();
        let young: Vec<&mut Message> = young
            .filter(|message| message.received > now - CHANGING_MS)
            .collect();
        let chosen = positions(&mut self.rng, young.len(), share(young.len(), 5));
        for (at, message) in young.into_iter().enumerate() {
            if chosen.contains(&at) {
                message.happen(&mut self.rng);
            }
        }
        for _ in 0..share(count, 1) {
            self.send(now);
        }
    }

    /// The rows that must be stored.
    pub(crate) fn table(&self) -> Table {
        let all = self.all.values();
        Table {
            name: "ebay_messages",
            entity: "message",
            key: &["message_id"],
            ends: false,
            rows: all.map(|message| text::row(message, &self.owner)).collect(),
        }
    }
}

/// Answers a call.
pub(crate) fn answer(
    account: &Account,
    asked: &Asked,
    faults: &[FaultKind],
) -> Result<Said, Failing> {
    let messages = &account.messages;
    let mut said = match asked.text("DetailLevel") {
        Some("ReturnSummary") => Said {
            before: vec![text::summary(&messages.all)],
            ..Said::default()
        },
        Some("ReturnHeaders") => headers(messages, asked)?,
        Some("ReturnMessages") => bodies(messages, asked)?,
        Some(_) | None => return Err(Failing::input("DetailLevel")),
    };
    if faults.contains(&FaultKind::EmptyPage {}) {
        said.items.clear();
    }
    said.path = &["Messages"];
    said.known = &KNOWN;
    Ok(said)
}

/// Headers, the newest first.
fn headers(messages: &Messages, asked: &Asked) -> Result<Said, Failing> {
    let folder = match asked.text("FolderID") {
        None => None,
        Some(text) => {
            let known = |id: &u32| FOLDERS.iter().any(|(folder, _)| folder == id);
            let folder = text.parse().ok().filter(known);
            Some(folder.ok_or_else(|| Failing::input("FolderID"))?)
        }
    };
    let from = asked.time("StartTime")?.unwrap_or(i64::MIN);
    let to = asked.time("EndTime")?.unwrap_or(i64::MAX);
    if from > to {
        return Err(Failing::input("StartTime"));
    }
    let limit = asked.number("Pagination.EntriesPerPage", MOST, 25)?;
    let page = asked.number("Pagination.PageNumber", usize::MAX, 1)?;
    let all = messages.all.values();
    let mut hits: Vec<&Message> = all
        .filter(|message| folder.is_none_or(|folder| message.folder == folder))
        .filter(|message| (from..=to).contains(&message.received))
        .collect();
    hits.sort_by_key(|message| (std::cmp::Reverse(message.received), &message.id));
    if page > hits.len().div_ceil(limit).max(1) {
        return Err(Failing::page());
    }
    let shown = hits.iter().skip((page - 1) * limit).take(limit);
    Ok(Said {
        items: shown
            .map(|message| text::message(message, &messages.owner, false))
            .collect(),
        ..Said::default()
    })
}

/// Messages with their bodies.
fn bodies(messages: &Messages, asked: &Asked) -> Result<Said, Failing> {
    let ids = asked.all("MessageIDs", "MessageID");
    if ids.is_empty() || ids.len() > MOST_IDS {
        return Err(Failing::input("MessageIDs"));
    }
    let item = |id: &&str| -> Result<Element, Failing> {
        let message = messages.all.get(*id);
        let message = message.ok_or_else(|| Failing::input("MessageIDs.MessageID"))?;
        Ok(text::message(message, &messages.owner, true))
    };
    Ok(Said {
        items: ids.iter().map(item).collect::<Result<_, _>>()?,
        ..Said::default()
    })
}

#[cfg(test)]
mod tests;
