//! The ways to break the protocol.

use nix::fcntl::FcntlArg;
use shared::attempt::{RunMode, RunOrder};
use shared::build::BUILD;
use shared::failure::{Failure, Place};
use shared::id::RunNo;
use shared::record::Record;
use shared::window::{Slice, next_slice};
use shared::wire::codec::encode_frame;
use shared::wire::message::{FromChild, Mark, PROTOCOL_VERSION};

use super::deaths;
use super::script::{Lie, Script};
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
        Lie::WrongSlice => talk.checkpoint(run, Mark::Slice(wrong_slice(order)), 5)?,
        Lie::WrongCounts => talk.checkpoint(run, right_mark(order), 6)?,
        Lie::ForeignTable => talk.batch(run, foreign(order, script))?,
        Lie::UnknownTable => {
            let (seq, records) = (talk.next(run), records());
            let batch = FromChild::Batch { run, seq, records };
            // After the message, the run, the sequence number and the count comes the table.
            let spoil = |body: &mut Vec<u8>| {
                if let Some(table) = body.get_mut(4) {
                    *table = 99;
                }
            };
            talk.raw(&spoiled(&batch, spoil)?)?;
        }
        Lie::Columns => {
            let mut records = records();
            for record in &mut records {
                record.values.pop();
            }
            talk.batch(run, records)?;
        }
        Lie::DoneFirst => talk.say(&FromChild::RunDone { run })?,
        Lie::NeverReads => {
            shrink_input();
            loop {
                let (seq, records) = (talk.next(run), records());
                talk.say(&FromChild::Batch { run, seq, records })?;
            }
        }
        Lie::ByeEarly => talk.say(&FromChild::Bye)?,
        Lie::ByeStays => {
            let failure = nothing_to_do();
            talk.say(&FromChild::RunFailed { run, failure })?;
            talk.say(&FromChild::Bye)?;
        }
        Lie::Closed => drop(nix::unistd::close(1)),
    }
    deaths::stand_still()
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
fn spoiled(message: &FromChild, spoil: impl FnOnce(&mut Vec<u8>)) -> Result<Vec<u8>, TalkError> {
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
    let world = World::new(script);
    let mut records = match order.mode {
        RunMode::Window(_) => world.all_orders(),
        RunMode::Snapshot(_) | RunMode::Rescan(_) => world.listings(),
    };
    records.truncate(5);
    records
}

fn foreign(order: &RunOrder, script: &Script) -> Vec<Record> {
    let world = World::new(script);
    let mut records = match order.mode {
        RunMode::Window(_) => world.listings(),
        RunMode::Snapshot(_) | RunMode::Rescan(_) => world.all_orders(),
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
