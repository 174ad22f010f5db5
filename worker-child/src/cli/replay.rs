//! `worker-child replay`: a crash once more, and whether it ends the same way.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use shared::build::BUILD;
use shared::exit::ExitCode;
use shared::worker::Worker;

use super::complain;
use super::parse::worker_parser;
use crate::replay::{Case, Conclusion, Options, Replayed, Report, replay};

/// Run a crashed attempt once more, offline, and compare how it ends
///
/// Plays the recording of a crash to the same code under the same limits: what eBay answered, when,
/// and in which order, the clock and the randomness are those of then. Nothing is asked of eBay,
/// no token is needed, and nothing is stored.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   it ended the same way: same cause and fingerprint
  1   it ended otherwise, or cannot come again; the output says what differs or why
  64  the directory is not that of a crash
  70  the replay could not be run

Examples:
  worker-child replay /var/lib/bulkhead/crashes/17-orders
  RUST_BACKTRACE=1 worker-child replay crashes/17-orders --no-limits --output json")]
pub(super) struct ReplayArgs {
    /// The crash's directory, with report.json, attempt.json and recording.
    directory: PathBuf,
    /// Set no limits, to look further; what died at a limit then ends otherwise.
    #[arg(long)]
    no_limits: bool,
    /// Play only this worker's run of the attempt.
    #[arg(long, value_name = "WORKER", value_parser = worker_parser())]
    run: Option<Worker>,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// Replays, prints, and says whether it ended the same way.
pub(super) fn run(args: &ReplayArgs) -> Result<bool, ExitCode> {
    let usage = |error| complain(&error, ExitCode::Usage);
    let case = Case::open(&args.directory).map_err(usage)?;
    if let Some(only) = args.run {
        case.has(only).map_err(usage)?;
    }
    let options = Options {
        no_limits: args.no_limits,
        only: args.run,
    };
    let conclusion = replay(&case, options).map_err(|error| complain(&error, ExitCode::Setup))?;
    let shown = match args.output {
        Output::Text => text(&case.report, &conclusion),
        Output::Json => format!("{:#}\n", as_json(&case.report, &conclusion)),
    };
    io::stdout()
        .write_all(shown.as_bytes())
        .map_err(|error| complain(&error, ExitCode::Output))?;
    Ok(matches!(conclusion, Conclusion::Same(_)))
}

fn text(report: &Report, conclusion: &Conclusion) -> String {
    let mut text = format!("{}: ", report.id);
    // Writing to a String cannot fail.
    let replayed = match conclusion {
        Conclusion::Same(replayed) => {
            text.push_str("ended the same way\n");
            Some(replayed)
        }
        Conclusion::Differs {
            differences,
            replayed,
        } => {
            text.push_str("ended otherwise\n");
            for difference in differences {
                writeln!(text, "  {difference}").ok();
            }
            Some(replayed)
        }
        Conclusion::NotReproducible { why, replayed } => {
            writeln!(text, "not reproducible: {why}").ok();
            replayed.as_ref()
        }
    };
    if let Some(replayed) = replayed {
        push_end(report, replayed, &mut text);
    }
    text
}

fn push_end(report: &Report, replayed: &Replayed, text: &mut String) {
    let verdict = &replayed.verdict;
    let mut line = |name: &str, value: &str| {
        writeln!(text, "  {name:<12} {value}").ok();
    };
    line(
        "cause",
        &format!("{} ({})", verdict.cause.name(), verdict.confidence.name()),
    );
    line("fingerprint", &replayed.fingerprint);
    line(
        "played",
        &format!("{} of {} entries", replayed.entries, replayed.of),
    );
    if replayed.limits.is_none() {
        line("limits", "none were set");
    }
    if report.build != BUILD {
        line(
            "build",
            &format!("{BUILD}, the crash's was {}", report.build),
        );
    }
    for sentence in &verdict.evidence {
        line("evidence", sentence);
    }
    for said in replayed.stderr.lines() {
        line("stderr", said);
    }
}

fn as_json(report: &Report, conclusion: &Conclusion) -> Value {
    let none: &[String] = &[];
    let (name, differences, why, replayed) = match conclusion {
        Conclusion::Same(replayed) => ("same", none, None, Some(replayed)),
        Conclusion::Differs {
            differences,
            replayed,
        } => ("differs", differences.as_slice(), None, Some(replayed)),
        Conclusion::NotReproducible { why, replayed } => {
            ("not_reproducible", none, Some(why), replayed.as_ref())
        }
    };
    json!({
        "id": report.id,
        "conclusion": name,
        "differences": differences,
        "why": why,
        "recorded": {
            "worker": report.worker.name(),
            "build": report.build,
            "cause": report.verdict.cause,
            "confidence": report.verdict.confidence,
            "failure": report.failure,
            "fingerprint": report.fingerprint,
        },
        "replayed": replayed.map(|replayed| json!({
            "worker": replayed.worker.name(),
            "build": BUILD,
            "cause": replayed.verdict.cause,
            "confidence": replayed.verdict.confidence,
            "evidence": replayed.verdict.evidence,
            "outcome": replayed.outcome,
            "fingerprint": replayed.fingerprint,
            "entries": replayed.entries,
            "of": replayed.of,
            "limits": replayed.limits,
            "stderr": replayed.stderr,
        })),
    })
}
