//! gzip (RFC 1952): one or more members, each with its checksum and size.

use super::inflate::{Flow, Inflate, number};
use super::{Fault, Progress};

/// Fixed part of a member's header, in bytes.
const HEADER: usize = 10;
/// CRC-32 and size after the data, in bytes.
const TRAILER: usize = 8;
/// Longest name or comment in a header, in bytes.
const TEXT_BYTES: u64 = 64 << 10;

/// Reader of a whole gzip stream, from the byte after the magic on.
#[derive(Debug, Default)]
pub(super) struct Gzip {
    part: Part,
    held: Vec<u8>,
    /// Bytes of the current optional header field seen so far.
    seen: u64,
    flags: u8,
    data: Inflate,
}

/// Where in a member the stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    /// The first header; its magic was taken by the detection.
    #[default]
    First,
    /// A further header, or the end.
    Header,
    ExtraLen,
    Extra(u64),
    Name,
    Comment,
    HeaderSum,
    Data,
    Trailer,
}

impl Gzip {
    /// See [`super::Unpack::step`].
    pub(super) fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<Progress, Fault> {
        if self.part == Part::First {
            self.held = vec![0x1f, 0x8b];
            self.part = Part::Header;
        }
        if self.part == Part::Data {
            return Ok(match self.data.inflate(input, out)? {
                Flow::NeedInput => Progress::NeedInput,
                Flow::More => Progress::More,
                Flow::Ended => {
                    self.part = Part::Trailer;
                    Progress::More
                }
            });
        }
        let Some((&byte, rest)) = input.split_first() else {
            return Ok(Progress::NeedInput);
        };
        *input = rest;
        self.held.push(byte);
        self.seen += 1;
        self.header_byte(byte)?;
        Ok(Progress::More)
    }

    /// Takes one byte outside the data, which was just put into `held`.
    fn header_byte(&mut self, byte: u8) -> Result<(), Fault> {
        let held = self.held.len();
        match self.part {
            Part::Header => {
                if number(&self.held, 0, 1) != 0x1f || held > 1 && number(&self.held, 1, 1) != 0x8b
                {
                    return Err(Fault::new("bytes after the end of the gzip stream"));
                }
                if held == HEADER {
                    self.begin()?;
                }
            }
            Part::ExtraLen if held == 2 => {
                let len = number(&self.held, 0, 2);
                if len == 0 {
                    self.field_after(0x04);
                } else {
                    self.enter(Part::Extra(len));
                }
            }
            Part::Extra(len) => {
                self.held.clear();
                if self.seen == len {
                    self.field_after(0x04);
                }
            }
            Part::Name | Part::Comment => {
                self.held.clear();
                if self.seen > TEXT_BYTES {
                    return Err(Fault::new("endless name in a gzip header"));
                }
                if byte == 0 {
                    let flag = if self.part == Part::Name { 0x08 } else { 0x10 };
                    self.field_after(flag);
                }
            }
            Part::HeaderSum if held == 2 => self.field_after(0x02),
            Part::Trailer if held == TRAILER => self.check()?,
            Part::First | Part::Data | Part::ExtraLen | Part::HeaderSum | Part::Trailer => {}
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Fault> {
        if number(&self.held, 2, 1) != 8 {
            return Err(Fault::new("gzip method is not deflate"));
        }
        self.flags = self.held.get(3).copied().unwrap_or_default();
        if self.flags & 0xe0 != 0 {
            return Err(Fault::new("reserved flags in a gzip header"));
        }
        self.data.reset();
        self.field_after(0);
        Ok(())
    }

    /// Goes on to the next field that the flags announce after the one of `flag`.
    fn field_after(&mut self, flag: u8) {
        let order = [
            (0x04, Part::ExtraLen),
            (0x08, Part::Name),
            (0x10, Part::Comment),
            (0x02, Part::HeaderSum),
        ];
        let done = order.iter().position(|(f, _)| *f == flag);
        let next = order
            .iter()
            .skip(done.map_or(0, |at| at + 1))
            .find(|(f, _)| self.flags & f != 0);
        self.enter(next.map_or(Part::Data, |(_, part)| *part));
    }

    fn enter(&mut self, part: Part) {
        self.held.clear();
        self.seen = 0;
        self.part = part;
    }

    fn check(&mut self) -> Result<(), Fault> {
        if number(&self.held, 0, 4) != u64::from(self.data.crc()) {
            return Err(Fault::new("wrong checksum in a gzip stream"));
        }
        if number(&self.held, 4, 4) != self.data.given & 0xffff_ffff {
            return Err(Fault::new("wrong size in a gzip stream"));
        }
        self.enter(Part::Header);
        Ok(())
    }

    /// What is missing if the stream ends here.
    pub(super) fn missing(&self) -> Option<&'static str> {
        match self.part {
            Part::Header if self.held.is_empty() => None,
            Part::Data => Some("gzip stream ends within its data"),
            Part::Trailer => Some("gzip stream ends before its checksum"),
            Part::First
            | Part::Header
            | Part::ExtraLen
            | Part::Extra(_)
            | Part::Name
            | Part::Comment
            | Part::HeaderSum => Some("gzip stream ends within a header"),
        }
    }
}
