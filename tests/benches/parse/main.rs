//! Parsing speed and memory: a large report through `worker-child parse`, and pages of orders.
//!
//! `cargo bench -p integration-tests --bench parse`. Inputs are generated, seeded; the report has
//! 200 MB unless `BULKHEAD_BENCH_BYTES` says otherwise. All figures are CPU time, medians of
//! interleaved rounds, as ratios to a reference of the same run. Fails when one that must hold is
//! missed; a target is printed only.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::print_stderr, reason = "and why it could not")]
#![expect(clippy::indexing_slicing, reason = "a benchmark may panic")]
#![expect(
    clippy::cast_precision_loss,
    reason = "figures are shown with few digits"
)]

#[path = "../binaries/mod.rs"]
mod binaries;
mod json;
mod page;
mod report;
#[path = "../report/watch.rs"]
mod watch;

use std::{env, error::Error, process::ExitCode};

use nix::sys::time::TimeVal;
use report::Report;

/// Length of the report in bytes.
const BYTES: u64 = 200_000_000;
/// Of the small report whose memory the large one's is compared with.
const SMALL: u64 = 20_000_000;
const MIB: f64 = 1_048_576.0;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        [report::BARE, file] => report::bare_loop(file).map(|()| true),
        [report::INFLATE, file] => report::inflate(file).map(|()| true),
        _ => bench(),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("parse: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything that must hold did.
fn bench() -> Result<bool, Box<dyn Error>> {
    let bytes = match env::var("BULKHEAD_BENCH_BYTES") {
        Ok(text) => text.parse()?,
        Err(_) => BYTES,
    };
    let child = binaries::build()?.join("worker-child");
    let dir = tempfile::tempdir()?;
    let orders = json::measure(dir.path())?;
    println!(
        "orders: {} bytes a page, {} records; {:.3} ms to records, {:.3} ms for {}",
        orders.bytes, orders.records, orders.ours, orders.theirs, orders.reference
    );
    let mut held = at_least("orders, times as fast", orders.times, 4.0, 4.5);

    let small = Report::write(dir.path(), SMALL)?;
    let (_, small_peak) = small.count(&child, &small.xml)?;
    let report = Report::write(dir.path(), bytes)?;
    let seconds = report.measure(&child)?;
    println!(
        "report: {} bytes of XML, {} rows; CPU seconds: XML {:.3}, zip {:.3}, quick-xml's bare \
         loop {:.3}, inflate and CRC {:.3}",
        report.facts.bytes,
        report.facts.rows,
        seconds.xml,
        seconds.zip,
        seconds.bare,
        seconds.inflate
    );
    held &= at_most(
        "XML against the bare loop",
        seconds.xml / seconds.bare,
        1.25,
        0.85,
    );
    let apart = seconds.xml + seconds.inflate;
    held &= at_most(
        "zip against XML plus inflate",
        seconds.zip / apart,
        1.10,
        1.05,
    );
    let peak = seconds.peak as f64 / MIB;
    held &= at_most("peak memory, MiB", peak, 8.0, 5.0) && small_peak > 0;
    let growth = peak - small_peak as f64 / MIB;
    held &= at_most("peak memory, MiB more than for 20 MB", growth, 1.0, 1.0);
    println!(
        "{}",
        if held {
            "every limit held"
        } else {
            "LIMITS WERE MISSED"
        }
    );
    Ok(held)
}

fn at_most(name: &str, figure: f64, must: f64, target: f64) -> bool {
    println!("{name}: {figure:.3}, must be at most {must}, target {target}");
    figure <= must
}

fn at_least(name: &str, figure: f64, must: f64, target: f64) -> bool {
    println!("{name}: {figure:.2}, must be at least {must}, target {target}");
    figure >= must
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}
