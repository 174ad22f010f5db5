//! Reads a recording, entry by entry, as a hostile child may have left it.

use std::io::{self, Read};

use super::{HEAD_SIZE, HEADER_SIZE, Head, Kind, MAGIC, MAX_PAYLOAD, VERSION};
use crate::attempt::MAX_RUNS;
use crate::flight::RecordingStopped;
use crate::id::RunNo;
use crate::time::Timestamp;

/// Why a file is no recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// It cannot be read.
    #[error("reading the recording failed: {0}")]
    Io(#[from] io::Error),
    /// It is shorter than a header.
    #[error("the recording has {0} bytes and no header")]
    Short(usize),
    /// The first bytes are wrong.
    #[error("the recording has the wrong first bytes")]
    Magic,
    /// Another layout.
    #[error("the recording has version {0} instead of {VERSION}")]
    Version(u32),
    /// An entry that does not exist.
    #[error("entry {entry} of the recording is damaged: {what}")]
    Entry {
        /// Which entry, from 0.
        entry: u64,
        /// What is wrong.
        what: &'static str,
    },
}

/// An open recording.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    stopped: Option<RecordingStopped>,
    entries: u64,
    /// Bytes of the last head's payload that were not read.
    unread: u32,
    cut: bool,
}

impl<R: Read> Reader<R> {
    /// Reads the header.
    pub fn new(mut source: R) -> Result<Self, RecordingError> {
        let mut header = Vec::with_capacity(HEADER_SIZE);
        source
            .by_ref()
            .take(HEADER_SIZE as u64)
            .read_to_end(&mut header)?;
        if header.len() < HEADER_SIZE {
            return Err(RecordingError::Short(header.len()));
        }
        let mut fields = Fields(&header);
        if fields.u64() != MAGIC {
            return Err(RecordingError::Magic);
        }
        let version = fields.u32();
        if version != VERSION {
            return Err(RecordingError::Version(version));
        }
        Ok(Self {
            source,
            stopped: stopped(fields.u32()),
            entries: 0,
            unread: 0,
            cut: false,
        })
    }

    /// Why the recording is not whole, if the child had to stop it.
    pub const fn stopped(&self) -> Option<RecordingStopped> {
        self.stopped
    }

    /// Whether the last entry was cut off, once the end was met.
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// The head of the next entry; `None` at the end, which a cut-off entry is too. What was not
    /// read of the payload before is passed over.
    pub fn head(&mut self) -> Result<Option<Head>, RecordingError> {
        if !self.pass_over()? {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(HEAD_SIZE);
        let source = self.source.by_ref();
        source.take(HEAD_SIZE as u64).read_to_end(&mut bytes)?;
        if bytes.len() < HEAD_SIZE {
            self.cut = !bytes.is_empty();
            return Ok(None);
        }
        let entry = self.entries;
        let head = head(&bytes).map_err(|what| RecordingError::Entry { entry, what })?;
        self.entries += 1;
        self.unread = head.len;
        Ok(Some(head))
    }

    /// The payload of the last head; `None` if it was cut off, which is the end.
    pub fn payload(&mut self) -> Result<Option<Vec<u8>>, RecordingError> {
        let len = std::mem::take(&mut self.unread);
        let mut payload = Vec::new();
        // The length is a claim: memory grows with what is there.
        let source = self.source.by_ref();
        source.take(u64::from(len)).read_to_end(&mut payload)?;
        if payload.len() < len as usize {
            self.cut = true;
            return Ok(None);
        }
        Ok(Some(payload))
    }

    /// False at the end.
    fn pass_over(&mut self) -> Result<bool, RecordingError> {
        let unread = u64::from(std::mem::take(&mut self.unread));
        let source = self.source.by_ref();
        let passed = io::copy(&mut source.take(unread), &mut io::sink())?;
        self.cut |= passed < unread;
        Ok(!self.cut)
    }
}

/// What a recording holds as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Whole entries.
    pub entries: u64,
    /// Why it is not whole, if the child had to stop it.
    pub stopped: Option<RecordingStopped>,
    /// Whether a death cut the last entry off.
    pub cut: bool,
    /// When something last happened to each run, by position.
    pub last: Vec<Option<Timestamp>>,
    /// Whole entries of each run, those that concern all included, by position.
    pub of_run: Vec<u64>,
}

/// Reads a recording to its end.
pub fn summarise<R: Read>(source: R) -> Result<Summary, RecordingError> {
    let mut reader = Reader::new(source)?;
    let mut summary = Summary {
        entries: 0,
        stopped: reader.stopped(),
        cut: false,
        last: vec![None; MAX_RUNS],
        of_run: vec![0; MAX_RUNS],
    };
    while let Some(head) = reader.head()? {
        if !reader.pass_over()? {
            break;
        }
        summary.entries += 1;
        let each = summary.last.iter_mut().zip(&mut summary.of_run);
        for (position, (last, entries)) in each.enumerate() {
            if head.run == super::EVERYONE || head.run.index() == position {
                *entries += 1;
            }
            // A frame of the supervisor is no sign of life.
            if head.run.index() == position && !head.kind.is_frame() {
                *last = Some(head.at);
            }
        }
    }
    summary.cut = reader.is_cut();
    Ok(summary)
}

fn head(bytes: &[u8]) -> Result<Head, &'static str> {
    let mut fields = Fields(bytes);
    let [number, run, ..] = fields.u32().to_le_bytes();
    let len = fields.u32();
    let kind = Kind::from_number(number).ok_or("its kind is unknown")?;
    if len as usize > MAX_PAYLOAD {
        return Err("its payload is over the cap");
    }
    let run = RunNo(run);
    if run.index() >= MAX_RUNS && run != super::EVERYONE {
        return Err("its run is none");
    }
    Ok(Head {
        kind,
        run,
        len,
        at: Timestamp(fields.u64().cast_signed()),
        live: fields.u64(),
    })
}

const fn stopped(number: u32) -> Option<RecordingStopped> {
    match number {
        0 => None,
        1 => Some(RecordingStopped::Cap),
        _ => Some(RecordingStopped::Write),
    }
}

/// Little-endian numbers, one after the other; 0 beyond the end.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn u64(&mut self) -> u64 {
        self.take().map_or(0, u64::from_le_bytes)
    }

    fn u32(&mut self) -> u32 {
        self.take().map_or(0, u32::from_le_bytes)
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }
}
