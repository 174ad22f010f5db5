//! A child that lets the real one do the work and keeps back some of its rows: a loss that no frame
//! betrays, and only a comparison with eBay can show.
//!
//! It is what a faulty child does with a token that is no script, such as the demo's.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use nix::sys::signal::Signal;
use shared::attempt::Attempt;
use shared::exit::ExitCode;
use shared::secret::Secret;
use shared::wire::codec::{decode_body, encode_frame};
use shared::wire::frame::{BIG_BODY, read_blocking};
use shared::wire::message::{FromChild, ToChild};

use super::deaths;
use super::talk::{Talk, TalkError};

/// Of so many records in a batch one is kept back, but never the first.
const KEPT_BACK: usize = 4;

/// Lets the `worker-child` beside this program do what was ordered; returns the exit code. Dies
/// of the signal that it dies of.
pub(super) fn stand_in(
    talk: &mut Talk,
    attempt_dir: &Path,
    attempt: Attempt,
    token: Secret,
) -> Result<u8, TalkError> {
    let mut kept_back = KeptBack(vec![0; attempt.runs.len()]);
    let start = ToChild::Start {
        attempt: Box::new(attempt),
        token,
    };
    let mut child = spawn(attempt_dir).map_err(TalkError::Write)?;
    let (Some(mut input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
        return Ok(ExitCode::Setup.code());
    };
    let mut frame = Vec::new();
    encode_frame(&start, &mut frame)?;
    input.write_all(&frame).map_err(TalkError::Write)?;
    // It ends with either end of the pipe, or with this process.
    std::thread::spawn(move || io::copy(&mut io::stdin(), &mut input));
    // Our own Hello stands for this one.
    read_blocking(&mut output)?;
    while let Some(body) = read_blocking(&mut output)? {
        pass_on(talk, body, &mut kept_back)?;
    }
    Ok(follow(end(child, output)?))
}

fn spawn(attempt_dir: &Path) -> io::Result<Child> {
    let own = std::fs::read_link("/proc/self/exe")?;
    Command::new(own.with_file_name("worker-child"))
        .arg("sync")
        .arg(attempt_dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
}

fn end(mut child: Child, mut output: ChildStdout) -> Result<ExitStatus, TalkError> {
    output
        .read_to_end(&mut Vec::new())
        .map_err(TalkError::Write)?;
    child.wait().map_err(TalkError::Write)
}

/// Ends as the other one did.
fn follow(status: ExitStatus) -> u8 {
    if let Some(Ok(signal)) = status.signal().map(Signal::try_from) {
        deaths::raise_twice(signal);
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.unwrap_or_else(|| ExitCode::Setup.code())
}

fn pass_on(talk: &mut Talk, body: Vec<u8>, kept_back: &mut KeptBack) -> Result<(), TalkError> {
    // A record of that size stays whole: this process has little memory itself.
    if body.len() > BIG_BODY {
        let len = u32::try_from(body.len()).unwrap_or(u32::MAX);
        talk.raw(&len.to_le_bytes())?;
        return talk.raw(&body);
    }
    let mut message: FromChild = decode_body(&body)?;
    drop(body);
    kept_back.filter(&mut message);
    talk.say(&message)
}

/// How many records of each run were kept back since its last checkpoint.
#[derive(Debug)]
struct KeptBack(Vec<u64>);

impl KeptBack {
    fn filter(&mut self, message: &mut FromChild) {
        let Some(count) = message.run().and_then(|run| self.0.get_mut(run.index())) else {
            return;
        };
        if let FromChild::Batch { records, .. } = message {
            let before = records.len();
            let mut position = 0;
            records.retain(|_| {
                position += 1;
                position % KEPT_BACK != 2
            });
            *count += (before - records.len()) as u64;
        } else if let FromChild::Checkpoint { counts, .. } = message {
            counts.records -= (*count).min(counts.records);
            *count = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::id::RunNo;
    use shared::time::Timestamp;
    use shared::wire::message::{Counts, Mark};

    use super::super::script::{PREFIX, Script};
    use super::super::world::World;
    use super::*;

    #[test]
    fn checkpoints_do_not_betray_what_is_missing() {
        let script = Script::parse(PREFIX).unwrap();
        let run = RunNo(0);
        let mut kept_back = KeptBack(vec![0]);
        let batch = |count: usize| FromChild::Batch {
            run,
            seq: 0,
            records: World::new(&script)
                .listings()
                .into_iter()
                .take(count)
                .collect(),
        };
        let mut left = Vec::new();
        for count in [1, 2, 8] {
            let mut message = batch(count);
            kept_back.filter(&mut message);
            if let FromChild::Batch { records, .. } = message {
                left.push(records.len());
            }
        }
        assert_eq!(left, [1, 1, 6]);
        let mut checkpoint = FromChild::Checkpoint {
            run,
            seq: 3,
            mark: Mark::Snapshot(Timestamp(0)),
            counts: Counts {
                records: 11,
                ..Counts::default()
            },
        };
        kept_back.filter(&mut checkpoint);
        assert!(
            matches!(checkpoint, FromChild::Checkpoint { counts, .. } if counts.records == 8),
            "{checkpoint:?}"
        );
        assert_eq!(kept_back.0, [0]);
    }
}
