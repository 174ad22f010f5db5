//! An attempt in which every part of an order occurs.

use shared::attempt::{
    Attempt, Endpoints, ListingSource, ModeState, Network, RescanOrder, RunMode, RunOrder,
    SkipItem, SnapshotOrder,
};
use shared::id::{AccountId, AttemptId, RunNo};
use shared::sandbox::SandboxMode;
use shared::time::Timestamp;
use shared::window::{DeepOrder, WindowOrder};
use shared::worker::Worker;

use crate::text;

pub(crate) fn attempt() -> Attempt {
    Attempt {
        id: AttemptId(17),
        account_id: AccountId(-2),
        account: text("blue"),
        endpoints: Endpoints {
            api: text("https://a"),
            apiz: text("https://z"),
        },
        marketplace: text("EBAY_US"),
        seed: u64::MAX,
        started_at: Timestamp(1_718_717_244_000),
        network: Network {
            connect_timeout_ms: 10_000,
            header_timeout_ms: 40_000,
            retries: 4,
            retry_base_ms: 1_000,
            wait_budget_ms: 120_000,
            poll_interval_ms: 15_000,
            poll_budget_ms: 300_000,
        },
        sandbox: SandboxMode::BestEffort,
        recording_cap: 1 << 20,
        silence_ms: 60_000,
        runs: vec![orders_run(), inventory_run(), returns_run(), offers_run()],
    }
}

fn orders_run() -> RunOrder {
    RunOrder {
        run: RunNo(0),
        worker: Worker::Orders,
        mode: RunMode::Window(WindowOrder {
            cursor: Timestamp(1),
            until: Timestamp(2),
            step_ms: 3,
            overlap_ms: 4,
            deep: Some(DeepOrder {
                from: Timestamp(-3),
                until: Timestamp(2),
            }),
        }),
        take_until: Timestamp(5),
        deadline: Timestamp(6),
        skip: vec![SkipItem {
            key: text("k"),
            request: text("GET /o"),
            item: 9,
        }],
    }
}

fn inventory_run() -> RunOrder {
    RunOrder {
        run: RunNo(1),
        worker: Worker::ActiveInventory,
        mode: RunMode::Snapshot(SnapshotOrder {
            last_taken_at: None,
            state: Some(ModeState::InventoryTask {
                id: text("task-1"),
                created_at: Timestamp(7),
            }),
            listings: ListingSource::Auto { report_above: 300 },
        }),
        take_until: Timestamp(8),
        deadline: Timestamp(9),
        skip: Vec::new(),
    }
}

fn returns_run() -> RunOrder {
    RunOrder {
        run: RunNo(2),
        worker: Worker::Returns,
        mode: RunMode::Rescan(RescanOrder {
            from: Timestamp(10),
            open_from: Timestamp(-10),
            until: Timestamp(11),
        }),
        take_until: Timestamp(12),
        deadline: Timestamp(13),
        skip: Vec::new(),
    }
}

fn offers_run() -> RunOrder {
    RunOrder {
        run: RunNo(3),
        worker: Worker::Offers,
        mode: RunMode::Snapshot(SnapshotOrder {
            last_taken_at: Some(Timestamp(14)),
            state: None,
            listings: ListingSource::Trading,
        }),
        take_until: Timestamp(15),
        deadline: Timestamp(16),
        skip: Vec::new(),
    }
}
