//! Starting and reaping a child by the supervisor's own code, against `std::process` with the same
//! binary; and the same with a gigabyte of the parent's memory touched.
//!
//! `cargo bench -p integration-tests --bench spawn`. Prints medians of interleaved rounds; never
//! fails because of a figure.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::print_stderr, reason = "and why it could not")]

mod binaries;

use std::{
    error::Error,
    hint::black_box,
    path::Path,
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use shared::{exit, wire::message::FromChild, worker::Worker};
use supervisor::{
    child::{flight::FlightFile, link::BigFrames, process::Process, spawner::Spawner},
    os::Limits,
};

/// Rounds without and with the memory.
const ROUNDS: usize = 4;
/// Children of each kind in a round.
const CHILDREN: usize = 50;
/// Memory touched, bytes.
const TOUCHED: usize = 1 << 30;
const LIMITS: Limits = Limits {
    memory: 128 << 20,
    address_space: 4 << 30,
    cpu_seconds: 60,
    open_files: 256,
    file_size: 1 << 20,
    core: 0,
};

/// Milliseconds of each child.
#[derive(Default)]
struct Took {
    ours: Vec<f64>,
    raw: Vec<f64>,
    hello: Vec<f64>,
}

fn main() -> ExitCode {
    let done = tokio::runtime::Runtime::new()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(bench()));
    if let Err(error) = done {
        eprintln!("spawn: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

async fn bench() -> Result<(), Box<dyn Error>> {
    let binary = binaries::build()?.join("worker-child");
    let spawner = Spawner::start(&binary)?;
    let dir = tempfile::tempdir()?;
    let (mut small, mut large) = (Took::default(), Took::default());
    for _ in 0..ROUNDS {
        small.round(&spawner, &binary, dir.path()).await?;
        let touched = black_box(vec![1_u8; TOUCHED]);
        large.round(&spawner, &binary, dir.path()).await?;
        drop(black_box(touched));
    }
    println!(
        "worker-child that ends at once, spawned and reaped, medians of {} children",
        ROUNDS * CHILDREN
    );
    let (ours, raw) = (median(&small.ours), median(&small.raw));
    let ratio = ours / raw;
    println!("ours {ours:.2} ms, std::process {raw:.2} ms: {ratio:.2} of the reference (goal 2)");
    let (ours_large, raw_large) = (median(&large.ours), median(&large.raw));
    println!(
        "with {} MiB touched: ours {ours_large:.2} ms, {:.2} of ours without (goal 2); \
         std::process {raw_large:.2} ms, {:.2} of it without",
        TOUCHED >> 20,
        ours_large / ours,
        raw_large / raw
    );
    println!(
        "from spawn to Hello: {:.2} ms, with {} MiB touched {:.2} ms (goal 15)",
        median(&small.hello),
        TOUCHED >> 20,
        median(&large.hello)
    );
    Ok(())
}

impl Took {
    async fn round(
        &mut self,
        spawner: &Spawner,
        binary: &Path,
        dir: &Path,
    ) -> Result<(), Box<dyn Error>> {
        let missing = dir.join("missing");
        for _ in 0..CHILDREN {
            self.ours.push(ours(spawner, &missing).await?);
            self.raw.push(raw(binary, &missing)?);
            let attempt = tempfile::tempdir_in(dir)?;
            self.hello.push(hello(spawner, attempt.path()).await?);
        }
        Ok(())
    }
}

fn median(all: &[f64]) -> f64 {
    let mut all = all.to_vec();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Whether a child that ends at once, ended as it must.
fn ended(status: std::process::ExitStatus) -> Result<(), Box<dyn Error>> {
    if status.code() == Some(i32::from(exit::ExitCode::AttemptDirectory.code())) {
        Ok(())
    } else {
        Err(format!("worker-child without a directory: {status}").into())
    }
}

async fn ours(spawner: &Spawner, missing: &Path) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    let child = spawner.spawn(missing).await?;
    let (mut process, sender, receiver) =
        Process::adopt(child, BigFrames::default()).ok_or("a child without pipes")?;
    process.limit(&LIMITS)?;
    let status = process.wait().await?;
    drop((sender, receiver, process.finish(&[]).await));
    let took = milliseconds(start);
    ended(status)?;
    Ok(took)
}

fn raw(binary: &Path, missing: &Path) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    let status = Command::new(binary)
        .arg("sync")
        .arg(missing)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    let took = milliseconds(start);
    ended(status)?;
    Ok(took)
}

/// From the order until the child's first message was read, with the files that it needs.
async fn hello(spawner: &Spawner, attempt_dir: &Path) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    let flight = FlightFile::create(attempt_dir, &[Worker::Orders])?;
    let child = spawner.spawn(attempt_dir).await?;
    let (mut process, sender, mut receiver) =
        Process::adopt(child, BigFrames::default()).ok_or("a child without pipes")?;
    process.limit(&LIMITS)?;
    let first = receiver.next().await?;
    let took = milliseconds(start);
    if !matches!(
        first.map(|first| first.message),
        Some(FromChild::Hello { .. })
    ) {
        return Err("worker-child did not begin with Hello".into());
    }
    // It ends when nobody is left to talk to.
    drop((sender, receiver, flight));
    process.wait().await?;
    process.finish(&[]).await;
    Ok(took)
}
