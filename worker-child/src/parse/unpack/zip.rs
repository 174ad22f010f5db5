//! Zip archives read as a stream: every member in turn, then the central directory.
//!
//! One member may hold data. Which one is judged by content, not by name:
//! folders and empty members are passed over, a second full one is refused.

use super::directory::{Directory, Member};
use super::inflate::{Flow, Inflate, number};
use super::{Fault, Progress};

/// Fixed part of a local header, in bytes.
const LOCAL: usize = 30;
/// Longest data descriptor, with its signature, in bytes.
const DESCRIPTOR: usize = 24;
const LOCAL_SIGN: u64 = 0x0403_4b50;
const DESCRIPTOR_SIGN: u64 = 0x0807_4b50;
/// The size that says: see the zip64 field.
pub(super) const SIZE_64: u64 = 0xffff_ffff;
/// Most members, full or empty.
const MEMBERS: usize = 64;

/// Reader of a whole archive, from the byte after the first signature on.
#[derive(Debug, Default)]
pub(super) struct Zip {
    part: Part,
    held: Vec<u8>,
    /// Offset of the byte after `held`, in the archive.
    at: u64,
    current: Local,
    data: Inflate,
    full: bool,
    directory: Directory,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    /// The first header; its signature was taken by the detection.
    #[default]
    First,
    /// A further local header, or the central directory.
    Header,
    Data,
    Descriptor,
    Directory,
}

/// What a local header announces.
#[derive(Clone, Copy, Debug, Default)]
struct Local {
    offset: u64,
    stored: bool,
    /// CRC and sizes follow the data.
    described: bool,
    crc: u64,
    packed: u64,
    size: u64,
}

impl Zip {
    /// See [`super::Unpack::step`].
    pub(super) fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<Progress, Fault> {
        match self.part {
            Part::First => {
                self.held = LOCAL_SIGN.to_le_bytes().iter().copied().take(4).collect();
                self.at = 4;
                self.part = Part::Header;
            }
            Part::Header => {
                if !self.fill(4, input) {
                    return Ok(Progress::NeedInput);
                }
                if number(&self.held, 0, 4) != LOCAL_SIGN {
                    self.part = Part::Directory;
                } else if !self.fill(LOCAL, input) || !self.fill(self.local_len(), input) {
                    return Ok(Progress::NeedInput);
                } else {
                    self.begin()?;
                }
            }
            Part::Data => return self.data(input, out),
            Part::Descriptor => {
                // The central directory is longer than what is held too much here.
                if !self.fill(DESCRIPTOR + 4, input) {
                    return Ok(Progress::NeedInput);
                }
                self.descriptor()?;
            }
            Part::Directory => {
                let Some(wanted) = self.directory.wanted(&self.held)? else {
                    if self.held.is_empty() && input.is_empty() {
                        return Ok(Progress::NeedInput);
                    }
                    return Err(Fault::new("bytes after the end of the archive"));
                };
                if !self.fill(wanted, input) {
                    return Ok(Progress::NeedInput);
                }
                if self.directory.wanted(&self.held)? == Some(wanted) {
                    self.directory.take(&self.held)?;
                    self.held.drain(..wanted);
                }
            }
        }
        Ok(Progress::More)
    }

    /// Brings `held` to `wanted` bytes; says whether it has them.
    fn fill(&mut self, wanted: usize, input: &mut &[u8]) -> bool {
        let lacking = wanted.saturating_sub(self.held.len());
        let (taken, rest) = input.split_at_checked(lacking).unwrap_or((*input, &[]));
        self.held.extend_from_slice(taken);
        self.at += taken.len() as u64;
        *input = rest;
        self.held.len() >= wanted
    }

    /// Length of the local header with its name and extra field.
    fn local_len(&self) -> usize {
        let rest = number(&self.held, 26, 2) + number(&self.held, 28, 2);
        LOCAL + usize::try_from(rest).unwrap_or_default()
    }

    fn begin(&mut self) -> Result<(), Fault> {
        let header = std::mem::take(&mut self.held);
        let flags = number(&header, 6, 2);
        let method = number(&header, 8, 2);
        if flags & 0x2041 != 0 {
            return Err(Fault::new("archive is encrypted"));
        }
        if method != 0 && method != 8 {
            return Err(Fault::new(format!("unknown compression method {method}")));
        }
        if self.directory.members.len() == MEMBERS {
            return Err(Fault::new(format!("more than {MEMBERS} members")));
        }
        let name_len = usize::try_from(number(&header, 26, 2)).unwrap_or_default();
        let extra = header.get(LOCAL + name_len..).unwrap_or_default();
        let sizes = [number(&header, 22, 4), number(&header, 18, 4)];
        let [size, packed] = zip64(extra, sizes)?;
        let described = flags & 8 != 0;
        if described && method == 0 {
            return Err(Fault::new("stored member without a size"));
        }
        self.current = Local {
            offset: self.at - header.len() as u64,
            stored: method == 0,
            described,
            crc: number(&header, 14, 4),
            packed,
            size,
        };
        self.data.reset();
        self.part = Part::Data;
        Ok(())
    }

