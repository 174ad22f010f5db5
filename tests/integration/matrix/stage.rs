//! The state directory of the matrix, its accounts, and the two acts that are played on it: first all
//! are well, then most of them die.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use integration_tests::faulty::script::EARLY;
use integration_tests::harness::build::binaries;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::wait_until;

use crate::decks::Deck;
use crate::rows::{Pace, rows};
use crate::traces::{CANARY, Sampler};

/// Accounts that die at once.
pub(crate) const DYING: Range<usize> = 0..40;
/// Accounts that die of silence or after their time, one for each worker that can.
pub(crate) const STILL: [&str; 2] = ["orders", "active_inventory"];
/// Accounts that are well.
pub(crate) const HEALTHY: Range<usize> = 0..6;

const DYING_WORKERS: &str = "orders,active_inventory,transactions,returns";
const HEALTHY_WORKERS: &str = "cases,messages";
/// Items of a healthy account, for each of its workers.
const ITEMS: i64 = 20;
/// How often the healthy have completed a run before the first act ends.
const CALM_RUNS: i64 = 120;
/// How long an act may take; far more than it does.
const ACT: Duration = Duration::from_mins(20);

/// Runs are due at a pace at which children are started all the time, and the machine still has time
/// for the healthy.
const SETTINGS: &str = r#"
accounts_at_once = 64
memory_budget = "4GiB"
[log]
format = "json"
[limits]
memory = "16MiB"
big_slot = "16MiB"
cpu = "1s"
[timeouts]
ready = "10s"
silence = "60s"
deadline = "2m"
snapshot_deadline = "2m"
stop_grace = "100ms"
term_grace = "300ms"
[sync]
interval = { orders = "10s", active_inventory = "10s", transactions = "10s", returns = "10s", cases = "3s", messages = "3s" }
lag = "0ms"
first_span = "3d"
[policy]
backoff_base = "10s"
backoff_cap = "10s"
death_backoff_base = "10s"
death_backoff_cap = "10s"
quarantine_after = 100
quarantine_after_errors = 100
breaker_attempts = 0
dead_letters_max = 0
"#;

/// Name of an account that dies at once.
pub(crate) fn dying(number: usize) -> String {
    format!("dying{number}")
}

/// Name of the account whose worker dies of silence.
pub(crate) fn still(worker: &str) -> String {
    format!("still-{worker}")
}

/// The state directory.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) state: State,
}

impl Stage {
    /// All accounts but those that die before `Hello`; nobody has a deck yet.
    pub(crate) fn new() -> Self {
        let stage = Self {
            state: State::empty(),
        };
        let child = binaries().faulty_child.to_str().unwrap();
        let limits = STILL.map(|worker| {
            format!(
                "[accounts.{}]\nsilence = \"2s\"\ndeadline = \"4s\"\nsnapshot_deadline = \"4s\"\n",
                still(worker)
            )
        });
        let config = format!("worker_child = \"{child}\"\n{SETTINGS}{}", limits.concat());
        stage.state.write_config(&config);
        for number in DYING {
            stage.add(&dying(number), DYING_WORKERS);
        }
        for worker in STILL {
            stage.add(&still(worker), worker);
        }
        for number in HEALTHY {
            stage.add(&format!("healthy{number}"), HEALTHY_WORKERS);
        }
        stage
    }

    fn add(&self, account: &str, workers: &str) {
        let deck = self.deck_file(account);
        let script = format!("count={ITEMS};deck={};canary={CANARY}", deck.display());
        self.state.add_account(account, workers, &script);
    }

    /// Where an account's deck is.
    pub(crate) fn deck_file(&self, account: &str) -> PathBuf {
        self.state.path(&format!("{account}.deck"))
    }

    /// The first act: all are well.
    pub(crate) fn play_calm(&self) {
        let service = self.state.start_service();
        let completed = "SELECT count(*) FROM runs JOIN accounts USING (account_id) \
                         WHERE name LIKE 'healthy%' AND outcome = 'completed'";
        let database = self.state.database();
        let file = self.state.dir().join("bulkhead.db");
        wait_until("a calm time", ACT, || {
            file.exists() && database.number(completed) >= CALM_RUNS
        });
        let ended = self.state.stop_service(service);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(
            database.number("SELECT count(*) FROM crash_reports"),
            0,
            "nobody dies yet"
        );
    }

    /// The second act: everybody dies but the healthy. Returns what the service said.
    pub(crate) fn play_deaths(&self, decks: &[Deck]) -> String {
        for row in rows().iter().filter(|row| row.pace() == Pace::Early) {
            self.add(&row.name, &row.worker);
        }
        let service = self.state.start_service();
        let mut sampler = Sampler::new(&self.state);
        let all: usize = decks.iter().map(|deck| deck.rows.len()).sum();
        let mut last = Vec::new();
        wait_until("every death to be drawn", ACT, || {
            let drawn: Vec<_> = decks.iter().map(Deck::drawn).collect();
            let count = drawn.iter().map(Vec::len).sum();
            sampler.look(count);
            last = drawn
                .iter()
                .filter_map(|deck| deck.last().copied())
                .collect();
            count == all
        });
        let last: Vec<String> = last
            .iter()
            .map(|(attempt, _)| attempt.to_string())
            .collect();
        let open = format!(
            "SELECT count(*) FROM attempts WHERE ended_at IS NULL AND attempt_id IN ({})",
            last.join(",")
        );
        let database = self.state.database();
        let early = format!(
            "SELECT count(*) FROM accounts WHERE name LIKE '{EARLY}%' AND account_id NOT IN \
             (SELECT account_id FROM crash_reports)"
        );
        wait_until("the end of the last", ACT, || {
            database.number(&open) == 0 && database.number(&early) == 0
        });
        sampler.assert_seen();
        let ended = self.state.stop_service(service);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        format!("{}{}", ended.stdout, ended.stderr)
    }

    /// Every attempt and every run came to one end.
    pub(crate) fn assert_every_start_has_one_end(&self) {
        let database = self.state.database();
        for (what, sql) in [
            (
                "attempts without an end",
                "SELECT count(*) FROM attempts WHERE ended_at IS NULL",
            ),
            (
                "runs without an end",
                "SELECT count(*) FROM runs WHERE ended_at IS NULL",
            ),
            (
                "starts that are no runs",
                "SELECT (SELECT sum(starts) FROM sync_state) - (SELECT count(*) FROM runs)",
            ),
        ] {
            assert_eq!(database.number(sql), 0, "{what}");
        }
    }

    /// The healthy have everything, and nothing of theirs ever went wrong.
    pub(crate) fn assert_the_healthy_are_whole(&self) {
        let database = self.state.database();
        let whose = "account_id IN (SELECT account_id FROM accounts WHERE name LIKE 'healthy%')";
        let healthy = i64::try_from(HEALTHY.len()).unwrap();
        for table in ["ebay_cases", "ebay_messages"] {
            let open = format!("SELECT count(*) FROM {table} WHERE ended_at IS NULL AND {whose}");
            assert_eq!(database.number(&open), healthy * ITEMS, "{table}");
        }
        let outcomes = database.rows(&format!(
            "SELECT DISTINCT outcome FROM runs WHERE {whose} ORDER BY outcome"
        ));
        let outcomes: Vec<&str> = outcomes
            .iter()
            .map(|row| row["outcome"].as_str().unwrap())
            .filter(|outcome| *outcome != "drained")
            .collect();
        assert_eq!(outcomes, ["completed"], "of the healthy");
    }
}
