//! One run of the real child, and what would be stored of it.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use integration_tests::harness::build::binaries;
use integration_tests::harness::orders;
use integration_tests::harness::wait::LONG;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Map, Value as Json, json};
use shared::attempt::{Attempt, RescanOrder};
use shared::failure::Failure;
use shared::flight;
use shared::record::{Record, Value};
use shared::secret::Secret;
use shared::wire::codec;
use shared::wire::frame;
use shared::wire::message::{FromChild, Mark, Probed, ToChild};
use shared::wire::session::Session;
use shared::worker::Worker;

/// The access token of every account here.
pub(crate) const TOKEN: &str = "v^1.1#i^1#rescans";

/// What would be stored of one worker's table.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    rows: BTreeMap<String, Record>,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) failure: Option<Failure>,
    /// Items that the checkpoint counts, if there was one.
    pub(crate) items: Option<u64>,
}

impl Stored {
    fn needs(&self, probed: &Probed) -> bool {
        let stored = self.rows.get(&probed.key[0]);
        let version = Value::Text(probed.version.clone());
        stored.is_none_or(|record| record.values.last() != Some(&version))
    }

    /// Each row as a JSON object of its columns, key and payload, by its key.
    pub(crate) fn shown(&self) -> BTreeMap<String, Json> {
        let shown = self.rows.iter().map(|(key, row)| (key.clone(), show(row)));
        shown.collect()
    }
}

fn show(record: &Record) -> Json {
    let def = record.table.def();
    let mut row = Map::new();
    row.insert(def.key[0].to_owned(), json!(record.key[0]));
    for (column, value) in def.columns.iter().zip(&record.values) {
        let value = match value {
            Value::Text(text) | Value::Decimal(text) => json!(text),
            Value::Time(time) => json!(time.to_string()),
            Value::Null => Json::Null,
            other => panic!("{other:?}"),
        };
        row.insert(column.name.to_owned(), value);
    }
    row.remove("summary_version");
    let payload = serde_json::from_str(&record.payload).unwrap();
    row.insert("payload".to_owned(), payload);
    Json::Object(row)
}

/// Has the child do one rescan, and stores what it sends.
pub(crate) fn rescan(url: &str, worker: Worker, order: RescanOrder, stored: &mut Stored) -> Ended {
    let directory = tempfile::tempdir().unwrap();
    let recorder = flight::initial(&[worker]);
    std::fs::write(directory.path().join("flight"), recorder).unwrap();
    let mut process = Command::new(&binaries().worker_child)
        .arg("sync")
        .arg(directory.path())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (done, quiet) = mpsc::channel::<()>();
    let pid = Pid::from_raw(i32::try_from(process.id()).unwrap());
    thread::spawn(move || {
        if quiet.recv_timeout(LONG) == Err(mpsc::RecvTimeoutError::Timeout) {
            kill(pid, Signal::SIGKILL).ok();
        }
    });
    let mut stdin = process.stdin.take().unwrap();
    let mut stdout = process.stdout.take().unwrap();
    let mut session = Session::new();
    let mut ended = Ended {
        failure: None,
        items: None,
    };
    while let Some(body) = frame::read_blocking(&mut stdout).unwrap() {
        let message: FromChild = codec::decode_body(&body).unwrap();
        session.from_child(&message).unwrap();
        let attempt = || Box::new(orders::rescan(url, worker, order));
        if let Some(answer) = answer(&message, stored, attempt) {
            session.to_child(&answer).unwrap();
            let mut bytes = Vec::new();
            codec::encode_frame(&answer, &mut bytes).unwrap();
            stdin.write_all(&bytes).unwrap();
        }
        match message {
            FromChild::Batch { records, .. } => {
                let keyed = records
                    .into_iter()
                    .map(|record| (record.key[0].clone(), record));
                stored.rows.extend(keyed);
            }
            FromChild::Checkpoint { mark, counts, .. } => {
                assert_eq!(mark, Mark::Rescan(order.until));
                assert_eq!(Some(counts.items), counts.announced);
                ended.items = Some(counts.items);
            }
            FromChild::RunFailed { failure, .. } => ended.failure = Some(failure),
            _ => {}
        }
    }
    assert!(process.wait().unwrap().success());
    done.send(()).ok();
    ended
}

fn answer(
    message: &FromChild,
    stored: &Stored,
    attempt: impl FnOnce() -> Box<Attempt>,
) -> Option<ToChild> {
    match message {
        FromChild::Hello { .. } => Some(ToChild::Start {
            attempt: attempt(),
            token: Secret::new(TOKEN.to_owned()),
        }),
        FromChild::Batch { run, seq, .. } | FromChild::Checkpoint { run, seq, .. } => {
            Some(ToChild::Ack {
                run: *run,
                seq: *seq,
            })
        }
        FromChild::Probe {
            run, seq, items, ..
        } => {
            let needed = items.iter().enumerate();
            let needed = needed.filter(|(_, probed)| stored.needs(probed));
            Some(ToChild::Needed {
                run: *run,
                seq: *seq,
                indices: needed.map(|(at, _)| u32::try_from(at).unwrap()).collect(),
            })
        }
        _ => None,
    }
}
