//! Zip, gzip or plain bytes to the bytes of one document, by the first bytes alone.
//!
//! Offsets in errors are those of the raw stream. Nothing is trusted before
//! its checksum and sizes were compared; the caller learns from
//! [`Unpack::finish`] whether what it got was all.

mod detect;
mod directory;
mod gzip;
mod inflate;
mod zip;

#[cfg(test)]
mod tests;

pub use detect::Format;

use crate::parse::caps::Caps;
use crate::parse::error::ParseError;
use detect::detect;
use gzip::Gzip;
use zip::Zip;

/// Most output of one [`Unpack::step`], in bytes.
pub const PIECE_BYTES: usize = 64 << 10;
/// The ratio of output to input is judged from this much output on, in bytes.
const RATIO_FROM: u64 = 1 << 20;

/// Streaming unpacker with fixed memory.
#[derive(Debug)]
pub struct Unpack {
    caps: Caps,
    raw_bytes: u64,
    decoded_bytes: u64,
    state: State,
    failed: Option<ParseError>,
}

#[derive(Debug)]
enum State {
    /// The first bytes, too few yet to tell the format.
    Detect(Vec<u8>),
    Plain(Format),
    Gzip(Box<Gzip>),
    Zip(Box<Zip>),
}

/// What [`Unpack::step`] wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All input was used and all its output produced.
    NeedInput,
    /// There may be more output, or input is left: call again.
    More,
}

/// What a whole stream was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unpacked {
    /// The format found.
    pub format: Format,
    /// Bytes taken in.
    pub raw_bytes: u64,
    /// Bytes given out.
    pub decoded_bytes: u64,
}

impl Unpack {
    /// An unpacker under the caps `decoded_bytes` and `ratio`.
    pub fn new(caps: Caps) -> Self {
        Self {
            caps,
            raw_bytes: 0,
            decoded_bytes: 0,
            state: State::Detect(Vec::new()),
            failed: None,
        }
    }

    /// Takes from the front of `input` and appends at most 64 KiB to `out`.
    ///
    /// Call until it says [`Progress::NeedInput`], then bring new input. An
    /// error is final and comes again at every call.
    pub fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<Progress, ParseError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let (had, filled) = (input.len(), out.len());
        let result = self.advance(input, out);
        self.raw_bytes += (had - input.len()) as u64;
        self.decoded_bytes += (out.len() - filled) as u64;
        match result.map_err(|fault| fault.at(self.raw_bytes)) {
            Ok(progress) => self.hold_caps().map(|()| progress),
            Err(error) => Err(error),
        }
        .inspect_err(|error| self.failed = Some(error.clone()))
    }

    /// Whether the stream is no archive: what comes is what goes out.
    pub fn is_plain(&self) -> bool {
        matches!(self.state, State::Plain(_))
    }

    /// Counts bytes of a plain stream that the caller has taken over itself, without a copy.
    pub fn passed(&mut self, bytes: u64) -> Result<(), ParseError> {
        self.raw_bytes += bytes;
        self.decoded_bytes += bytes;
        self.hold_caps()
            .inspect_err(|error| self.failed = Some(error.clone()))
    }

    fn advance(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<Progress, Fault> {
        match &mut self.state {
            State::Detect(first) => {
                let Some((&byte, rest)) = input.split_first() else {
                    return Ok(Progress::NeedInput);
                };
                first.push(byte);
                *input = rest;
                let Some(format) = detect(first)? else {
                    return Ok(Progress::More);
                };
                match format {
                    Format::Zip => self.state = State::Zip(Box::default()),
                    Format::Gzip => self.state = State::Gzip(Box::default()),
                    Format::Xml | Format::Json => {
                        out.append(first);
                        self.state = State::Plain(format);
                    }
                }
                Ok(Progress::More)
            }
            State::Plain(_) => {
                let (piece, rest) = input.split_at_checked(PIECE_BYTES).unwrap_or((*input, &[]));
                out.extend_from_slice(piece);
                *input = rest;
                Ok(if rest.is_empty() {
                    Progress::NeedInput
                } else {
                    Progress::More
                })
            }
            State::Gzip(gzip) => gzip.step(input, out),
            State::Zip(zip) => zip.step(input, out),
        }
    }

    fn hold_caps(&self) -> Result<(), ParseError> {
        if self.decoded_bytes > self.caps.decoded_bytes {
            let what = format!("unpacks to more than {} bytes", self.caps.decoded_bytes);
            return Err(ParseError::too_large(self.raw_bytes, what));
        }
        let most = self.raw_bytes.saturating_mul(self.caps.ratio);
        if self.decoded_bytes > RATIO_FROM && self.decoded_bytes > most {
            let what = format!("unpacks to more than {} times its size", self.caps.ratio);
            return Err(ParseError::too_large(self.raw_bytes, what));
        }
        Ok(())
    }

    /// Checks that the stream is complete, once all input was taken in.
    pub fn finish(&mut self) -> Result<Unpacked, ParseError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let (format, missing) = match &self.state {
            State::Detect(first) if first.is_empty() => (Format::Xml, Some("empty body")),
            State::Detect(_) => (Format::Xml, Some("body ends within its first bytes")),
            State::Plain(format) => (*format, None),
            State::Gzip(gzip) => (Format::Gzip, gzip.missing()),
            State::Zip(zip) => (Format::Zip, zip.missing()),
        };
        if let Some(missing) = missing {
            return Err(ParseError::incomplete(self.raw_bytes, missing));
        }
        Ok(Unpacked {
            format,
            raw_bytes: self.raw_bytes,
            decoded_bytes: self.decoded_bytes,
        })
    }
}

/// What is wrong with the stream; the place is added by `step`.
#[derive(Debug)]
struct Fault(String);

impl Fault {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    fn at(self, byte: u64) -> ParseError {
        ParseError::bad(byte, self.0)
    }
}
