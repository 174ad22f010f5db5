//! Plays the cycles: the world changes, one real pass runs, the database is compared.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use shared::id::AccountId;
use shared::time::Timestamp;
use shared::worker::Worker;
use tokio::sync::mpsc;

use super::WORKERS;
use super::script::{CAST, LAG_MS, Part, Role};
use super::sim::Sim;
use super::story::{AccountCycle, Story};
use super::verdict::{
    Event as Change, event_differences, events_without, row_differences, rows_without,
};
use crate::attempt::End;
use crate::cli::live::{Live, PACE};
use crate::clock::Clock;
use crate::daemon::Daemon;
use crate::outcome::Outcome;
use crate::scheduler::{Event, Mode, Stop};
use crate::store::Store;

/// Snoozes up to this long belong to a cycle.
const SHORT_SNOOZE: Duration = Duration::from_secs(3);
/// Longer than the simulator's stamps and ours can lie apart, in milliseconds.
const STAMP_MARGIN_MS: u64 = 20;

/// What is being played.
pub(super) struct Play<'a> {
    pub daemon: &'a Daemon,
    pub sim: &'a mut Sim,
    pub story: &'a mut Story,
    pub accounts: BTreeMap<&'static str, AccountId>,
    pub rng: fastrand::Rng,
}

