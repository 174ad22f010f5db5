//! The orders of an attempt, for tests and benchmarks that stand in the place of the supervisor.

use shared::attempt::{Attempt, Endpoints, Network, RescanOrder, RunMode, RunOrder, SnapshotOrder};
use shared::id::{AccountId, AttemptId, RunNo};
use shared::sandbox::SandboxMode;
use shared::time::Timestamp;
use shared::worker::Worker;

use super::wait::now_ms;

/// One snapshot of this worker's items at the simulated eBay of this address.
pub fn snapshot(url: &str, worker: Worker, order: SnapshotOrder, until: Timestamp) -> Attempt {
    one(url, worker, RunMode::Snapshot(order), until)
}

/// One rescan of this worker's items at the simulated eBay of this address, with all the time there is.
pub fn rescan(url: &str, worker: Worker, order: RescanOrder) -> Attempt {
    one(url, worker, RunMode::Rescan(order), Timestamp(i64::MAX))
}

/// One run with no sandbox, no recording and short waits.
fn one(url: &str, worker: Worker, mode: RunMode, until: Timestamp) -> Attempt {
    Attempt {
        id: AttemptId(1),
        account_id: AccountId(1),
        account: "shop".to_owned(),
        endpoints: Endpoints {
            api: url.to_owned(),
            apiz: url.to_owned(),
        },
        marketplace: "EBAY_US".to_owned(),
        seed: 1,
        // The child goes by it.
        started_at: Timestamp(now_ms()),
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
        runs: vec![RunOrder {
            run: RunNo(0),
            worker,
            mode,
            take_until: until,
            deadline: until,
            skip: Vec::new(),
        }],
    }
}
