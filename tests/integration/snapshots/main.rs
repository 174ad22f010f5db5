//! The real child alone against the simulated eBay: is a snapshot exactly what eBay has?

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "test code"
)]

mod child;

use std::collections::BTreeMap;

use fastrand::Rng;
use integration_tests::sim::{AccountSpec, Fault, FaultKind, Listings, Pass, Payloads, Sim};
use serde_json::{Map, Value as Json, json};
use shared::attempt::ListingSource;
use shared::record::{Record, Value};
use shared::worker::Worker;
use tokio::runtime::Runtime;

use child::{Ended, run, run_after};

const TOKEN: &str = "v^1.1#i^1#snapshots";
const NAME: &str = "anna";

/// Rows by key, as the simulator's truth writes them.
type Rows = BTreeMap<Vec<String>, Json>;

fn simulated(seed: u64, skus: u32, listings: u32) -> (Runtime, Sim) {
    let runtime = Runtime::new().unwrap();
    let sim = runtime.block_on(Sim::start(seed)).unwrap();
    let spec = AccountSpec {
        skus,
        listings,
        ..AccountSpec::new(NAME, TOKEN)
    };
    sim.account(spec).unwrap();
    (runtime, sim)
}

fn shown(record: &Record) -> Json {
    let def = record.table.def();
    let mut row = Map::new();
    for (name, part) in def.key.iter().zip(&record.key) {
        row.insert((*name).to_owned(), json!(part));
    }
    for (column, value) in def.columns.iter().zip(&record.values) {
        let value = match value {
            Value::Null | Value::Absent => Json::Null,
            Value::Text(text) | Value::Decimal(text) => json!(text),
            Value::Integer(number) => json!(number),
            Value::Time(time) => json!(time.to_string()),
            Value::Boolean(yes) => json!(yes),
        };
        row.insert(column.name.to_owned(), value);
    }
    let payload = serde_json::from_str(&record.payload).unwrap();
    row.insert("payload".to_owned(), payload);
    Json::Object(row)
}

fn sent(ended: &Ended) -> Rows {
    let mut rows = Rows::new();
    for record in &ended.records {
        let before = rows.insert(record.key.clone(), shown(record));
        assert_eq!(before, None, "{:?} was sent twice", record.key);
    }
    rows
}

fn truth(sim: &Sim, worker: Worker) -> Rows {
    let def = worker.tables()[0].def();
    let truth = sim.truth(NAME, Payloads::All).unwrap();
    let rows = truth[def.name].as_array().unwrap().iter();
    let key = |row: &Json| {
        let part = |name: &&str| row[*name].as_str().unwrap().to_owned();
        def.key.iter().map(part).collect()
    };
    rows.map(|row| (key(row), row.clone())).collect()
}

/// The run ended well, and its rows are those of the simulator.
fn assert_whole(sim: &Sim, worker: Worker, ended: &Ended) {
    assert_eq!(ended.failure, None);
    assert!(ended.snapshot.is_some());
    let (truth, sent) = (truth(sim, worker), sent(ended));
    for (key, row) in &truth {
        assert_eq!(sent.get(key), Some(row), "{key:?}");
    }
    let extra = sent.keys().find(|key| !truth.contains_key(*key));
    assert_eq!(extra, None);
}

fn seed() -> u64 {
    let seed = std::env::var("SNAPSHOT_SEED")
        .map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("to see the same again: SNAPSHOT_SEED={seed}");
    seed
}

#[test]
fn offers_of_a_changing_world() {
    let (_runtime, sim) = simulated(seed(), 230, 0);
    let (mut events, mut rows) = (0, Rows::new());
    for _ in 0..4 {
        let ended = run(&sim, Worker::Offers, ListingSource::Report);
        assert_whole(&sim, Worker::Offers, &ended);
        let now = sent(&ended);
        let gone = rows.keys().filter(|key| !now.contains_key(*key)).count();
        let changed = now.iter().filter(|(key, row)| rows.get(*key) != Some(row));
        events += gone + changed.count();
        rows = now;
        sim.observe(NAME, Pass::Offers).unwrap();
        assert_eq!(sim.events(NAME).unwrap().len(), events);
        sim.advance();
    }
    assert!(sim.requests(NAME).unwrap()["inventory_items"] > 4);
}

#[test]
fn listings_from_both_sources_agree() {
    let (_runtime, sim) = simulated(seed(), 0, 450);
    let mut last = None;
    for _ in 0..3 {
        sim.listings_from(NAME, Listings::Report).unwrap();
        let worker = Worker::ActiveInventory;
        let report = run_after(&sim, worker, ListingSource::Report, last);
        assert_whole(&sim, Worker::ActiveInventory, &report);
        sim.listings_from(NAME, Listings::Trading).unwrap();
        let trading = run_after(&sim, worker, ListingSource::Trading, report.taken_at);
        assert_whole(&sim, Worker::ActiveInventory, &trading);
        last = trading.taken_at;
        let (report, trading) = (sent(&report), sent(&trading));
        assert!(report.keys().eq(trading.keys()));
        for (key, row) in &report {
            for column in ["quantity", "price", "currency"] {
                assert_eq!(row[column], trading[key][column], "{key:?} {column}");
            }
            assert!(row["title"].is_null() && trading[key]["title"].is_string());
        }
        sim.advance();
    }
    assert!(sim.requests(NAME).unwrap()["GetMyeBaySelling"] >= 9);
}

