//! A large report through a supervised child into SQLite: memory of both processes, what an
//! unchanged report writes, and speed next to the raw limit.
//!
//! `cargo bench -p integration-tests --bench report`. The report is generated, seeded, of 200 MB
//! unless `BULKHEAD_BENCH_BYTES` says otherwise. Fails when a figure of the issue is missed: memory
//! of the child and of the supervisor, and that an unchanged report writes nothing. Speed is
//! printed as a ratio to a reference of the same run, and never fails.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::print_stderr, reason = "and why it could not")]

#[path = "../binaries/mod.rs"]
mod binaries;
mod pass;
mod reference;
#[path = "../shop/mod.rs"]
mod shop;
mod stored;
mod watch;

use std::{env, error::Error, process::ExitCode};

use integration_tests::sim::Sim;

use pass::{Pass, Stocked};
use reference::Reference;
use stored::Stored;
use watch::Figures;

/// Length of the XML in bytes.
const BYTES: u64 = 200_000_000;
/// `VmHWM` of the child, bytes.
const CHILD_LIMIT: u64 = 24 << 20;
/// `VmHWM` of the supervisor, bytes; what is resident at any moment is no more.
const SUPERVISOR_LIMIT: u64 = 48 << 20;
/// How much more than a quarter of the report the whole may need, bytes. Printed only.
const GROWTH_GOAL: u64 = 2 << 20;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let done = tokio::runtime::Runtime::new()
        .map_err(Into::into)
        .and_then(|runtime| match args.as_slice() {
            [mode, from, to] if mode == reference::INSERT_MODE => {
                let inserted = runtime.block_on(reference::insert(from, to));
                inserted.map(|()| true).map_err(Into::into)
            }
            _ => runtime.block_on(bench()),
        });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("report: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything that must hold did.
async fn bench() -> Result<bool, Box<dyn Error>> {
    let bytes = match env::var("BULKHEAD_BENCH_BYTES") {
        Ok(text) => text.parse()?,
        Err(_) => BYTES,
    };
    let bulkhead = binaries::build()?.join("bulkhead");
    let dir = tempfile::tempdir()?;
    let sim = Sim::start(1).await?;

    let quarter = Stocked::open(&bulkhead, &sim, dir.path(), bytes / 4)?;
    let quarter = quarter.pass().await?;
    let shop = Stocked::open(&bulkhead, &sim, dir.path(), bytes)?;
    let first = shop.pass().await?;
    let before = stored::read(&shop.database()).await?;
    let again = shop.pass().await?;
    let after = stored::read(&shop.database()).await?;
    let reference = reference::measure(dir.path(), &shop.database()).await?;

    println!(
        "report: {} bytes of XML, {} as a zip, {} items, {} rows",
        shop.facts.bytes, shop.packed, shop.facts.items, shop.facts.rows
    );
    let mut held = memory("first load", &first);
    held &= memory("unchanged", &again);
    growth(&quarter, &first);
    held &= loaded(&shop, &first, &before);
    held &= unchanged(&again, &before, &after);
    speed(shop.facts.rows, &first, &again, &reference);
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

fn memory(name: &str, pass: &Pass) -> bool {
    let Figures {
        peak, child_peak, ..
    } = pass.figures;
    let recorded = |bytes: Option<i64>| mib(bytes.and_then(|b| u64::try_from(b).ok()).unwrap_or(0));
    println!(
        "{name}: child VmHWM {:.1} MiB (supervisor's record: {:.1}; heap {:.1}), limit {:.0}; \
         supervisor VmHWM {:.1} MiB, limit {:.0}",
        mib(child_peak),
        recorded(pass.run.peak_resident),
        recorded(pass.run.peak_heap),
        mib(CHILD_LIMIT),
        mib(peak),
        mib(SUPERVISOR_LIMIT),
    );
    // 0 would mean that nothing was measured.
    (1..=CHILD_LIMIT).contains(&child_peak) && (1..=SUPERVISOR_LIMIT).contains(&peak)
}

fn growth(quarter: &Pass, whole: &Pass) {
    let difference = |of: fn(&Figures) -> u64| mib(of(&whole.figures)) - mib(of(&quarter.figures));
    println!(
        "first load, the whole minus a quarter of it: child {:+.1} MiB (goal {:.0}), supervisor {:+.1} MiB",
        difference(|figures| figures.child_peak),
        mib(GROWTH_GOAL),
        difference(|figures| figures.peak),
    );
}

fn loaded(shop: &Stocked<'_>, first: &Pass, stored: &Stored) -> bool {
    let expected = i64::try_from(shop.facts.rows).unwrap_or(i64::MAX);
    let counts = [first.run.created, stored.rows.rows, stored.events.rows];
    println!(
        "first load: {} created, {} rows, {} events of {expected} expected",
        counts[0], counts[1], counts[2]
    );
    counts.iter().all(|count| *count == expected)
}

fn unchanged(again: &Pass, before: &Stored, after: &Stored) -> bool {
    let run = &again.run;
    println!(
        "unchanged: {} equal, {} created, {} updated, {} ended; rows {}, events {}",
        run.unchanged,
        run.created,
        run.updated,
        run.ended,
        if before.rows == after.rows {
            "untouched"
        } else {
            "TOUCHED"
        },
        if before.events == after.events {
            "untouched"
        } else {
            "TOUCHED"
        },
    );
    before == after
        && run.unchanged == after.rows.rows
        && (run.created, run.updated, run.ended) == (0, 0, 0)
}

/// Rows per second of the supervisor's CPU against the reference's, and of the clock. A report's
/// keys ascend, which makes the reference about twice as fast as in the random order that the goals
/// were set with.
fn speed(rows: u64, first: &Pass, again: &Pass, reference: &Reference) {
    let rows = f64::from(u32::try_from(rows).unwrap_or(u32::MAX));
    let raw = reference.figures;
    println!(
        "{}: {:.0} rows per second of CPU, {:.0} of the clock",
        reference.name,
        rows / raw.cpu_seconds,
        rows / raw.seconds
    );
    for (name, pass, goal) in [("first load", first, 0.25), ("unchanged", again, 2.5)] {
        let Figures {
            seconds,
            cpu_seconds,
            ..
        } = pass.figures;
        println!(
            "{name}: {:.0} rows per second of the supervisor's CPU, {:.2} of the reference (goal {goal}); \
             {:.0} of the clock, child and simulated eBay beside it, {:.2} of the reference",
            rows / cpu_seconds,
            raw.cpu_seconds / cpu_seconds,
            rows / seconds,
            raw.seconds / seconds,
        );
    }
}

fn mib(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes >> 10).unwrap_or(u32::MAX)) / 1024.0
}
