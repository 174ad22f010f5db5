//! What recording and the flight recorder cost.
//!
//! `cargo bench -p integration-tests --bench recording`. The report is generated, seeded, of 100 MB
//! unless `BULKHEAD_BENCH_BYTES` says otherwise, once in a zip, as eBay sends it, and once as it is.
//! What counts is processor time, which a busy machine stretches less than the clock, in pairs:
//!
//! 1. the child's own code alone, its rows wanted by nobody: with neither, with the flight recorder,
//!    with both;
//! 2. the whole system, supervisor and child and SQLite, over an account that has nothing new, which
//!    is what the supervisor spends the least on: with a recording and without.
//!
//! The throughput of the whole with both is compared with that without both; what the flight
//! recorder costs is taken from the first part, since no child runs without. Fails when the median
//! of the pairs is below 0.95 for the report as eBay sends it.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::print_stderr, reason = "and why it could not")]

#[path = "../binaries/mod.rs"]
mod binaries;
#[path = "../shop/mod.rs"]
mod shop;
mod side;
mod system;

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use integration_tests::sim::{AccountSpec, Sim, bulk::write_bulk_file};

use shop::Shop;
use side::{Figures, Side};

/// Length of the XML in bytes.
const BYTES: u64 = 100_000_000;
/// Pairs that are run.
const PAIRS: usize = 9;
/// The least throughput with both, of that with neither.
const LIMIT: f64 = 0.95;
/// Decides the report's content.
const SEED: u64 = 1;

/// The account's access token, as long as those of eBay.
fn token() -> String {
    format!("v^1.1#i^1#bench#{}", "r0CrD1ngs".repeat(220))
}

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

/// Whether the limit held.
fn bench() -> Result<bool, Box<dyn Error>> {
    let bytes = match env::var("BULKHEAD_BENCH_BYTES") {
        Ok(text) => text.parse()?,
        Err(_) => BYTES,
    };
    let bulkhead = binaries::build()?.join("bulkhead");
    let dir = tempfile::tempdir()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut held = true;
    for packed in [true, false] {
        let name = if packed { "zip" } else { "plain" };
        let report = dir.path().join(format!("{name}.report"));
        let facts = write_bulk_file(&report, bytes, SEED, packed)?;
        let transferred = fs::metadata(&report)?.len();
        println!(
            "{name}: {} bytes of XML, {transferred} transferred, {} rows",
            facts.bytes, facts.rows
        );
        let scene = Scene {
            sim: runtime.block_on(Sim::start(1))?,
            dir: dir.path(),
            report,
            transferred,
        };
        let flight = scene.alone()?;
        let ratio = scene.whole(&bulkhead, flight)?;
        held &= ratio >= LIMIT || !packed;
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

/// What both parts are measured with.
struct Scene<'a> {
    sim: Sim,
    dir: &'a Path,
    report: PathBuf,
    transferred: u64,
}

impl Scene<'_> {
    /// The child alone; what the flight recorder costs, in seconds.
    fn alone(&self) -> Result<f64, Box<dyn Error>> {
        let mut account = AccountSpec::new("alone", &token());
        account.report_file = Some(self.report.clone());
        self.sim.account(account)?;
        let mut sides = Side::ALL.map(|side| (side, Vec::new()));
        for round in 0..=PAIRS {
            for (side, spent) in &mut sides {
                let Figures {
                    cpu_seconds,
                    recorded,
                } = side.measure(self.sim.port(), self.dir)?;
                // What was not recorded would cost nothing.
                if (recorded >= self.transferred) != (*side == Side::Both) {
                    return Err(format!("{side:?}: {recorded} bytes were recorded").into());
                }
                // The first round warms the caches.
                if round > 0 {
                    spent.push(cpu_seconds);
                }
            }
        }
        let [(_, neither), (_, flight), (_, both)] = sides;
        let ratio = |other: &[f64]| median(neither.iter().zip(other).map(|(a, b)| a / b).collect());
        println!(
            "  child alone: {:.3} s of CPU; throughput {:.3} of that with the flight recorder, {:.3} with both \
             (medians of {PAIRS} rounds)",
            median(neither.clone()),
            ratio(&flight),
            ratio(&both),
        );
        let costs = neither.iter().zip(&flight).map(|(a, b)| b - a).collect();
        Ok(median(costs).max(0.0))
    }

    /// The whole system; the throughput with both, of that with neither. `flight` is what the flight
    /// recorder costs, in seconds.
    fn whole(&self, bulkhead: &Path, flight: f64) -> Result<f64, Box<dyn Error>> {
        let name = format!("whole-{}", self.transferred);
        let shop = Shop::open(bulkhead, &self.sim, self.dir, &name, self.report.clone())?;
        let first = system::pass(&shop, true, self.transferred)?;
        let mut ratios = Vec::new();
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for pair in 0..=PAIRS {
            let mut spent = [0.0; 2];
            for turn in 0..2 {
                let recorded = (pair + turn) % 2 == 1;
                if let Some(spent) = spent.get_mut(usize::from(recorded)) {
                    *spent = system::pass(&shop, recorded, self.transferred)?;
                }
            }
            if pair > 0 {
                let [off, on] = spent;
                ratios.push((off - flight) / on);
                without.push(off - flight);
                with.push(on);
            }
        }
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let most = ratios.iter().copied().fold(0.0, f64::max);
        let ratio = median(ratios);
        println!(
            "  the whole: {first:.3} s of CPU for the first load; nothing new: {:.3} s without, {:.3} s with both; \
             throughput {ratio:.3} of without (median of {PAIRS} pairs, {least:.3} to {most:.3}), limit {LIMIT}",
            median(without),
            median(with),
        );
        Ok(ratio)
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}
