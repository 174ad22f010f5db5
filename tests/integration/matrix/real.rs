//! Deaths of the real child, of every trap that an item can spring, over a simulated eBay; each is
//! played again from its recording and must end the same way at the first try.
//!
//! What each must be called is in `traps.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use fastrand::Rng;
use integration_tests::harness::crash::{Report, reports};
use integration_tests::harness::simulated::{Simulated, a_little};
use integration_tests::harness::wait::wait_until;
use integration_tests::sim::AccountSpec;
use serde::Deserialize;

use crate::replays;
use crate::traces::{CANARY, Sampler, assert_no_trace};

/// How many accounts have each trap.
const EACH: usize = 2;
/// Deaths of each account at least: shared or alone at first, alone in any case then.
const DEATHS: usize = 2;
/// Workers whose items can have a trap: those of the name at eBay, and two where it is planted.
const TRAPPED: [&str; 4] = ["messages", "purchases", "orders", "active_inventory"];
/// Who may be in the child besides.
const OTHERS: [&str; 3] = ["transactions", "offers", "returns"];
/// How long all of it may take; far more than it does.
const ACT: Duration = Duration::from_mins(10);

/// Two deaths end a worker's part: nothing is passed over, and the second one is quarantine.
const SETTINGS: &str = r#"
accounts_at_once = 4
memory_budget = "2GiB"
[log]
format = "json"
[limits]
memory = "48MiB"
big_slot = "48MiB"
[sync]
interval = { orders = "1h", active_inventory = "1h", transactions = "1h", returns = "1h", offers = "1h", messages = "1h", purchases = "1h" }
lag = "0ms"
first_span = "72h"
listings = "report"
[timeouts]
ready = "60s"
silence = "60s"
stop_grace = "100ms"
term_grace = "100ms"
[network]
poll_interval = "20ms"
[policy]
death_backoff_base = "10ms"
death_backoff_cap = "10ms"
quarantine_after = 2
breaker_attempts = 0
dead_letters_max = 0
"#;

/// What the death in a trap must be called.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trap {
    /// The kind of the trap.
    pub kind: String,
    /// What it must be called.
    pub cause: String,
    /// How sure that must be.
    pub confidence: String,
}

/// An account with a trap.
#[derive(Debug)]
struct Victim {
    name: String,
    trap: Trap,
    worker: &'static str,
    workers: String,
}

/// A death and what it must be called.
#[derive(Debug)]
pub(crate) struct Death {
    /// The trap.
    pub trap: Trap,
    /// Its reports: one, or one for each suspect.
    pub reports: Vec<Report>,
}

/// Plays everything; `rng` draws who dies of what beside whom.
pub(crate) fn play(rng: &mut Rng) {
    let began = Instant::now();
    let victims = draw(rng);
    let limits = |victim: &Victim| match victim.trap.kind.as_str() {
        "spin" => format!("[accounts.{}]\ncpu = \"1s\"\n", victim.name),
        "hang" => format!("[accounts.{}]\nsilence = \"2s\"\n", victim.name),
        _ => String::new(),
    };
    let tables: String = victims.iter().map(limits).collect();
    let stage = Simulated::new(SETTINGS, &tables);
    for victim in &victims {
        victim.join(&stage);
    }
    let log = serve(&stage, victims.len());
    let deaths = judge(&stage, &victims);
    let died = began.elapsed();
    let figures = replays::all(&stage, &deaths);
    replays::tell_figures(&deaths, died, &figures);
    assert!(deaths.len() >= victims.len() * DEATHS, "{}", deaths.len());
    assert_eq!(figures.others, Vec::<String>::new(), "did not come again");
    let said = log + &figures.said;
    assert_no_trace(&stage.state, &victims[0].name, &said);
}

