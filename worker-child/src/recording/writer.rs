//! Writes a recording: each entry with one write, before anybody acts on it, so that it survives
//! whatever kills the process.
//!
//! It stops by itself at its cap or when it cannot write, says so in the file's header and in the
//! flight recorder, and the sync goes on without.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use shared::attempt::MAX_RUNS;
use shared::flight::RecordingStopped;
use shared::id::RunNo;
use shared::recording::{
    HEAD_SIZE, HEADER_SIZE, Head, Kind, MAX_PAYLOAD, Reader, RecordingError, STOPPED_AT, stop_mark,
};
use shared::secret::Secret;
use shared::time::Timestamp;
use shared::wire::message::ToChild;

use super::frame;
use super::mask::{Masks, Tail};
use crate::stage::{self, heap};

/// Why a recording cannot be begun.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The file cannot be opened.
    #[error("opening {} failed: {source}", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not what the supervisor writes.
    #[error("{}: {source}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: RecordingError,
    },
}

/// Records what happens. Clones share it.
#[derive(Debug, Clone)]
pub struct Recorder {
    now: fn() -> Timestamp,
    writer: Rc<RefCell<Writer>>,
}

#[derive(Debug, Default)]
struct Writer {
    file: Option<File>,
    /// Bytes in the file, and how many there may be.
    size: u64,
    cap: u64,
    tokens: Vec<Secret>,
    masks: Masks,
    tails: [Tail; MAX_RUNS],
}

impl Recorder {
    /// One that records nothing.
    pub fn off(now: fn() -> Timestamp) -> Self {
        let writer = Rc::default();
        Self { now, writer }
    }

    /// Opens the recording; without a file nothing is recorded.
    pub fn open(path: &Path, now: fn() -> Timestamp) -> Result<Self, RecorderError> {
        let recorder = Self::off(now);
        let open = |source| RecorderError::Open {
            path: path.to_owned(),
            source,
        };
        let mut file = match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(recorder),
            Err(error) => return Err(open(error)),
        };
        Reader::new(&file).map_err(|source| RecorderError::Content {
            path: path.to_owned(),
            source,
        })?;
        let mut writer = recorder.writer.borrow_mut();
        writer.size = file.seek(SeekFrom::End(0)).map_err(open)?;
        writer.file = Some(file);
        drop(writer);
        Ok(recorder)
    }

    /// Sets the most bytes that the file may have, and the token that may not stand in it.
    pub fn begin(&self, cap: u64, token: &Secret) {
        let mut writer = self.writer.borrow_mut();
        writer.cap = cap;
        if cap == 0 {
            writer.file = None;
        }
        writer.know(token);
    }

    /// The time; that it was asked for is noted.
    pub fn clock(&self, run: RunNo) -> Timestamp {
        let now = (self.now)();
        self.writer.borrow_mut().note(now, run, Kind::Clock, &[]);
        now
    }

    /// Notes something that happened to a run.
    pub fn note(&self, run: RunNo, kind: Kind, payload: &[u8]) {
        let mut writer = self.writer.borrow_mut();
        if writer.file.is_some() {
            writer.note((self.now)(), run, kind, payload);
        }
    }

    /// Notes the next piece of the body that the run reads.
    pub fn chunk(&self, run: RunNo, bytes: &[u8]) {
        let mut writer = self.writer.borrow_mut();
        if writer.file.is_some() {
            writer.chunk((self.now)(), run, bytes);
        }
    }

    /// Notes what the supervisor said, before the runs hear of it.
    pub fn frame(&self, message: &ToChild) {
        let mut writer = self.writer.borrow_mut();
        let token = match message {
            ToChild::Token { token, .. } => token.as_ref().map(|token| writer.know(token)),
            ToChild::Start { .. }
            | ToChild::Ack { .. }
            | ToChild::Refused { .. }
            | ToChild::Stop { .. }
            | ToChild::Needed { .. }
            | ToChild::Exchange(_) => None,
        };
        if writer.file.is_some()
            && let Some((run, kind, payload)) = frame::payload(message, token)
        {
            writer.note((self.now)(), run, kind, &payload);
        }
    }
}