    fn data(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<Progress, Fault> {
        let (had, filled) = (input.len(), out.len());
        let flow = if self.current.stored {
            let left = self.current.packed.saturating_sub(self.data.taken);
            self.data.copy(left, input, out)
        } else {
            self.data.inflate(input, out)?
        };
        self.at += (had - input.len()) as u64;
        let first = self.data.given == (out.len() - filled) as u64;
        if out.len() > filled && first && std::mem::replace(&mut self.full, true) {
            out.truncate(filled);
            return Err(Fault::new("archive has a second member with data"));
        }
        match flow {
            Flow::NeedInput => return Ok(Progress::NeedInput),
            Flow::More => {}
            Flow::Ended if self.current.described => self.part = Part::Descriptor,
            Flow::Ended => {
                let told = [self.current.crc, self.current.packed, self.current.size];
                self.complete(told)?;
            }
        }
        Ok(Progress::More)
    }

    /// Reads the descriptor, whose form nothing announces: with or without a
    /// signature, with sizes of 4 or 8 bytes. The form is the one that fits
    /// the data and is followed by a signature.
    fn descriptor(&mut self) -> Result<(), Fault> {
        let fits = |start: usize, size: usize| {
            let told = [
                number(&self.held, start, 4),
                number(&self.held, start + 4, size),
                number(&self.held, start + 4 + size, size),
            ];
            let end = start + 4 + 2 * size;
            let marked = self.held.get(end..end + 2) == Some(b"PK");
            (told == self.actual() && marked).then_some(end)
        };
        let signed = number(&self.held, 0, 4) == DESCRIPTOR_SIGN;
        let forms = [(4, 4, signed), (4, 8, signed), (0, 4, true), (0, 8, true)];
        let end = forms
            .iter()
            .filter(|(_, _, possible)| *possible)
            .find_map(|(start, size, _)| fits(*start, *size));
        if let Some(end) = end {
            self.held.drain(..end);
            return self.complete(self.actual());
        }
        let crc = number(&self.held, if signed { 4 } else { 0 }, 4);
        let sum_fits = crc == u64::from(self.data.crc());
        let what = if sum_fits { "size" } else { "checksum" };
        Err(Fault::new(format!("wrong {what} in the archive")))
    }

    /// CRC, packed and unpacked size as they turned out.
    fn actual(&self) -> [u64; 3] {
        let crc = u64::from(self.data.crc());
        [crc, self.data.taken, self.data.given]
    }

    /// Compares what was told of a member with what came, and notes it.
    fn complete(&mut self, told: [u64; 3]) -> Result<(), Fault> {
        let [crc, packed, size] = self.actual();
        if told[0] != crc {
            return Err(Fault::new("wrong checksum in the archive"));
        }
        if told[1] != packed || told[2] != size {
            return Err(Fault::new("wrong size in the archive"));
        }
        self.directory.members.push(Member {
            offset: self.current.offset,
            crc,
            packed,
            size,
        });
        self.part = Part::Header;
        Ok(())
    }

    /// What is missing if the archive ends here.
    pub(super) fn missing(&self) -> Option<&'static str> {
        match self.part {
            Part::Directory if self.directory.ended => None,
            Part::Directory => Some("archive ends within its directory"),
            Part::Data => Some("archive ends within its data"),
            Part::First | Part::Header | Part::Descriptor => Some("archive ends within a header"),
        }
    }
}

/// Replaces each 32-bit value that is full by the next number of the zip64 field.
pub(super) fn zip64<const N: usize>(
    mut extra: &[u8],
    mut values: [u64; N],
) -> Result<[u64; N], Fault> {
    if values.iter().all(|value| *value != SIZE_64) {
        return Ok(values);
    }
    while extra.len() >= 4 {
        let len = usize::try_from(number(extra, 2, 2)).unwrap_or_default();
        let field = extra.get(4..4 + len).unwrap_or_default();
        if number(extra, 0, 2) == 1 {
            let full = values.iter_mut().filter(|value| **value == SIZE_64);
            for (index, value) in full.enumerate() {
                if field.len() < index * 8 + 8 {
                    return Err(Fault::new("damaged zip64 field"));
                }
                *value = number(field, index * 8, 8);
            }
            return Ok(values);
        }
        extra = extra.get(4 + len..).unwrap_or_default();
    }
    Ok(values)
}
