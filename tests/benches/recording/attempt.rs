//! The orders of one side.

use std::time::Duration;

use shared::{
    attempt::{Attempt, Endpoints, ListingSource, Network, RunMode, RunOrder, SnapshotOrder},
    id::{AccountId, AttemptId, RunNo},
    sandbox::SandboxMode,
    time::Timestamp,
    worker::Worker,
};
use worker_child::session::clock;

/// A first snapshot of all listings, from the simulated eBay on this port.
pub(crate) fn attempt(port: &str) -> Attempt {
    let base = format!("http://127.0.0.1:{port}");
    let later = clock::now().plus(Duration::from_hours(1));
    let order = RunOrder {
        run: RunNo(0),
        worker: Worker::ActiveInventory,
        mode: RunMode::Snapshot(SnapshotOrder {
            last_taken_at: None,
            state: None,
            listings: ListingSource::Report,
        }),
        take_until: later,
        deadline: later,
        skip: Vec::new(),
    };
    Attempt {
        id: AttemptId(1),
        account_id: AccountId(1),
        account: "shop".to_owned(),
        endpoints: Endpoints {
            api: base.clone(),
            apiz: base,
        },
        marketplace: "EBAY_US".to_owned(),
        seed: 1,
        started_at: Timestamp(0),
        network: Network {
            connect_timeout_ms: 5_000,
            header_timeout_ms: 10_000,
            retries: 2,
            retry_base_ms: 1,
            wait_budget_ms: 5_000,
            poll_interval_ms: 5,
            poll_budget_ms: 10_000,
        },
        sandbox: SandboxMode::Off,
        recording_cap: 0,
        silence_ms: 60_000,
        runs: vec![order],
    }
}