/// Every kind on several accounts, each with the worker that dies and others that do not.
fn draw(rng: &mut Rng) -> Vec<Victim> {
    let traps: Vec<Trap> = serde_json::from_str(include_str!("traps.json")).unwrap();
    let all = traps
        .iter()
        .flat_map(|trap| (0..EACH).map(move |number| (trap, number)));
    let mut victims: Vec<Victim> = all
        .map(|(trap, number)| {
            let worker = TRAPPED[rng.usize(..TRAPPED.len())];
            let mut workers = vec![worker];
            workers.extend(OTHERS.iter().filter(|_| rng.bool()));
            rng.shuffle(&mut workers);
            Victim {
                name: format!("{}{number}", trap.kind),
                trap: trap.clone(),
                worker,
                workers: workers.join(","),
            }
        })
        .collect();
    rng.shuffle(&mut victims);
    victims
}

impl Victim {
    fn join(&self, stage: &Simulated) {
        let (name, trap) = (&self.name, format!("bulkhead-trap:{}", self.trap.kind));
        let spec = a_little(name, &format!("v^1.1#i^1#{CANARY}-{name}"));
        let planted = match self.worker {
            "orders" | "active_inventory" => spec,
            _ => AccountSpec {
                name: format!("{trap} {name}"),
                ..spec
            },
        };
        let at_ebay = planted.name.clone();
        stage.join(name, planted, &self.workers);
        let item = match self.worker {
            "orders" => stage.sim.plant_in_order(&at_ebay, 7, &trap),
            "active_inventory" => stage.sim.plant_in_listing(&at_ebay, 7, &trap),
            _ => return,
        };
        assert!(item.unwrap().is_some(), "nothing was planted for {name}");
    }
}

/// Runs the service until every account's worker is in quarantine; returns what it said.
fn serve(stage: &Simulated, accounts: usize) -> String {
    let service = stage.state.start_service();
    let database = stage.state.database();
    let file = stage.state.dir().join("bulkhead.db");
    let quarantined = "SELECT count(DISTINCT account_id) FROM crash_reports \
                       WHERE json_extract(report, '$.decision.kind') = 'quarantine'";
    let died = "SELECT count(DISTINCT attempt_id) FROM crash_reports";
    let mut sampler = Sampler::new(&stage.state);
    wait_until("every trap to be sprung", ACT, || {
        file.exists() && {
            sampler.look(usize::try_from(database.number(died)).unwrap());
            usize::try_from(database.number(quarantined)).unwrap() == accounts
        }
    });
    sampler.assert_seen();
    let ended = stage.state.stop_service(service);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let at_once = database.number(
        "SELECT max((SELECT count(*) FROM attempts AS b WHERE b.started_at <= a.started_at \
         AND b.ended_at > a.started_at)) FROM attempts AS a",
    );
    assert!(at_once > 1, "only {at_once} child at once");
    format!("{}{}", ended.stdout, ended.stderr)
}

/// Every death, called by its name and blamed on nobody else.
fn judge(stage: &Simulated, victims: &[Victim]) -> Vec<Death> {
    let mut deaths = Vec::new();
    for victim in victims {
        let mut attempts: BTreeMap<i64, Vec<Report>> = BTreeMap::new();
        for report in reports(&stage.state, &victim.name) {
            victim.check(&report);
            attempts.entry(report.attempt).or_default().push(report);
        }
        deaths.extend(attempts.into_values().map(|reports| Death {
            trap: victim.trap.clone(),
            reports,
        }));
    }
    let reported: BTreeSet<i64> = deaths
        .iter()
        .map(|death| death.reports[0].attempt)
        .collect();
    let died = stage
        .state
        .database()
        .rows("SELECT attempt_id FROM attempts WHERE cause NOT IN ('completed', 'drained')");
    let died: BTreeSet<i64> = died
        .iter()
        .map(|row| row["attempt_id"].as_i64().unwrap())
        .collect();
    assert_eq!(died, reported, "deaths, and those that have a report");
    deaths
}

impl Victim {
    fn check(&self, report: &Report) {
        let called = (report.cause.as_str(), report.confidence.as_str());
        let expected = (self.trap.cause.as_str(), self.trap.confidence.as_str());
        assert_eq!(called, expected, "{}: {report:?}", self.name);
        if !report.json["verdict"]["culprit"].is_null() {
            assert_eq!(report.worker, self.worker, "{}: {report:?}", self.name);
        }
    }
}
