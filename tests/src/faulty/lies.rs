//! The ways to break the protocol.

use nix::fcntl::FcntlArg;
use shared::attempt::{RunMode, RunOrder};
use shared::build::BUILD;
use shared::failure::{Failure, Place};
use shared::id::RunNo;
use shared::record::Record;
use shared::table::Table;
use shared::window::{Slice, next_slice};
use shared::wire::codec::encode_frame;
use shared::wire::message::{FromChild, MAX_VERSION, Mark, PROTOCOL_VERSION, Probed};
use shared::worker::Worker;

use super::deaths;
use super::good::probed;
use super::script::{Lie, Script, WrongMark, WrongProbe};
use super::talk::{Talk, TalkError};
use super::world::World;

/// Tells the lie, then waits for what comes of it; returns the exit code of a child that is left
/// alone.
pub(super) fn tell(
    lie: Lie,
    talk: &mut Talk,
    order: &RunOrder,
    script: &Script,
) -> Result<u8, TalkError> {
    let run = order.run;
    let records = || records(order, script);
    match lie {
        Lie::Oversize => talk.raw(&u32::MAX.to_le_bytes())?,
        Lie::Empty => talk.raw(&[0; 4])?,
        Lie::Truncated => {
            talk.raw(&[100, 0, 0, 0, 1, 2, 3])?;
            return Ok(0);
        }
        Lie::Trailing => talk.raw(&spoiled(&FromChild::RunDone { run }, |body| body.push(7))?)?,
        Lie::Garbage => talk.raw(&[2, 0, 0, 0, 200, 200])?,
        Lie::HelloAgain => talk.say(&hello(PROTOCOL_VERSION, BUILD))?,
        Lie::UnknownRun => talk.say(&FromChild::RunDone { run: RunNo(9) })?,
        Lie::Sequence => {
            let (seq, records) = (talk.next(run) + 1, records());
            talk.say(&FromChild::Batch { run, seq, records })?;
        }
        Lie::Mark(wrong) => {
            let (mark, count) = wrong_mark(wrong, order);
            talk.checkpoint(run, mark, count)?;
        }
        Lie::ForeignTable => talk.batch(run, foreign(order, script))?,
        Lie::UnknownTable => unknown_table(talk, run, records())?,
        Lie::Columns => {
            let mut records = records();
            for record in &mut records {
                record.values.pop();
            }
            talk.batch(run, records)?;
        }
        Lie::DoneFirst => talk.say(&FromChild::RunDone { run })?,
        Lie::NeverReads => never_read(talk, run, &records())?,
        Lie::ByeEarly => talk.say(&FromChild::Bye)?,
        Lie::ByeStays => {
            let failure = nothing_to_do();
            talk.say(&FromChild::RunFailed { run, failure })?;
            talk.say(&FromChild::Bye)?;
        }
        Lie::Closed => drop(nix::unistd::close(1)),
        Lie::ClosedInput => {
            nix::unistd::close(0).ok();
            let (seq, records) = (talk.next(run), records());
            talk.say(&FromChild::Batch { run, seq, records })?;
        }
        Lie::Probe(wrong) => {
            let (table, items) = wrong_probe(wrong, &records());
            talk.probe(run, table, items)?;
        }
        Lie::TokenAgain => {
            for _ in 0..2 {
                talk.fresher(run)?;
            }
        }
    }
    deaths::stand_still()
}

fn unknown_table(talk: &mut Talk, run: RunNo, records: Vec<Record>) -> Result<(), TalkError> {
    let seq = talk.next(run);
    let batch = FromChild::Batch { run, seq, records };
    // After the message, the run, the sequence number and the count comes the table.
    let spoil = |body: &mut Vec<u8>| {
        if let Some(table) = body.get_mut(4) {
            *table = 99;
        }
    };
    talk.raw(&spoiled(&batch, spoil)?)
}

fn never_read(talk: &mut Talk, run: RunNo, records: &[Record]) -> Result<(), TalkError> {
    shrink_input();
    loop {
        let (seq, records) = (talk.next(run), records.to_vec());
        talk.say(&FromChild::Batch { run, seq, records })?;
    }
}