#[test]
fn the_number_of_listings_chooses_the_source() {
    let (_runtime, sim) = simulated(3, 0, 60);
    for (report_above, from, asked) in [
        (60, Listings::Trading, "GetMyeBaySelling"),
        (59, Listings::Report, "report"),
    ] {
        sim.listings_from(NAME, from).unwrap();
        let auto = ListingSource::Auto { report_above };
        let ended = run(&sim, Worker::ActiveInventory, auto);
        assert_whole(&sim, Worker::ActiveInventory, &ended);
        assert!(sim.requests(NAME).unwrap().contains_key(asked));
    }
    assert_eq!(sim.requests(NAME).unwrap()["GetMyeBaySelling"], 3);
}

#[test]
fn what_moves_on_its_own_is_beside_the_payload() {
    let (_runtime, sim) = simulated(4, 0, 40);
    sim.listings_from(NAME, Listings::Trading).unwrap();
    let first = run(&sim, Worker::ActiveInventory, ListingSource::Trading);
    let second = run(&sim, Worker::ActiveInventory, ListingSource::Trading);
    assert_eq!(sent(&first), sent(&second));
    let volatile = |ended: &Ended| {
        let records = ended.records.iter();
        records.map(|row| row.volatile.clone()).collect::<Vec<_>>()
    };
    assert_ne!(volatile(&first), volatile(&second));
}

#[test]
fn an_account_with_nothing_is_a_snapshot_of_nothing() {
    let (_runtime, sim) = simulated(5, 0, 0);
    for (worker, listings) in [
        (Worker::Offers, ListingSource::Report),
        (Worker::ActiveInventory, ListingSource::Trading),
        (
            Worker::ActiveInventory,
            ListingSource::Auto { report_above: 0 },
        ),
    ] {
        let ended = run(&sim, worker, listings);
        assert_eq!((ended.failure, ended.snapshot), (None, Some(0)), "{worker}");
    }
}

/// Faults of a page of either API.
fn fault(rng: &mut Rng) -> Fault {
    let status = |status| FaultKind::Status {
        status,
        retry_after: None,
        error_id: None,
        html: false,
    };
    let kinds = [
        status(500),
        status(403),
        status(404),
        status(429),
        FaultKind::NotModified204 {},
        FaultKind::CutBody {
            after: rng.u64(..3_000),
        },
        FaultKind::TotalLies { by: 1 },
        FaultKind::TotalLies { by: -1 },
        FaultKind::TotalChanges {},
        FaultKind::EmptyPage {},
        FaultKind::DuplicateItem {},
        FaultKind::MalformedJson {},
        FaultKind::WrongPageType { html: rng.bool() },
        FaultKind::InvalidUtf8 {},
        FaultKind::DeepNesting { depth: 10_000 },
        FaultKind::Doctype {},
        FaultKind::TruncatedXml {},
        FaultKind::UnbalancedXml {},
        FaultKind::AckFailure {
            code: *[37, 340, 10_007].get(rng.usize(..3)).unwrap(),
        },
        FaultKind::AckPartialFailure {},
    ];
    let paths = ["/inventory_item", "/offer", "/GetMyeBaySelling"];
    Fault {
        path: (*paths.get(rng.usize(..3)).unwrap()).to_owned(),
        kind: kinds.get(rng.usize(..kinds.len())).unwrap().clone(),
        skip: rng.u32(..4),
        times: rng.u32(..4),
    }
}

#[test]
fn whatever_goes_wrong_a_snapshot_is_whole_or_none() {
    let seed = seed();
    let (_runtime, sim) = simulated(seed, 205, 410);
    sim.listings_from(NAME, Listings::Trading).unwrap();
    let mut rng = Rng::with_seed(seed);
    let (mut whole, mut none) = (0, 0);
    for turn in 0..24 {
        sim.clear_faults(NAME).unwrap();
        let fault = fault(&mut rng);
        println!("turn {turn}: {fault:?}");
        let worker = if fault.path.contains("Selling") {
            Worker::ActiveInventory
        } else {
            Worker::Offers
        };
        sim.fault(NAME, fault).unwrap();
        let ended = run(&sim, worker, ListingSource::Trading);
        if ended.failure.is_none() {
            assert_whole(&sim, worker, &ended);
            whole += 1;
        } else {
            assert_eq!(ended.snapshot, None, "{:?}", ended.failure);
            let truth = truth(&sim, worker);
            for (key, row) in sent(&ended) {
                // An item that was made too large or odd is no row of eBay's.
                let odd =
                    row["payload"].get("Extra").is_some() || row["payload"].get("extra").is_some();
                assert!(odd || truth.get(&key) == Some(&row), "{key:?}");
            }
            none += 1;
        }
        sim.advance();
    }
    assert!(whole > 0 && none > 0, "{whole} whole, {none} none");
}
