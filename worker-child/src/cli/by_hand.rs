//! `worker-child run`: an attempt by hand, without a supervisor.

use std::cell::Cell;
use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::Args;
use serde_json::{Value, json};
use shared::attempt::Attempt;
use shared::exit::ExitCode;
use shared::recording;
use shared::secret::Secret;
use shared::wire::message::{FromChild, Mark};
use shared::worker::Worker;

use super::{complain, death, line};
use crate::confine;
use crate::fetch::{Client, roots};
use crate::recording::Recorder;
use crate::session::by_hand::Listener;
use crate::session::{clock, drive, start};

/// The most bytes of a recording if the orders do not say.
const RECORDING_CAP: u64 = 256 << 20;
/// Longest token that is read, in bytes.
const TOKEN_BYTES: u64 = 64 * 1024;

/// Run an attempt by hand, against eBay or a simulated one
///
/// Does what a supervisor's child does, with its orders from a file such as the attempt.json beside
/// a crash report. Every record goes to standard output as one JSON object per line, as with
/// `parse`; what else happens (checkpoints, states, failures) goes to standard error, one JSON
/// object per line, with the member `event`. Nothing is stored: everything counts as accepted,
/// every item as wanted, and there is no fresher token. The time that the runs had counts from now;
/// no limit is set.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   every run completed, or asked to come back later
  1   a run failed
  64  the command line is wrong, or a file cannot be used
  69  standard output cannot be written
  70  the runtime, the certificate roots or the HTTP client could not be set up

Examples:
  worker-child run --attempt attempt.json --token-file token | head
  worker-child run --attempt attempt.json --recording recording < token > records.jsonl")]
pub(super) struct RunArgs {
    /// The orders.
    #[arg(long, value_name = "FILE")]
    attempt: PathBuf,
    /// The file with the access token; - is standard input.
    #[arg(long, value_name = "FILE", default_value = "-")]
    token_file: PathBuf,
    /// Record what happens in this new file, and the orders as they were run in FILE.json: with the
    /// report of a crash they make what `replay` plays.
    #[arg(long, value_name = "FILE")]
    recording: Option<PathBuf>,
}

/// Runs, prints, and says whether every run ended well.
pub(super) fn run(args: &RunArgs) -> Result<bool, ExitCode> {
    death::install();
    confine::confine_by_hand().map_err(|error| complain(&error, ExitCode::Confine))?;
    let usage = |what: String| complain(&what, ExitCode::Usage);
    let attempt = orders(&args.attempt).map_err(usage)?;
    let token = token(&args.token_file)
        .map_err(|error| usage(format!("reading the token failed: {error}")))?;
    let recorder = recorder(args.recording.as_deref(), &attempt).map_err(usage)?;
    let cap = match attempt.recording_cap {
        0 => RECORDING_CAP,
        cap => cap,
    };
    recorder.begin(cap, &token);
    let workers: Vec<Worker> = attempt.runs.iter().map(|order| order.worker).collect();
    let begun = start::by_hand(attempt, token).map_err(|error| usage(error.to_string()))?;
    let setup = |error: &dyn std::fmt::Display| complain(error, ExitCode::Setup);
    super::sandbox(begun.attempt.sandbox, &begun.doors)?;
    let tls = roots::tls(begun.doors.roots).map_err(|error| setup(&error))?;
    let client =
        Client::new(&begun.attempt, &begun.token, tls, recorder).map_err(|error| setup(&error))?;
    let failed = Rc::new(Cell::new(false));
    let told = Rc::clone(&failed);
    let listener = Listener::new(move |message| {
        told.set(told.get() || matches!(message, FromChild::RunFailed { .. }));
        tell(message, &workers)
    });
    drive::drive_by_hand(begun, client, listener)
        .map_err(|error| complain(&error, error.exit_code()))?;
    Ok(!failed.get())
}

