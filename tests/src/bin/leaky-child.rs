//! The real `worker-child` with a leak: for the account `anna` it loses one order on the way.
//!
//! Everything it says is legal, so only a comparison with eBay can find out. For every other
//! account it becomes the real program. Must be beside `worker-child`.

use std::{
    io::{self, Read, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{ChildStdin, ChildStdout, Command, ExitCode, Stdio},
    thread,
};

use shared::{
    attempt::Attempt,
    table::Table,
    wire::{
        codec::{CodecError, decode_body, encode_frame},
        message::FromChild,
    },
};

/// The account that loses an order.
const VICTIM: &str = "anna";

/// Why the leak could not be played.
#[derive(Debug, thiserror::Error)]
enum LeakError {
    #[error("talking through pipes: {0}")]
    Pipe(#[from] io::Error),
    #[error("reading a frame: {0}")]
    Codec(#[from] CodecError),
    #[error("reading attempt.json: {0}")]
    Attempt(#[from] serde_json::Error),
    #[error("{0} is missing")]
    Missing(&'static str),
}

fn main() -> ExitCode {
    match play() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // Standard output is the wire.
            drop(writeln!(io::stderr(), "leaky-child: {error}"));
            ExitCode::from(1)
        }
    }
}

fn play() -> Result<u8, LeakError> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let directory = arguments.last().map(PathBuf::from);
    let directory = directory.ok_or(LeakError::Missing("the attempt directory"))?;
    let real = std::env::current_exe()?.with_file_name("worker-child");
    let mut command = Command::new(real);
    command.arg0("worker-child").args(arguments);
    if account(&directory)? != VICTIM {
        return Err(command.exec().into());
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let input = child.stdin.take().ok_or(LeakError::Missing("stdin"))?;
    let output = child.stdout.take().ok_or(LeakError::Missing("stdout"))?;
    // Ends with the process: nobody waits for it.
    drop(thread::spawn(move || pass_down(input)));
    pass_up(output)?;
    let code = child.wait()?.code().unwrap_or(1);
    Ok(u8::try_from(code).unwrap_or(1))
}

fn account(directory: &Path) -> Result<String, LeakError> {
    let text = std::fs::read(directory.join("attempt.json"))?;
    let attempt: Attempt = serde_json::from_slice(&text)?;
    Ok(attempt.account)
}

/// What the supervisor says, byte for byte; its end is the real child's end.
fn pass_down(mut input: ChildStdin) -> io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = io::stdin().lock().read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        input.write_all(piece.get(..read).unwrap_or_default())?;
        input.flush()?;
    }
}

/// What the real child says, without the first order of the first batch that has more than one.
fn pass_up(mut output: ChildStdout) -> Result<(), LeakError> {
    let mut leak = Leak::default();
    let mut length = [0; 4];
    loop {
        match output.read_exact(&mut length) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        let mut body = vec![0; usize::try_from(u32::from_le_bytes(length)).unwrap_or(0)];
        output.read_exact(&mut body)?;
        let mut message: FromChild = decode_body(&body)?;
        leak.take(&mut message);
        let mut frame = Vec::new();
        encode_frame(&message, &mut frame)?;
        let mut stdout = io::stdout().lock();
        stdout.write_all(&frame)?;
        stdout.flush()?;
    }
}

/// What has leaked so far.
#[derive(Debug, Default)]
struct Leak {
    order: Option<String>,
    records: u64,
}

impl Leak {
    fn take(&mut self, message: &mut FromChild) {
        if let FromChild::Batch { records, .. } = message {
            let orders = || {
                records
                    .iter()
                    .filter(|record| record.table == Table::Orders)
            };
            if self.order.is_none() && orders().count() > 1 {
                self.order = orders().next().and_then(|order| order.key.first().cloned());
            }
            let before = records.len();
            let lost = |table: Table| matches!(table, Table::Orders | Table::OrderLineItems);
            records
                .retain(|record| !lost(record.table) || record.key.first() != self.order.as_ref());
            self.records += (before - records.len()) as u64;
        } else if let FromChild::Checkpoint {
            mark: shared::wire::message::Mark::Slice(_),
            counts,
            ..
        } = message
        {
            counts.records = counts
                .records
                .saturating_sub(std::mem::take(&mut self.records));
        }
    }
}
