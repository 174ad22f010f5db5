//! The exact bytes of every message of protocol version 1. An old golden is never edited: another
//! byte is another version.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::fmt::{Debug, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::attempt::{
    Attempt, Endpoints, ListingSource, ModeState, Network, RunMode, RunOrder, SnapshotOrder,
};
use shared::failure::{Failure, Place};
use shared::id::{AccountId, AttemptId, RunNo};
use shared::record::{Record, Value};
use shared::secret::Secret;
use shared::table::Table;
use shared::time::Timestamp;
use shared::window::{Slice, WindowOrder};
use shared::wire::codec::{decode_body, encode_frame};
use shared::wire::message::{Counts, FromChild, Mark, PROTOCOL_VERSION, ToChild};
use shared::worker::Worker;

fn hold<M>(message: &M, golden: &str)
where
    M: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let mut frame = Vec::new();
    encode_frame(message, &mut frame).unwrap();
    let mut hex = String::new();
    for byte in &frame {
        write!(hex, "{byte:02x}").unwrap();
    }
    let golden: String = golden.split_whitespace().collect();
    assert_eq!(hex, golden, "{message:?}");
    let (_, body) = frame.split_first_chunk::<4>().unwrap();
    assert_eq!(&decode_body::<M>(body).unwrap(), message);
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn place() -> Place {
    Place {
        request: text("GET /a"),
        byte: Some(300),
        path: text("b[1]"),
        item: None,
    }
}

fn attempt() -> Attempt {
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
        runs: vec![orders_run(), inventory_run()],
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
            deep: None,
        }),
        take_until: Timestamp(5),
        deadline: Timestamp(6),
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
    }
}

fn record(table: Table, values: Vec<Value>) -> Record {
    Record {
        table,
        key: vec![text("k1"), text("")],
        values,
        ebay_time: Some(Timestamp(-1)),
        payload: text("{}"),
        volatile: text(""),
    }
}

#[test]
fn this_file_is_about_version_1() {
    assert_eq!(PROTOCOL_VERSION, 1);
}

#[test]
fn start() {
    let start = ToChild::Start {
        attempt: Box::new(attempt()),
        token: Secret::new(text("v^1.1#x")),
    };
    hold(
        &start,
        "6f000000 00220304626c75650968747470733a2f2f610968747470733a2f2f7a07454241595f5553fdffffff \
         fffffffffffdc0c40f5720030000fb1027fb409c04fbe803fcc0d40100fb983afce0930400020000 \
         00020403040a0c010101000100067461736b2d310e101207765e312e312378",
    );
}

#[test]
fn acknowledgements_and_stops() {
    hold(
        &ToChild::Ack {
            run: RunNo(1),
            seq: 70_000,
        },
        "07000000 0101fc70110100",
    );
    hold(&ToChild::Stop { grace_ms: 5_000 }, "04000000 03fb8813");
}

#[test]
fn refusals_and_every_failure() {
    let failures = [
        (
            Failure::Transient {
                what: text("w"),
                place: place(),
            },
            "16000000 020000017706474554202f6101fb2c0104625b315d00",
        ),
        (
            Failure::Throttled {
                until: Some(Timestamp(5)),
                what: text("w"),
            },
            "07000000 020001010a0177",
        ),
        (
            Failure::Unauthorized { what: text("w") },
            "05000000 0200020177",
        ),
        (
            Failure::Forbidden { what: text("w") },
            "05000000 0200030177",
        ),
        (
            Failure::BadData {
                what: text("w"),
                place: place(),
            },
            "16000000 020004017706474554202f6101fb2c0104625b315d00",
        ),
        (
            Failure::TooLarge {
                what: text("w"),
                place: place(),
            },
            "16000000 020005017706474554202f6101fb2c0104625b315d00",
        ),
        (
            Failure::Incomplete {
                what: text("w"),
                place: Place::default(),
            },
            "09000000 020006017700000000",
        ),
        (Failure::Bug { what: text("ü") }, "06000000 02000702c3bc"),
    ];
    for (failure, golden) in failures {
        hold(
            &ToChild::Refused {
                run: RunNo(0),
                failure,
            },
            golden,
        );
    }
}

#[test]
fn hello_and_bye() {
    let hello = FromChild::Hello {
        version: 1,
        build: text("0.1.0+5f"),
        pid: 4_242,
    };
    hold(&hello, "0e000000 000108302e312e302b3566fb9210");
    hold(&FromChild::Bye, "01000000 08");
}

#[test]
fn batch() {
    let values = vec![
        Value::Null,
        Value::Absent,
        Value::Text(text("ü")),
        Value::Integer(-300),
        Value::Decimal(text("-0.10")),
        Value::Time(Timestamp(1_718_717_244_000)),
    ];
    let batch = FromChild::Batch {
        run: RunNo(0),
        seq: 0,
        records: vec![
            record(Table::Orders, values),
            record(Table::OrderLineItems, Vec::new()),
            record(Table::ActiveInventory, Vec::new()),
        ],
    };
    hold(
        &batch,
        "46000000 010000030002026b31000600010202c3bc03fb570204052d302e313005fdc0c40f57200300000101 \
         027b7d000102026b3100000101027b7d000202026b3100000101027b7d00",
    );
}

#[test]
fn states_and_checkpoints() {
    let state = |state| FromChild::State {
        run: RunNo(1),
        seq: 2,
        state,
    };
    let task = ModeState::InventoryTask {
        id: text("t"),
        created_at: Timestamp(9),
    };
    hold(&state(task), "07000000 02010200017412");
    hold(&state(ModeState::Idle), "04000000 02010201");
    let discarded = ModeState::Discarded {
        created_at: Timestamp(9),
    };
    hold(&state(discarded), "05000000 0201020212");
    let slice = Mark::Slice(Slice {
        fetch_start: Timestamp(-5),
        start: Timestamp(0),
        end: Timestamp(86_400_000),
    });
    let checkpoint = |mark, counts| FromChild::Checkpoint {
        run: RunNo(0),
        seq: 3,
        mark,
        counts,
    };
    let counts = Counts {
        records: 251,
        items: 250,
        announced: Some(65_536),
    };
    hold(
        &checkpoint(slice, counts),
        "15000000 030003000900fc00b84c0afbfb00fa01fc00000100",
    );
    hold(
        &checkpoint(Mark::Snapshot(Timestamp(3)), Counts::default()),
        "08000000 0300030106000000",
    );
}

#[test]
fn ends_and_waits() {
    let run = RunNo(15);
    hold(&FromChild::RunDone { run }, "02000000 040f");
    let until = Timestamp(i64::MAX);
    hold(
        &FromChild::RunSnoozed { run, until },
        "0b000000 050ffdfeffffffffffffff",
    );
    hold(
        &FromChild::Waiting {
            run,
            until: Timestamp(100),
        },
        "03000000 070fc8",
    );
    let failure = Failure::Throttled {
        until: None,
        what: text("429"),
    };
    hold(
        &FromChild::RunFailed { run, failure },
        "08000000 060f010003343239",
    );
}
