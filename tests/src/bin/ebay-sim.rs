//! The simulated eBay as a program: commands on stdin, answers on stdout, one JSON line each.

use std::{
    io::{self, BufRead, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use integration_tests::sim::{Sim, SimError, bulk::write_bulk_file, control};

/// A simulated eBay on 127.0.0.1; ends when stdin does.
#[derive(Debug, Parser)]
struct Args {
    /// Decides everything but the time stamps.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes a synthetic active inventory report to a file and prints what it holds.
    BulkReport {
        /// Length of the XML in bytes.
        #[arg(long)]
        bytes: u64,
        /// Decides the content.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Where to write it.
        #[arg(long)]
        out: PathBuf,
        /// Pack it into a zip archive.
        #[arg(long)]
        zip: bool,
    },
}

#[derive(Debug, thiserror::Error)]
enum MainError {
    #[error("starting the simulator")]
    Start(#[source] SimError),
    #[error("reading commands or writing answers")]
    Talk(#[source] io::Error),
    #[error("writing the report")]
    Report(#[source] io::Error),
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.command {
        None => talk(args.seed),
        Some(Command::BulkReport {
            bytes,
            seed,
            out,
            zip,
        }) => report(bytes, seed, &out, zip),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            let line = format!("ebay-sim: {error}: {}\n", cause.unwrap_or_default());
            drop(io::stderr().write_all(line.as_bytes()));
            ExitCode::FAILURE
        }
    }
}

fn report(bytes: u64, seed: u64, out: &std::path::Path, zip: bool) -> Result<(), MainError> {
    let facts = write_bulk_file(out, bytes, seed, zip).map_err(MainError::Report)?;
    let line = serde_json::json!({
        "bytes": facts.bytes, "items": facts.items, "rows": facts.rows,
    });
    writeln!(io::stdout(), "{line}").map_err(MainError::Report)
}

fn talk(seed: u64) -> Result<(), MainError> {
    let runtime = tokio::runtime::Runtime::new().map_err(MainError::Talk)?;
    let sim = runtime
        .block_on(Sim::start(seed))
        .map_err(MainError::Start)?;
    let mut stdout = io::stdout().lock();
    let mut say = |line: &str| writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    say(&format!("{{\"ready\":{{\"port\":{}}}}}", sim.port())).map_err(MainError::Talk)?;
    for line in io::stdin().lock().lines() {
        let line = line.map_err(MainError::Talk)?;
        if !line.trim().is_empty() {
            say(&control::answer(&sim, &line)).map_err(MainError::Talk)?;
        }
    }
    drop(sim);
    runtime.shutdown_background();
    Ok(())
}
