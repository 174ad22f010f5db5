//! `worker-child parse`: one of eBay's answers through one worker's parser, without eBay.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use shared::exit::ExitCode;
use shared::record::Record;
use shared::table::Table;
use shared::worker::Worker;

use super::{complain, death, line};
use crate::confine::{self, ConfineError};
use crate::parse::unpack::Format;
use crate::parse::{Caps, ParseError};
use crate::workers::body::{BodyReader, BodyStep, BodySummary};
use crate::workers::registry;

/// How much is read at a time, in bytes.
const PIECE: u64 = 64 * 1024;
/// How much output is collected before it is written, in bytes.
const OUTPUT: usize = 64 * 1024;

/// Show what a worker makes of one of eBay's answers
///
/// Reads one response body, as eBay sent it, and prints the rows that the worker would store: one
/// JSON object per line, with the table, the key, the columns by name, and the item itself
/// (payload). XML, JSON, and either in a zip or gzip are told by their first bytes. Of the kinds of
/// answers that the worker knows, the one that fits is taken.
///
/// Nothing is stored, nothing is asked of eBay, and no token is needed. The body may be of any size.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   the body is complete, and everything in it was printed
  64  the command line is wrong, or the input cannot be read
  69  standard output cannot be written
  72  the body is damaged, cut off, not an answer that this worker reads, or says that the call
      failed; what was printed before is not all of it, and standard error says where and why

Examples:
  worker-child parse active_inventory --input report.zip | head
  curl … | worker-child parse orders --format count")]
pub(super) struct ParseArgs {
    /// Whose parser.
    #[arg(value_parser = worker_parser())]
    worker: Worker,
    /// The file with the body; - is standard input.
    #[arg(long, value_name = "FILE", default_value = "-")]
    input: PathBuf,
    /// What to print: the rows, or one JSON object with how many there are and how long it took.
    #[arg(long, value_enum, default_value_t = Output::Jsonl)]
    format: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// One line of JSON per row.
    Jsonl,
    /// One JSON object with counts.
    Count,
}

pub(super) fn worker_parser() -> impl clap::builder::TypedValueParser<Value = Worker> {
    PossibleValuesParser::new(Worker::ALL.map(Worker::name))
        .try_map(|name| Worker::from_name(&name).ok_or("no such worker"))
}

/// Why a body was not printed to its end.
#[derive(Debug)]
enum Stopped {
    Input(io::Error),
    Output(io::Error),
    Body(ParseError),
}

/// What was printed so far.
#[derive(Debug, Default)]
struct Counts {
    records: u64,
    items: u64,
    tables: BTreeMap<Table, u64>,
}

/// Reads the body and prints its records.
pub(super) fn parse(args: &ParseArgs) -> Result<(), ExitCode> {
    death::install();
    if registry::bodies(args.worker).is_empty() {
        let what = format!("no answer that {} gets can be read by hand", args.worker);
        return Err(complain(&what, ExitCode::Usage));
    }
    let cannot = |error: ConfineError| complain(&error, ExitCode::Confine);
    confine::confine_by_hand().map_err(cannot)?;
    let input = open(&args.input).map_err(|error| {
        let what = format!("opening {} failed: {error}", args.input.display());
        complain(&what, ExitCode::Usage)
    })?;
    confine::close_the_door().map_err(cannot)?;
    let begun = Instant::now();
    let mut out = BufWriter::with_capacity(OUTPUT, io::stdout().lock());
    let mut counts = Counts::default();
    let read = read(args, input, &mut out, &mut counts);
    let written = match args.format {
        Output::Jsonl => Ok(()),
        Output::Count => {
            let counted = counts.shown(args.worker, read.as_ref().ok(), begun);
            writeln!(out, "{counted}")
        }
    };
    let written = written.and_then(|()| out.flush());
    let stopped = read.err().or(written.err().map(Stopped::Output));
    stopped.map_or(Ok(()), |stopped| tell(&stopped, args.worker, &counts))
}

fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if path != Path::new("-") {
        return Ok(Box::new(File::open(path)?));
    }
    let stdin = io::stdin();
    if stdin.is_terminal() {
        // A person may wait for something that waits for the person.
        writeln!(
            io::stderr(),
            "worker-child: reading from the terminal; --input names a file"
        )
        .ok();
    }
    Ok(Box::new(stdin.lock()))
}

fn read(
    args: &ParseArgs,
    mut input: Box<dyn Read>,
    out: &mut impl Write,
    counts: &mut Counts,
) -> Result<BodySummary, Stopped> {
    let mut reader = BodyReader::new(registry::bodies(args.worker), Caps::default());
    let mut line = String::new();
    loop {
        match reader.next().map_err(Stopped::Body)? {
            BodyStep::Item(records) => {
                counts.items += 1;
                for record in records.iter() {
                    counts.add(record);
                    if args.format == Output::Jsonl {
                        line.clear();
                        line::push(record, &mut line);
                        out.write_all(line.as_bytes()).map_err(Stopped::Output)?;
                    }
                }
            }
            BodyStep::Yield => {}
            BodyStep::NeedMore => {
                let mut piece = input.by_ref().take(PIECE);
                let got = piece.read_to_end(reader.space()).map_err(Stopped::Input)?;
                if got == 0 {
                    reader.end();
                }
            }
            BodyStep::End(summary) => return Ok(summary),
        }
    }
}

/// Says why, unless nobody listens any more, and how far it came.
fn tell(stopped: &Stopped, worker: Worker, counts: &Counts) -> Result<(), ExitCode> {
    match stopped {
        // Whoever read the lines has enough of them.
        Stopped::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Stopped::Output(error) => {
            let what = format!("writing to standard output failed: {error}");
            Err(complain(&what, ExitCode::Output))
        }
        Stopped::Input(error) => {
            let what = format!("reading the input failed: {error}");
            Err(complain(&what, ExitCode::Usage))
        }
        Stopped::Body(error) => {
            let Counts { records, items, .. } = counts;
            let what = format!(
                "{worker}: {error}\nIncomplete: {records} rows of {items} items came before"
            );
            Err(complain(&what, ExitCode::Body))
        }
    }
}

impl Counts {
    fn add(&mut self, record: &Record) {
        self.records += 1;
        *self.tables.entry(record.table).or_default() += 1;
    }

    fn shown(&self, worker: Worker, whole: Option<&BodySummary>, begun: Instant) -> String {
        let format = whole.map(|whole| match whole.format {
            Format::Zip => "zip",
            Format::Gzip => "gzip",
            Format::Xml => "xml",
            Format::Json => "json",
        });
        let tables = self.tables.iter();
        let tables: Map<String, Value> = tables
            .map(|(table, rows)| (table.def().name.to_owned(), json!(rows)))
            .collect();
        json!({
            "worker": worker.name(),
            "complete": whole.is_some(),
            "records": self.records,
            "items": whole.map_or(self.items, |whole| whole.items),
            "tables": tables,
            "format": format,
            "bytes": whole.map(|whole| whole.bytes),
            "raw_bytes": whole.map(|whole| whole.raw_bytes),
            "seconds": begun.elapsed().as_secs_f64(),
        })
        .to_string()
    }
}
