//! The exact bytes of every message of protocol version 4. An old golden is never edited: another
//! byte is another version.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::fmt::{Debug, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::attempt::ModeState;
use shared::failure::{Failure, Place};
use shared::id::RunNo;
use shared::record::{Record, Value};
use shared::secret::Secret;
use shared::table::Table;
use shared::time::Timestamp;
use shared::window::Slice;
use shared::wire::codec::{decode_body, encode_frame};
use shared::wire::message::{
    Counts, FromChild, Mark, PROTOCOL_VERSION, Probed, SkippedRows, ToChild,
};
use shared::worker::Worker;

use self::attempt::attempt;

#[path = "wire_golden/attempt.rs"]
mod attempt;
#[path = "wire_golden/exchange.rs"]
mod exchange;

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
fn this_file_is_about_version_4() {
    assert_eq!(PROTOCOL_VERSION, 4);
}

#[test]
fn start() {
    let start = ToChild::Start {
        attempt: Box::new(attempt()),
        token: Secret::new(text("v^1.1#x")),
    };
    hold(
        &start,
        "9e000000 00220304626c75650968747470733a2f2f610968747470733a2f2f7a07454241595f5553fdffffffff \
         fffffffffdc0c40f5720030000fb1027fb409c04fbe803fcc0d40100fb983afce093040001fc00001000fb60ea \
         04000000020403040105040a0c01016b06474554202f6f09010101000100067461736b2d310e02fb2c01101200 \
         020802141316181a00030301011c00011e200007765e312e312378",
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
        Value::Boolean(true),
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
        "48000000 010000030002026b31000700010202c3bc03fb570204052d302e313005fdc0c40f57200300000601 \
         0101027b7d000102026b3100000101027b7d000202026b3100000101027b7d00",
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
    let deep = Mark::Deep(Slice {
        fetch_start: Timestamp(0),
        start: Timestamp(0),
        end: Timestamp(1),
    });
    hold(
        &checkpoint(deep, Counts::default()),
        "0a000000 03000302000002000000",
    );
    hold(
        &checkpoint(Mark::Rescan(Timestamp(-3)), Counts::default()),
        "08000000 0300030305000000",
    );
}

#[test]
fn probes_and_what_is_needed() {
    let item = |key: &[&str], version: &str| Probed {
        key: key.iter().copied().map(text).collect(),
        version: text(version),
    };
    let probe = FromChild::Probe {
        run: RunNo(2),
        seq: 300,
        table: Table::Returns,
        items: vec![item(&["5"], "v1"), item(&["6", "ü"], "")],
    };
    hold(&probe, "14000000 0902fb2c010b0201013502763102013602c3bc00");
    let needed = |indices| ToChild::Needed {
        run: RunNo(2),
        seq: 300,
        indices,
    };
    hold(&needed(vec![0, 999]), "0a000000 0402fb2c010200fbe703");
    hold(&needed(Vec::new()), "06000000 0402fb2c0100");
}

#[test]
fn tokens() {
    let run = RunNo(1);
    hold(&FromChild::NeedToken { run }, "02000000 0a01");
    hold(
        &FromChild::Skipped {
            run,
            seq: 2,
            skip: 1,
            rows: None,
        },
        "05000000 0b01020100",
    );
    let rows = Some(SkippedRows {
        table: Table::ActiveInventory,
        key: text("77"),
    });
    hold(
        &FromChild::Skipped {
            run,
            seq: 2,
            skip: 1,
            rows,
        },
        "09000000 0b010201010202 3737",
    );
    let token = |token| ToChild::Token { run, token };
    hold(
        &token(Some(Secret::new(text("v^1.1#y")))),
        "0b000000 05010107765e312e312379",
    );
    hold(&token(None), "03000000 050100");
}

#[test]
fn every_table_and_worker_has_its_number() {
    let records: Vec<Record> = Table::ALL
        .into_iter()
        .map(|table| Record {
            key: Vec::new(),
            ebay_time: None,
            payload: String::new(),
            ..record(table, Vec::new())
        })
        .collect();
    let batch = FromChild::Batch {
        run: RunNo(0),
        seq: 0,
        records,
    };
    hold(
        &batch,
        "52000000 0100000d 000000000000 010000000000 020000000000 030000000000 040000000000 \
         050000000000 060000000000 070000000000 080000000000 090000000000 0a0000000000 \
         0b0000000000 0c0000000000",
    );
    for (number, worker) in (0_u8..).zip(Worker::ALL) {
        let mut frame = Vec::new();
        encode_frame(&worker, &mut frame).unwrap();
        assert_eq!(frame, [1, 0, 0, 0, number], "{worker}");
    }
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