impl Writer {
    /// The token's number among those of the attempt.
    fn know(&mut self, token: &Secret) -> u32 {
        let known = self.tokens.iter().position(|known| known == token);
        let number = known.unwrap_or_else(|| {
            self.masks.add(token.expose());
            self.tokens.push(token.clone());
            self.tokens.len() - 1
        });
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    fn note(&mut self, at: Timestamp, run: RunNo, kind: Kind, payload: &[u8]) {
        if matches!(kind, Kind::Answer | Kind::BodyEnd | Kind::BodyError)
            && let Some(tail) = self.tails.get_mut(run.index())
        {
            *tail = Tail::default();
        }
        let masks = std::mem::take(&mut self.masks);
        self.append(at, run, kind, &masks.whole(payload));
        self.masks = masks;
    }

    fn chunk(&mut self, at: Timestamp, run: RunNo, bytes: &[u8]) {
        let masks = std::mem::take(&mut self.masks);
        if let Some(tail) = self.tails.get_mut(run.index()) {
            let masked = masks.piece(tail, bytes);
            self.append(at, run, Kind::Chunk, &masked);
        }
        self.masks = masks;
    }

    fn append(&mut self, at: Timestamp, run: RunNo, kind: Kind, payload: &[u8]) {
        let Some(file) = &mut self.file else {
            return;
        };
        let whole = HEAD_SIZE + payload.len();
        let fits = self.size.saturating_add(whole as u64) <= self.cap;
        let len = u32::try_from(payload.len()).ok();
        let Some(len) = len.filter(|len| fits && *len as usize <= MAX_PAYLOAD) else {
            return self.stop(RecordingStopped::Cap);
        };
        let live = heap::live();
        let head = Head {
            kind,
            run,
            len,
            at,
            live,
        };
        let head = head.bytes();
        let parts = [IoSlice::new(&head), IoSlice::new(payload)];
        match file.write_vectored(&parts) {
            Ok(written) if written == whole => {
                self.size += whole as u64;
                stage::recorded(self.size.saturating_sub(HEADER_SIZE as u64));
            }
            Ok(_) | Err(_) => self.stop(RecordingStopped::Write),
        }
    }

    fn stop(&mut self, why: RecordingStopped) {
        stage::recording_stopped(why);
        if let Some(file) = self.file.take() {
            // If even that cannot be written, the flight recorder has it.
            file.write_all_at(&stop_mark(Some(why)), STOPPED_AT).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::recording::{empty, summarise};

    use super::*;

    const RUN: RunNo = RunNo(1);

    fn opened(cap: u64) -> (tempfile::NamedTempFile, Recorder) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), empty()).unwrap();
        let recorder = Recorder::open(file.path(), || Timestamp(5)).unwrap();
        recorder.begin(cap, &Secret::new("first-secret".to_owned()));
        (file, recorder)
    }

    fn entries(file: &tempfile::NamedTempFile) -> Vec<(Kind, Vec<u8>)> {
        let mut reader = Reader::new(File::open(file.path()).unwrap()).unwrap();
        std::iter::from_fn(|| {
            let head = reader.head().unwrap()?;
            Some((head.kind, reader.payload().unwrap().unwrap()))
        })
        .collect()
    }

    #[test]
    fn tokens_are_numbers() {
        let (file, recorder) = opened(10_000);
        let token = |text: &str| ToChild::Token {
            run: RUN,
            token: Some(Secret::new(text.to_owned())),
        };
        recorder.frame(&token("first-secret"));
        recorder.frame(&token("next-secret"));
        recorder.frame(&ToChild::Token {
            run: RUN,
            token: None,
        });
        recorder.note(RUN, Kind::BodyError, b"it said next-secret");
        recorder.chunk(RUN, b"a first-sec");
        recorder.chunk(RUN, b"ret b");
        let expected = [
            (Kind::Token, vec![0, 0, 0, 0]),
            (Kind::Token, vec![1, 0, 0, 0]),
            (Kind::Token, vec![]),
            (Kind::BodyError, b"it said xxxxxxxxxxx".to_vec()),
            (Kind::Chunk, b"a xxxxxxxxx".to_vec()),
            (Kind::Chunk, b"xxx b".to_vec()),
        ];
        assert_eq!(entries(&file), expected);
    }

    #[test]
    fn it_stops_at_its_cap() {
        let room = (HEADER_SIZE + 2 * HEAD_SIZE + 3) as u64;
        let (file, recorder) = opened(room);
        assert_eq!(recorder.clock(RUN), Timestamp(5));
        recorder.chunk(RUN, b"abc");
        recorder.note(RUN, Kind::BodyEnd, &[]);
        recorder.note(RUN, Kind::Turn, &[]);
        let summary = summarise(File::open(file.path()).unwrap()).unwrap();
        assert_eq!(summary.entries, 2);
        assert_eq!(summary.stopped, Some(RecordingStopped::Cap));
        assert!(!summary.cut);
        assert_eq!(file.as_file().metadata().unwrap().len(), room);
    }

    #[test]
    fn it_stops_when_it_cannot_write() {
        let recorder = Recorder::off(|| Timestamp(5));
        recorder.begin(10_000, &Secret::new("secret".to_owned()));
        // Every write to it fails with ENOSPC: full(4).
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        recorder.writer.borrow_mut().file = Some(full);
        recorder.note(RUN, Kind::Turn, &[]);
        assert!(recorder.writer.borrow().file.is_none());
        assert_eq!(recorder.clock(RUN), Timestamp(5), "the sync goes on");
    }

    #[test]
    fn nothing_without_a_file_or_room() {
        let missing = Path::new("/nonexistent/recording");
        assert!(Recorder::open(missing, || Timestamp(0)).is_ok());
        let (file, recorder) = opened(0);
        recorder.note(RUN, Kind::Turn, &[]);
        assert!(entries(&file).is_empty());
        std::fs::write(file.path(), b"something else").unwrap();
        let other = Recorder::open(file.path(), || Timestamp(0));
        assert!(matches!(other, Err(RecorderError::Content { .. })));
    }
}