impl Play<'_> {
    /// One cycle; what it showed goes into the story.
    pub(super) async fn cycle(&mut self, cycle: u32, stop: Stop) -> anyhow::Result<()> {
        let advanced = self.sim.ask(&json!({"cmd": "advance"})).await?;
        let stamp = advanced
            .pointer("/advanced/last_stamp")
            .and_then(Value::as_str);
        let stamp = stamp
            .and_then(Timestamp::parse)
            .context("the simulated eBay gave no time stamp")?;
        self.story.say(&format!(
            "\ncycle {cycle}: the world has changed; one pass over all accounts"
        ))?;
        wait_until(stamp.plus(Duration::from_millis(LAG_MS + STAMP_MARGIN_MS))).await;
        let outcomes = self.pass(stop).await?;
        for part in CAST {
            let found = self.compare(&part, cycle, &outcomes).await?;
            self.story.cycle(found)?;
        }
        Ok(())
    }

    /// One real pass; the last outcome of every worker that ran.
    async fn pass(&mut self, stop: Stop) -> anyhow::Result<BTreeMap<(AccountId, Worker), Outcome>> {
        let (send, mut events) = mpsc::unbounded_channel();
        let mut dispatcher = self.daemon.dispatcher(self.rng.fork());
        dispatcher.tell(send);
        let story = &mut *self.story;
        let mut outcomes = BTreeMap::new();
        let mut live = story.is_watched().then(Live::default);
        let mut tick = tokio::time::interval(PACE);
        let listen = async {
            loop {
                let event = tokio::select! {
                    event = events.recv() => event,
                    _ = tick.tick(), if live.is_some() => {
                        if let Some(live) = &live {
                            live.draw();
                        }
                        continue;
                    }
                };
                let Some(event) = event else { break };
                if let Some(live) = &mut live {
                    live.event(&event);
                }
                if let Event::Finished(finished) = &event
                    && let End::Ran(ran) = &finished.end
                {
                    outcomes.extend(
                        ran.runs
                            .iter()
                            .map(|run| ((finished.account, run.worker), run.outcome.clone())),
                    );
                }
                story.event(&event)?;
            }
            anyhow::Ok(())
        };
        let work = async move {
            // The channel closes with the dispatcher, and so the listener ends.
            dispatcher
                .run(
                    Mode::Once {
                        snoozes: SHORT_SNOOZE,
                    },
                    stop,
                )
                .await
        };
        let (ran, told) = tokio::join!(Box::pin(work), listen);
        ran?;
        told?;
        Ok(outcomes)
    }

    async fn compare(
        &mut self,
        part: &Part,
        cycle: u32,
        outcomes: &BTreeMap<(AccountId, Worker), Outcome>,
    ) -> anyhow::Result<AccountCycle> {
        let account = *self
            .accounts
            .get(part.name)
            .context("an account of the demo is missing")?;
        let mut found = AccountCycle {
            account: part.name,
            role: part.role,
            cycle,
            outcomes: BTreeMap::new(),
            differences: Vec::new(),
            held: true,
        };
        for worker in WORKERS {
            let outcome = outcomes.get(&(account, worker));
            found
                .outcomes
                .insert(worker, outcome.map_or("not run", Outcome::name));
            if matches!(outcome, Some(Outcome::Completed)) {
                self.observed(part, worker).await?;
            } else if must_complete(part.role, worker) {
                found.differences.push(format!("{worker} did not complete"));
            }
        }
        let differences = self.differences(part, account, &found).await?;
        found.differences.extend(differences);
        found.held = found.differences.is_empty();
        Ok(found)
    }

    async fn observed(&mut self, part: &Part, worker: Worker) -> anyhow::Result<()> {
        self.sim
            .ask(&json!({"cmd": "observe", "account": part.name, "worker": worker}))
            .await?;
        Ok(())
    }

    /// Tables of workers that completed must be eBay's state now; the history must be exactly what
    /// the completed passes could observe, for every worker, completed or not.
    async fn differences(
        &mut self,
        part: &Part,
        account: AccountId,
        found: &AccountCycle,
    ) -> anyhow::Result<Vec<String>> {
        let store = &self.daemon.context.store;
        let truth = self
            .sim
            .ask(&json!({"cmd": "truth", "account": part.name, "payloads": false}))
            .await?;
        let mut differences = Vec::new();
        let mut owed = Vec::new();
        for letter in store.dead_letters(false).await? {
            if letter.account == part.name {
                owed.push(letter.item.key);
            }
        }
        if part.role != Role::Poison && !owed.is_empty() {
            differences.push(format!("passed over without a reason: {owed:?}"));
        }
        for worker in WORKERS {
            if found.outcomes.get(&worker) != Some(&"completed") {
                continue;
            }
            for table in worker.tables() {
                let def = table.def();
                let expected = truth
                    .pointer(&format!("/truth/{}", def.name))
                    .and_then(Value::as_array);
                let expected =
                    expected.with_context(|| format!("the simulated eBay has no {}", def.name))?;
                let expected = &rows_without(def, expected, &owed);
                let stored = store.open_rows(account, *table).await?;
                differences.extend(row_differences(def, expected, &stored));
            }
        }
        let events = self
            .sim
            .ask(&json!({"cmd": "events", "account": part.name}))
            .await?;
        let expected =
            changes(&events).context("the simulated eBay's history is no list of changes")?;
        differences.extend(event_differences(
            &events_without(expected, &owed),
            &stored_changes(store, account).await?,
        ));
        Ok(differences)
    }
}

/// Orders are harmless in every account; inventory is harmless in the ordinary ones.
fn must_complete(role: Role, worker: Worker) -> bool {
    role == Role::Ordinary || worker == Worker::Orders
}

fn changes(events: &Value) -> Option<Vec<Change>> {
    let change = |event: &Value| {
        let key = event.get("key")?.as_array()?;
        Some((
            event.get("entity")?.as_str()?.to_owned(),
            key.iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            event.get("kind")?.as_str()?.to_owned(),
        ))
    };
    events
        .get("events")?
        .as_array()?
        .iter()
        .map(change)
        .collect()
}

async fn stored_changes(store: &Store, account: AccountId) -> anyhow::Result<Vec<Change>> {
    let events = store.event_kinds(account).await?;
    events
        .into_iter()
        .map(|(entity, key, kind)| {
            Ok((
                entity,
                serde_json::from_str(&key).context("a key in ebay_events is no JSON")?,
                kind,
            ))
        })
        .collect()
}

async fn wait_until(at: Timestamp) {
    let now = Clock.now();
    tokio::time::sleep(at.since(now)).await;
}
