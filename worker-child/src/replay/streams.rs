//! The three standard streams of the child that plays a recording.

use std::collections::VecDeque;
use std::io::{self, Read, Write as _};
use std::process::{Child, ChildStderr, ChildStdout};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

use shared::wire::codec;
use shared::wire::frame;
use shared::wire::message::FromChild;

/// How much of standard error is kept: its end, in bytes.
const KEPT: usize = 24 * 1024;
/// Frames that may wait to be heard.
const AHEAD: usize = 4;

/// A message, or in words why there are no more.
pub(super) type Heard = Result<FromChild, String>;

/// What the child says.
#[derive(Debug)]
pub(super) struct Streams {
    /// Its frames, to the end of its output.
    pub(super) frames: Receiver<Heard>,
    stderr: JoinHandle<VecDeque<u8>>,
}

/// Listens to the child from now on.
pub(super) fn listen(child: &mut Child) -> io::Result<Streams> {
    let gone = || io::Error::other("the child came without pipes");
    let stdout = child.stdout.take().ok_or_else(gone)?;
    let stderr = child.stderr.take().ok_or_else(gone)?;
    let (send, frames) = mpsc::sync_channel(AHEAD);
    thread::Builder::new()
        .name("frames".to_owned())
        .spawn(move || hear(stdout, &send))?;
    let stderr = thread::Builder::new()
        .name("stderr".to_owned())
        .spawn(move || keep(stderr))?;
    Ok(Streams { frames, stderr })
}

/// Says something to the child; its standard input stays open.
pub(super) fn say(child: &mut Child, frame: &[u8]) -> io::Result<()> {
    match &mut child.stdin {
        Some(stdin) => stdin.write_all(frame),
        None => Err(io::ErrorKind::BrokenPipe.into()),
    }
}

impl Streams {
    /// The end of what it wrote to standard error.
    pub(super) fn last_words(self) -> String {
        let kept = self.stderr.join().unwrap_or_default();
        let (front, back) = kept.as_slices();
        String::from_utf8_lossy(&[front, back].concat()).into_owned()
    }
}

fn hear(mut stdout: ChildStdout, send: &SyncSender<Heard>) {
    loop {
        let heard = match frame::read_blocking(&mut stdout) {
            // A frame that its death has cut off is no frame.
            Ok(None) | Err(frame::FrameError::Io(_) | frame::FrameError::Truncated { .. }) => {
                return;
            }
            Ok(Some(body)) => codec::decode_body(&body).map_err(|error| error.to_string()),
            Err(error @ (frame::FrameError::TooLarge(_) | frame::FrameError::Empty)) => {
                Err(error.to_string())
            }
        };
        let last = heard.is_err();
        if send.send(heard).is_err() || last {
            return;
        }
    }
}

fn keep(mut stderr: ChildStderr) -> VecDeque<u8> {
    let mut kept = VecDeque::new();
    let mut piece = [0; 4096];
    // A stream that breaks has ended.
    while let Ok(got @ 1..) = stderr.read(&mut piece) {
        kept.extend(piece.get(..got).unwrap_or_default());
        let excess = kept.len().saturating_sub(KEPT);
        kept.drain(..excess);
    }
    kept
}
