//! What recording and the flight recorder cost: the same large report through the child's own code,
//! with both and with neither, in pairs.
//!
//! `cargo bench -p integration-tests --bench recording`. The report is generated, seeded, of 100 MB
//! unless `BULKHEAD_BENCH_BYTES` says otherwise. Each side runs in a process of its own; what counts
//! is its processor time, which a busy machine stretches less than the clock. Fails when the median
//! of the pairs is below 0.95 of the throughput without.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::print_stderr, reason = "and why it could not")]

mod attempt;
mod side;

use std::{env, error::Error, fs, path::Path, process::ExitCode};

use integration_tests::sim::{AccountSpec, Sim, bulk::write_bulk_file};

use side::{Figures, Side};

/// Length of the XML in bytes.
const BYTES: u64 = 100_000_000;
/// Pairs that are run.
const PAIRS: usize = 9;
/// The least throughput with both, of that with neither.
const LIMIT: f64 = 0.95;
/// Decides the report's content.
const SEED: u64 = 1;
/// The account's access token.
const TOKEN: &str = "v^1.1#i^1#bench#recording";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let done = match args.as_slice() {
        [mode, side, port, dir] if mode == side::MODE => {
            side::live(side, port, Path::new(dir)).map(|()| true)
        }
        _ => bench(),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("recording: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the limit held, for a report in a zip and for the same as it is.
fn bench() -> Result<bool, Box<dyn Error>> {
    let bytes = match env::var("BULKHEAD_BENCH_BYTES") {
        Ok(text) => text.parse()?,
        Err(_) => BYTES,
    };
    let dir = tempfile::tempdir()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut held = true;
    for packed in [true, false] {
        let report = dir.path().join(format!("report-{packed}"));
        let facts = write_bulk_file(&report, bytes, SEED, packed)?;
        let transferred = fs::metadata(&report)?.len();
        let sim = runtime.block_on(Sim::start(1))?;
        let mut account = AccountSpec::new("shop", TOKEN);
        account.report_file = Some(report);
        sim.account(account)?;
        println!(
            "{} bytes of XML, {transferred} transferred, {} rows",
            facts.bytes, facts.rows
        );
        held &= pairs(&sim, dir.path(), transferred)?;
    }
    println!(
        "{}",
        if held {
            "the limit held"
        } else {
            "THE LIMIT WAS MISSED"
        }
    );
    Ok(held)
}

fn pairs(sim: &Sim, dir: &Path, transferred: u64) -> Result<bool, Box<dyn Error>> {
    let mut ratios = Vec::new();
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for pair in 0..=PAIRS {
        let mut order = [Side::Off, Side::On];
        if pair % 2 == 1 {
            order.reverse();
        }
        let mut cpu = [0.0; 2];
        for side in order {
            let Figures {
                cpu_seconds,
                recorded,
            } = side.measure(sim.port(), dir)?;
            let place = usize::from(side == Side::On);
            if let Some(cpu) = cpu.get_mut(place) {
                *cpu = cpu_seconds;
            }
            // What was not recorded would cost nothing.
            let least = if side == Side::On { transferred } else { 0 };
            if recorded < least {
                return Err(format!("only {recorded} bytes of {least} were recorded").into());
            }
        }
        // The first pair warms the caches.
        if pair > 0 {
            let [off, on] = cpu;
            ratios.push(off / on);
            without.push(off);
            with.push(on);
        }
    }
    let ratio = median(&mut ratios);
    println!(
        "  child: {:.3} s of CPU without, {:.3} s with; throughput {ratio:.3} of without \
         (median of {PAIRS} pairs, {:.3} to {:.3}), limit {LIMIT}",
        median(&mut without),
        median(&mut with),
        ratios.first().copied().unwrap_or(0.0),
        ratios.last().copied().unwrap_or(0.0),
    );
    Ok(ratio >= LIMIT)
}

/// Sorts the figures.
fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}
