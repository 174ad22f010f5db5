//! Passes over a world that changes, with and without faults.

use std::collections::BTreeMap;
use std::time::Duration;

use integration_tests::harness::wait::now_ms;
use integration_tests::sim::{AccountSpec, Fault, Payloads, Sim};
use serde_json::{Value as Json, json};
use shared::attempt::RescanOrder;
use shared::time::Timestamp;
use shared::worker::Worker;
use tokio::runtime::Runtime;

use crate::child::{Ended, Stored, TOKEN, rescan};

const DAY: Duration = Duration::from_hours(24);

/// A worker, its table, and the names under which its searches and details are counted.
type Kind = (Worker, &'static str, &'static str, &'static str);

const KINDS: [Kind; 3] = [
    (Worker::Returns, "ebay_returns", "returns", "return"),
    (Worker::Inquiries, "ebay_inquiries", "inquiries", "inquiry"),
    (Worker::Cases, "ebay_cases", "cases", "case"),
];

/// A simulated eBay with one account, and what would be stored of it.
struct Stage {
    sim: Sim,
    _runtime: Runtime,
    stored: [Stored; 3],
}

impl Stage {
    fn new(seed: u64, [returns, inquiries, cases]: [u32; 3]) -> Self {
        let runtime = Runtime::new().unwrap();
        let sim = runtime.block_on(Sim::start(seed)).unwrap();
        let spec = AccountSpec {
            returns,
            inquiries,
            cases,
            ..AccountSpec::new("anna", TOKEN)
        };
        sim.account(spec).unwrap();
        Self {
            sim,
            _runtime: runtime,
            stored: Default::default(),
        }
    }

    /// One pass of one worker over everything that was created since `days` ago, and what is open
    /// from 540 days.
    fn pass(&mut self, at: usize, days: u32) -> Ended {
        let until = Timestamp(now_ms() + 1);
        let order = RescanOrder {
            from: until.minus(DAY * days),
            open_from: until.minus(DAY * 540),
            until,
        };
        rescan(self.sim.url(), KINDS[at].0, order, &mut self.stored[at])
    }

    fn well(&mut self, at: usize, days: u32) -> u64 {
        let ended = self.pass(at, days);
        assert!(ended.failure.is_none(), "{ended:?}");
        ended.items.unwrap()
    }

    fn truth(&self, at: usize) -> BTreeMap<String, Json> {
        let truth = self.sim.truth("anna", Payloads::All).unwrap();
        let rows = truth[KINDS[at].1].as_array().unwrap();
        let key = |row: &Json| {
            let names = ["return_id", "inquiry_id", "case_id"];
            row[names[at]].as_str().unwrap().to_owned()
        };
        rows.iter().map(|row| (key(row), row.clone())).collect()
    }

    fn assert_true(&self, at: usize) {
        let (stored, truth) = (self.stored[at].shown(), self.truth(at));
        assert_eq!(stored.len(), truth.len(), "{}", KINDS[at].1);
        for (key, row) in &truth {
            assert_eq!(stored.get(key), Some(row), "{} {key}", KINDS[at].1);
        }
    }

    fn asked(&self, name: &str) -> u64 {
        let requests = self.sim.requests("anna").unwrap();
        requests.get(name).copied().unwrap_or(0)
    }
}

#[test]
fn what_is_stored_is_what_is_true_and_a_pass_without_changes_fetches_no_detail() {
    let mut stage = Stage::new(61, [380, 60, 40]);
    for cycle in 0..3 {
        for (at, (_, _, searches, details)) in KINDS.into_iter().enumerate() {
            let before = stage.asked(details);
            let was = stage.stored[at].shown();
            let items = stage.well(at, 540);
            stage.assert_true(at);
            let truth = stage.truth(at);
            assert_eq!(items, truth.len() as u64);
            let changed = truth.iter().filter(|(key, row)| was.get(*key) != Some(row));
            let changed = changed.count() as u64;
            assert_eq!(stage.asked(details) - before, changed, "cycle {cycle}");
            assert!(changed > 0);

            let (before, pages) = (stage.asked(details), stage.asked(searches));
            stage.well(at, 540);
            assert_eq!(stage.asked(details), before, "nothing changed");
            assert!(stage.asked(searches) - pages >= 6, "six spans of 90 days");
        }
        stage.sim.advance();
    }
}

#[test]
fn an_ordinary_pass_sees_the_old_ones_that_are_open() {
    let mut stage = Stage::new(62, [160, 60, 60]);
    let mut seen_old = [0; 3];
    for at in 0..KINDS.len() {
        stage.well(at, 540);
    }
    for _ in 0..5 {
        let before: Vec<_> = (0..KINDS.len()).map(|at| stage.truth(at)).collect();
        stage.sim.advance();
        for (at, before) in before.iter().enumerate() {
            stage.well(at, 90);
            let stored = stage.stored[at].shown();
            let recent = Timestamp(now_ms()).minus(DAY * 90).to_string();
            for (key, row) in stage.truth(at) {
                let old = row["opened_at"].as_str().unwrap() < recent.as_str();
                if stored.get(&key) == Some(&row) {
                    let changed = before.get(&key) != Some(&row);
                    seen_old[at] += u32::from(old && changed);
                    continue;
                }
                // An old return that is closed is read by the daily pass only.
                assert!(old && at == 0 && row["state"] == "CLOSED", "{row}");
            }
        }
    }
    assert!(seen_old.iter().all(|count| *count > 0), "{seen_old:?}");
    for at in 0..KINDS.len() {
        stage.well(at, 540);
        stage.assert_true(at);
    }
}

#[test]
fn faults_are_failures_or_do_no_harm_and_afterwards_all_is_true() {
    // (fault, the failure's name, or nothing if the pass must end well)
    let cases = [
        (json!({"kind": "total_lies", "by": 1}), "incomplete"),
        (json!({"kind": "total_lies", "by": -1}), "incomplete"),
        (json!({"kind": "total_changes"}), "incomplete"),
        (json!({"kind": "empty_page"}), "incomplete"),
        (json!({"kind": "duplicate_item"}), "incomplete"),
        (
            json!({"kind": "malformed_json", "path": "search"}),
            "incomplete",
        ),
        (json!({"kind": "wrong_page_type"}), "bad_data"),
        (json!({"kind": "wrong_page_type", "html": true}), "bad_data"),
        (json!({"kind": "deep_nesting", "depth": 100}), "too_large"),
        (json!({"kind": "invalid_utf8"}), "bad_data"),
        (json!({"kind": "not_modified_204"}), "bad_data"),
        (json!({"kind": "status", "status": 503}), "transient"),
        (json!({"kind": "status", "status": 403}), "forbidden"),
        (json!({"kind": "status", "status": 429}), "throttled"),
        (
            json!({"kind": "post_order_error", "status": 400}),
            "bad_data",
        ),
        (
            json!({"kind": "post_order_error", "status": 500, "shape": "single"}),
            "transient",
        ),
        (
            json!({"kind": "post_order_error", "status": 403, "shape": "bare"}),
            "forbidden",
        ),
        (json!({"kind": "total_lies", "by": 1, "times": 1}), ""),
        (json!({"kind": "duplicate_item", "times": 1}), ""),
        (json!({"kind": "status", "status": 503, "times": 2}), ""),
        (json!({"kind": "cut_body", "after": 200, "times": 2}), ""),
        (
            json!({"kind": "status", "status": 404, "path": "/5", "times": 1}),
            "",
        ),
        (
            json!({"kind": "status", "status": 404, "path": "/5"}),
            "incomplete",
        ),
        (json!({"kind": "malformed_json", "path": "/5"}), "bad_data"),
    ];
    let mut stage = Stage::new(63, [360, 360, 360]);
    for (turn, (fault, name)) in cases.iter().enumerate() {
        let at = turn % KINDS.len();
        stage.sim.advance();
        let fault: Fault = serde_json::from_value(fault.clone()).unwrap();
        stage.sim.fault("anna", fault.clone()).unwrap();
        let ended = stage.pass(at, 540);
        let failed = ended.failure.as_ref().map_or("", |failure| failure.name());
        assert_eq!(failed, *name, "{}: {fault:?}: {ended:?}", KINDS[at].1);
        assert_eq!(ended.items.is_none(), !name.is_empty(), "{fault:?}");
        stage.sim.clear_faults("anna").unwrap();
    }
    for at in 0..KINDS.len() {
        stage.well(at, 540);
        stage.assert_true(at);
    }
}