/// The orders, with the time that the runs had counted from now.
fn orders(path: &Path) -> Result<Attempt, String> {
    let text = fs::read(path).map_err(|error| format!("reading {}: {error}", path.display()))?;
    let mut attempt: Attempt = serde_json::from_slice(&text)
        .map_err(|error| format!("{} makes no sense: {error}", path.display()))?;
    let now = clock::now();
    for order in &mut attempt.runs {
        order.take_until = now.plus(order.take_until.since(attempt.started_at));
        order.deadline = now.plus(order.deadline.since(attempt.started_at));
    }
    attempt.started_at = now;
    Ok(attempt)
}

fn token(path: &Path) -> io::Result<Secret> {
    let mut text = String::new();
    if path == Path::new("-") {
        io::stdin()
            .lock()
            .take(TOKEN_BYTES)
            .read_to_string(&mut text)?;
    } else {
        fs::File::open(path)?
            .take(TOKEN_BYTES)
            .read_to_string(&mut text)?;
    }
    match text.trim() {
        "" => Err(io::Error::other("there is none")),
        token => Ok(Secret::new(token.to_owned())),
    }
}

fn recorder(path: Option<&Path>, attempt: &Attempt) -> Result<Recorder, String> {
    let Some(path) = path else {
        return Ok(Recorder::off(clock::now));
    };
    let mut orders = path.as_os_str().to_owned();
    orders.push(".json");
    let json = serde_json::to_vec_pretty(attempt).map_err(|error| error.to_string())?;
    for (path, content) in [
        (path, recording::empty().as_slice()),
        (orders.as_ref(), &json),
    ] {
        make(path, content)
            .map_err(|error| format!("making {} failed: {error}", path.display()))?;
    }
    Recorder::open(path, clock::now).map_err(|error| error.to_string())
}

fn make(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(content)
}

fn tell(message: &FromChild, workers: &[Worker]) -> io::Result<()> {
    if let FromChild::Batch { records, .. } = message {
        let mut lines = String::new();
        for record in records {
            line::push(record, &mut lines);
        }
        return io::stdout().lock().write_all(lines.as_bytes());
    }
    let Some((name, more)) = event(message) else {
        return Ok(());
    };
    let worker = message.run().and_then(|run| workers.get(run.index()));
    let mut line = json!({ "event": name, "worker": worker.map(|worker| worker.name()) });
    if let (Some(line), Value::Object(more)) = (line.as_object_mut(), more) {
        line.extend(more);
    }
    writeln!(io::stderr().lock(), "{line}")
}

/// The name of an event, and what belongs to it; none of what only holds the wire together.
fn event(message: &FromChild) -> Option<(&'static str, Value)> {
    Some(match message {
        FromChild::State { state, .. } => ("state", json!({ "state": state })),
        FromChild::Checkpoint { mark, counts, .. } => (
            "checkpoint",
            json!({
                "mark": mark_of(mark),
                "records": counts.records,
                "items": counts.items,
                "announced": counts.announced,
            }),
        ),
        FromChild::Skipped { skip, rows, .. } => ("skipped", json!({ "skip": skip, "rows": rows })),
        FromChild::Waiting { until, .. } => ("waiting", json!({ "until": until })),
        FromChild::Probe { items, .. } => ("probe", json!({ "items": items.len() })),
        FromChild::NeedToken { .. } => ("need_token", json!({})),
        FromChild::RunDone { .. } => ("done", json!({})),
        FromChild::RunSnoozed { until, .. } => ("snoozed", json!({ "until": until })),
        FromChild::RunFailed { failure, .. } => ("failed", json!({ "failure": failure })),
        FromChild::Hello { .. }
        | FromChild::Batch { .. }
        | FromChild::Exchanged(_)
        | FromChild::Bye => return None,
    })
}

fn mark_of(mark: &Mark) -> Value {
    match mark {
        Mark::Slice(slice) => json!({ "slice": [slice.start, slice.end] }),
        Mark::Deep(slice) => json!({ "deep": [slice.start, slice.end] }),
        Mark::Snapshot(at) => json!({ "snapshot": at }),
        Mark::Rescan(until) => json!({ "rescan": until }),
    }
}