fn wrong_probe(wrong: WrongProbe, records: &[Record]) -> (Table, Vec<Probed>) {
    let mut items: Vec<Probed> = records.iter().map(probed).collect();
    let mut table = records.first().map_or(Table::Orders, |record| record.table);
    match (wrong, items.last_mut()) {
        (WrongProbe::Foreign, _) => table = Table::Orders,
        (WrongProbe::Empty, _) => items.clear(),
        (WrongProbe::Version, Some(last)) => last.version = "v".repeat(MAX_VERSION + 1),
        (WrongProbe::Key, Some(last)) => last.key.push("1".to_owned()),
        (WrongProbe::Honest | WrongProbe::Version | WrongProbe::Key, _) => {}
    }
    (table, items)
}

/// A mark, and the number of records that it claims; five were sent.
fn wrong_mark(wrong: WrongMark, order: &RunOrder) -> (Mark, u64) {
    let slice = wrong_slice(order);
    match wrong {
        WrongMark::Slice => (Mark::Slice(slice), 5),
        WrongMark::Counts => (right_mark(order), 6),
        WrongMark::Deep => (Mark::Deep(slice), 5),
        WrongMark::EarlyDeep => (Mark::Deep(first_deep(order)), 5),
        WrongMark::Rescan => (Mark::Rescan(slice.end), 5),
    }
}

/// The first slice of the run's deep pass.
fn first_deep(order: &RunOrder) -> Slice {
    let deep = match &order.mode {
        RunMode::Window(window) => window.deep_window(),
        RunMode::Snapshot(_) | RunMode::Rescan(_) => None,
    };
    let first = deep.and_then(|deep| next_slice(&deep, deep.cursor));
    first.unwrap_or_else(|| wrong_slice(order))
}

/// A `Hello` of any version and build.
pub(super) fn hello(version: u32, build: &str) -> FromChild {
    FromChild::Hello {
        version,
        build: build.to_owned(),
        pid: std::process::id(),
    }
}

/// A frame whose body was changed after encoding.
pub(super) fn spoiled(
    message: &FromChild,
    spoil: impl FnOnce(&mut Vec<u8>),
) -> Result<Vec<u8>, TalkError> {
    let mut frame = Vec::new();
    encode_frame(message, &mut frame)?;
    let mut body = frame.split_off(4);
    spoil(&mut body);
    let len = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let mut frame = len.to_le_bytes().to_vec();
    frame.append(&mut body);
    Ok(frame)
}

/// The least that a pipe may hold, so that answers fill it soon.
fn shrink_input() {
    nix::fcntl::fcntl(std::io::stdin(), FcntlArg::F_SETPIPE_SZ(4096)).ok();
}

fn nothing_to_do() -> Failure {
    Failure::Transient {
        what: "nothing to do".to_owned(),
        place: Place::default(),
    }
}

fn records(order: &RunOrder, script: &Script) -> Vec<Record> {
    let mut records = World::new(script).all(order.worker);
    records.truncate(5);
    records
}

fn foreign(order: &RunOrder, script: &Script) -> Vec<Record> {
    let world = World::new(script);
    let mut records = if order.worker == Worker::Orders {
        world.listings()
    } else {
        world.all_orders()
    };
    records.truncate(1);
    records
}

fn right_mark(order: &RunOrder) -> Mark {
    match &order.mode {
        RunMode::Window(window) => {
            Mark::Slice(next_slice(window, window.cursor).unwrap_or(Slice {
                fetch_start: window.cursor,
                start: window.cursor,
                end: window.until,
            }))
        }
        RunMode::Snapshot(_) => Mark::Snapshot(order.take_until),
        RunMode::Rescan(rescan) => Mark::Rescan(rescan.until),
    }
}

fn wrong_slice(order: &RunOrder) -> Slice {
    let until = match &order.mode {
        RunMode::Window(window) => window.until,
        RunMode::Snapshot(_) => order.take_until,
        RunMode::Rescan(rescan) => rescan.until,
    };
    let beyond = until.plus(shared::window::MAX_STEP);
    Slice {
        fetch_start: until,
        start: until,
        end: beyond,
    }
}
