//! The central directory at a zip archive's end, compared with what came before it.

use super::Fault;
use super::inflate::number;
use super::zip::zip64;

const ENTRY_SIGN: u64 = 0x0201_4b50;
const END_64_SIGN: u64 = 0x0606_4b50;
const LOCATOR_SIGN: u64 = 0x0706_4b50;
const END_SIGN: u64 = 0x0605_4b50;
/// Most bytes of a zip64 end record.
const END_64_BYTES: u64 = 1 << 16;

/// A member as its local header, data and descriptor gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) offset: u64,
    pub(super) crc: u64,
    pub(super) packed: u64,
    pub(super) size: u64,
}

/// What has been read, and what the directory has confirmed of it.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) members: Vec<Member>,
    confirmed: Vec<u64>,
    /// The last record was seen.
    pub(super) ended: bool,
}

impl Directory {
    /// How many bytes the record at the start of `held` takes, as far as can
    /// be told; `None` after the last record.
    pub(super) fn wanted(&self, held: &[u8]) -> Result<Option<usize>, Fault> {
        if self.ended {
            return Ok(None);
        }
        if held.len() < 4 {
            return Ok(Some(4));
        }
        let (fixed, lengths): (usize, &[usize]) = match number(held, 0, 4) {
            ENTRY_SIGN => (46, &[28, 30, 32]),
            END_64_SIGN => (12, &[]),
            LOCATOR_SIGN => (20, &[]),
            END_SIGN => (22, &[20]),
            other => {
                let what = format!("unknown record {other:08x} in the archive");
                return Err(Fault::new(what));
            }
        };
        if held.len() < fixed {
            return Ok(Some(fixed));
        }
        let mut rest: u64 = lengths.iter().map(|at| number(held, *at, 2)).sum();
        if number(held, 0, 4) == END_64_SIGN {
            rest = number(held, 4, 8);
            if rest > END_64_BYTES {
                return Err(Fault::new("damaged zip64 end record"));
            }
        }
        Ok(Some(fixed + usize::try_from(rest).unwrap_or_default()))
    }

    /// Takes the complete record at the start of `held`.
    pub(super) fn take(&mut self, held: &[u8]) -> Result<(), Fault> {
        match number(held, 0, 4) {
            ENTRY_SIGN => self.entry(held),
            END_SIGN => self.end(held),
            _ => Ok(()),
        }
    }

    fn entry(&mut self, held: &[u8]) -> Result<(), Fault> {
        let name_len = usize::try_from(number(held, 28, 2)).unwrap_or_default();
        let extra_len = usize::try_from(number(held, 30, 2)).unwrap_or_default();
        let extra = held
            .get(46 + name_len..46 + name_len + extra_len)
            .unwrap_or_default();
        let told = [
            number(held, 24, 4),
            number(held, 20, 4),
            number(held, 42, 4),
        ];
        let [size, packed, offset] = zip64(extra, told)?;
        let told = Member {
            offset,
            crc: number(held, 16, 4),
            packed,
            size,
        };
        if !self.members.contains(&told) || self.confirmed.contains(&offset) {
            return Err(Fault::new("directory contradicts the archive"));
        }
        self.confirmed.push(offset);
        Ok(())
    }

    fn end(&mut self, held: &[u8]) -> Result<(), Fault> {
        let counted = number(held, 10, 2);
        let all = self.members.len() as u64;
        if self.confirmed.len() as u64 != all || (counted != all && counted != 0xffff) {
            return Err(Fault::new("directory does not list all members"));
        }
        self.ended = true;
        Ok(())
    }
}
