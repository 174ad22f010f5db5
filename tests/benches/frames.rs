//! Records from one process to another: frames as the child encodes and the supervisor decodes
//! them, against the same records as lines of JSON.
//!
//! `cargo bench -p integration-tests --bench frames`. The sending process is this program itself.
//! Prints medians of interleaved rounds; never fails because of a figure.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::print_stderr, reason = "and why it could not")]

use std::{
    env,
    error::Error,
    io::{self, BufRead, BufReader, BufWriter, Write},
    process::{self, ExitCode, Stdio},
    time::Instant,
};

use nix::sys::resource::{UsageWho, getrusage};
use shared::{
    id::RunNo,
    record::{Record, Value},
    table::Table,
    wire::{codec::encode_frame, message::FromChild},
};
use supervisor::child::link::{BigFrames, Receiver};

/// Records in a round.
const RECORDS: u32 = 1_000_000;
/// Records in a frame: what the child puts into one of this size.
const BATCH: u32 = 2_000;
const ROUNDS: usize = 5;
/// First argument of the sending process.
const SEND: &str = "send";
const FRAMES: &str = "frames";
const LINES: &str = "lines";

/// What a round took.
#[derive(Clone, Copy)]
struct Took {
    seconds: f64,
    /// User and system time of both processes.
    cpu_seconds: f64,
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        [SEND, FRAMES] => send_frames(),
        [SEND, LINES] => send_lines(),
        _ => bench(),
    };
    if let Err(error) = done {
        eprintln!("frames: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn bench() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let (mut frames, mut lines) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        frames.push(timed(|| runtime.block_on(receive_frames()))?);
        lines.push(timed(receive_lines)?);
    }
    let mut frame = Vec::new();
    encode_frame(&message(), &mut frame)?;
    println!(
        "{RECORDS} records of {} bytes in frames of {BATCH}, medians of {ROUNDS} rounds",
        frame.len() / BATCH as usize
    );
    let records = f64::from(RECORDS);
    for (name, of) in [
        ("CPU of both processes", cpu as fn(&Took) -> f64),
        ("the clock", clock),
    ] {
        let (ours, theirs) = (median(&frames, of), median(&lines, of));
        println!(
            "per second of {name}: {:.2} M records as frames (goal 1.0), {:.2} M as lines of JSON: {:.2} of the reference",
            records / ours / 1e6,
            records / theirs / 1e6,
            theirs / ours
        );
    }
    Ok(())
}

fn cpu(took: &Took) -> f64 {
    took.cpu_seconds
}

fn clock(took: &Took) -> f64 {
    took.seconds
}

fn median(rounds: &[Took], of: fn(&Took) -> f64) -> f64 {
    let mut all: Vec<f64> = rounds.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Runs a round, which returns the number of records that came.
fn timed(round: impl FnOnce() -> Result<u32, Box<dyn Error>>) -> Result<Took, Box<dyn Error>> {
    let (start, spent) = (Instant::now(), cpu_seconds()?);
    let came = round()?;
    if came != RECORDS {
        return Err(format!("{came} records came instead of {RECORDS}").into());
    }
    Ok(Took {
        seconds: start.elapsed().as_secs_f64(),
        cpu_seconds: cpu_seconds()? - spent,
    })
}

/// Of this process and of those that it has waited for.
fn cpu_seconds() -> Result<f64, nix::Error> {
    let mut sum = 0.0;
    for who in [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN] {
        let usage = getrusage(who)?;
        for time in [usage.user_time(), usage.system_time()] {
            let micros = u32::try_from(time.tv_usec()).unwrap_or(0);
            let seconds = u32::try_from(time.tv_sec()).unwrap_or(0);
            sum += f64::from(seconds) + f64::from(micros) / 1e6;
        }
    }
    Ok(sum)
}

async fn receive_frames() -> Result<u32, Box<dyn Error>> {
    let mut sender = tokio::process::Command::new(env::current_exe()?)
        .args([SEND, FRAMES])
        .stdout(Stdio::piped())
        .spawn()?;
    let stream = sender.stdout.take().ok_or("no pipe")?;
    let mut receiver = Receiver::new(stream, BigFrames::default());
    let mut came = 0;
    while let Some(received) = receiver.next().await? {
        if let FromChild::Batch { records, .. } = received.message {
            came += u32::try_from(records.len())?;
        }
    }
    sender.wait().await?;
    Ok(came)
}

fn receive_lines() -> Result<u32, Box<dyn Error>> {
    let mut sender = process::Command::new(env::current_exe()?)
        .args([SEND, LINES])
        .stdout(Stdio::piped())
        .spawn()?;
    let stream = sender.stdout.take().ok_or("no pipe")?;
    let mut reader = BufReader::with_capacity(1 << 16, stream);
    let mut line = String::new();
    let mut came = 0;
    while reader.read_line(&mut line)? > 0 {
        let record: Record = serde_json::from_str(&line)?;
        came += u32::from(!record.key.is_empty());
        line.clear();
    }
    sender.wait()?;
    Ok(came)
}

fn send_frames() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    let message = message();
    let size: usize = batch().iter().map(Record::size).sum();
    for _ in 0..RECORDS / BATCH {
        let mut frame = Vec::with_capacity(size);
        encode_frame(&message, &mut frame)?;
        out.write_all(&frame)?;
    }
    Ok(out.flush()?)
}

fn send_lines() -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let records = batch();
    for _ in 0..RECORDS / BATCH {
        for record in &records {
            serde_json::to_writer(&mut out, record)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(out.flush()?)
}

fn message() -> FromChild {
    FromChild::Batch {
        run: RunNo(0),
        seq: 0,
        records: batch(),
    }
}

/// Made once and sent again and again: what is measured begins with the encoding.
fn batch() -> Vec<Record> {
    (0..BATCH)
        .map(|at| Record {
            table: Table::OrderLineItems,
            key: vec![format!("27-{at:09}"), format!("{at:010}")],
            values: vec![
                Value::Null,
                Value::Null,
                Value::Null,
                Value::Integer(i64::from(at % 9)),
                Value::Decimal("19.99".to_owned()),
                Value::Text("USD".to_owned()),
                Value::Null,
            ],
            ebay_time: None,
            payload: format!(r#"{{"lineItemId":"{at:010}","quantity":1}}"#),
            volatile: String::new(),
        })
        .collect()
}
