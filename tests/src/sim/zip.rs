//! A zip archive of one member written as a stream: sizes and checksum follow in a data descriptor.

use std::io::{self, Write};

use crc32fast::Hasher;
use flate2::{Compression, write::DeflateEncoder};

const MEMBER: &[u8] = b"activeinventory.xml";
/// 2026-01-02, as MS-DOS writes a date.
const DOS_DATE: u16 = (46 << 9) | (1 << 5) | 2;

/// Which facts of the archive are to be false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lies {
    pub(crate) crc: bool,
    pub(crate) size: bool,
}

struct Counted<W> {
    inner: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buf)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A writer for the member's content; [`ZipStream::finish`] writes what follows it.
pub(crate) struct ZipStream<W: Write> {
    deflate: DeflateEncoder<Counted<W>>,
    crc: Hasher,
    bytes: u64,
    lies: Lies,
}

impl<W: Write> ZipStream<W> {
    /// Writes the local header and takes the content from then on.
    pub(crate) fn start(mut out: W, lies: Lies) -> io::Result<Self> {
        out.write_all(b"PK\x03\x04")?;
        entry_fields(&mut out)?;
        out.write_all(&[0; 12])?;
        out.write_all(&name_length())?;
        out.write_all(&[0; 2])?;
        out.write_all(MEMBER)?;
        let counted = Counted {
            inner: out,
            bytes: 0,
        };
        let deflate = DeflateEncoder::new(counted, Compression::fast());
        Ok(Self {
            deflate,
            crc: Hasher::new(),
            bytes: 0,
            lies,
        })
    }

    /// Ends the content, writes the descriptor and the directory, and gives the output back.
    pub(crate) fn finish(self) -> io::Result<W> {
        let crc = self.crc.finalize() ^ u32::from(self.lies.crc);
        let size = low(self.bytes).wrapping_add(u32::from(self.lies.size));
        let Counted {
            inner: mut out,
            bytes: packed,
        } = self.deflate.finish()?;
        let mut facts = crc.to_le_bytes().to_vec();
        facts.extend(low(packed).to_le_bytes());
        facts.extend(size.to_le_bytes());
        out.write_all(b"PK\x07\x08")?;
        out.write_all(&facts)?;
        let local = 30 + MEMBER.len() as u64;
        let directory = low(local + packed + 16);
        out.write_all(b"PK\x01\x02")?;
        out.write_all(&20_u16.to_le_bytes())?;
        entry_fields(&mut out)?;
        out.write_all(&facts)?;
        out.write_all(&name_length())?;
        out.write_all(&[0; 16])?;
        out.write_all(MEMBER)?;
        out.write_all(b"PK\x05\x06\0\0\0\0\x01\0\x01\0")?;
        out.write_all(&(46 + low(MEMBER.len() as u64)).to_le_bytes())?;
        out.write_all(&directory.to_le_bytes())?;
        out.write_all(&[0; 2])?;
        Ok(out)
    }
}

/// Version, flags (bit 3: descriptor follows), method deflate, time, date.
fn entry_fields(out: &mut impl Write) -> io::Result<()> {
    for field in [20, 1 << 3, 8, 0, DOS_DATE] {
        out.write_all(&field.to_le_bytes())?;
    }
    Ok(())
}

fn name_length() -> [u8; 2] {
    u16::try_from(MEMBER.len()).unwrap_or(0).to_le_bytes()
}

/// The low 32 bits: reports of 4 GiB and more would need zip64.
fn low(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

impl<W: Write> Write for ZipStream<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let written = self.deflate.write(buf)?;
        self.crc.update(buf.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.deflate.flush()
    }
}

/// Passes everything on except the last `keep` bytes, which it never writes.
pub(crate) struct HoldBack<W> {
    out: W,
    held: Vec<u8>,
    keep: usize,
}

impl<W: Write> HoldBack<W> {
    pub(crate) fn new(out: W, keep: usize) -> Self {
        Self {
            out,
            held: Vec::new(),
            keep,
        }
    }
}

impl<W: Write> Write for HoldBack<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(buf);
        let ready = self.held.len().saturating_sub(self.keep);
        let head: Vec<u8> = self.held.drain(..ready).collect();
        self.out.write_all(&head)?;
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::Read;

    fn number(bytes: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
    }

    /// Unpacks the way a strict reader does: descriptor, directory and content must agree.
    pub(crate) fn unpack(zip: &[u8]) -> Result<Vec<u8>, &'static str> {
        let end = zip.len().checked_sub(22).ok_or("short")?;
        if &zip[..4] != b"PK\x03\x04" || &zip[end..end + 4] != b"PK\x05\x06" {
            return Err("magic");
        }
        assert_eq!((zip[6], zip[8], &zip[14..26]), (8, 8, &[0; 12][..]));
        let directory = number(zip, end + 16) as usize;
        let descriptor = directory - 16;
        assert_eq!(&zip[descriptor..descriptor + 4], b"PK\x07\x08");
        assert_eq!(
            zip[descriptor + 4..directory],
            zip[directory + 16..directory + 28]
        );
        let packed = &zip[30 + MEMBER.len()..descriptor];
        if packed.len() != number(zip, descriptor + 8) as usize {
            return Err("packed size");
        }
        let mut content = Vec::new();
        flate2::read::DeflateDecoder::new(packed)
            .read_to_end(&mut content)
            .map_err(|_| "deflate")?;
        if content.len() != number(zip, descriptor + 12) as usize {
            return Err("size");
        }
        if crc32fast::hash(&content) != number(zip, descriptor + 4) {
            return Err("crc");
        }
        Ok(content)
    }

    fn packed(lies: Lies) -> Vec<u8> {
        let mut zip = ZipStream::start(Vec::new(), lies).unwrap();
        zip.write_all(&b"hello report ".repeat(5000)).unwrap();
        zip.finish().unwrap()
    }

    #[test]
    fn the_archive_can_be_read_and_its_lies_are_noticed() {
        assert_eq!(
            unpack(&packed(Lies::default())).unwrap(),
            b"hello report ".repeat(5000)
        );
        assert_eq!(
            unpack(&packed(Lies {
                crc: true,
                size: false
            })),
            Err("crc")
        );
        assert_eq!(
            unpack(&packed(Lies {
                crc: false,
                size: true
            })),
            Err("size")
        );
    }

    #[test]
    fn hold_back_keeps_exactly_the_tail() {
        let mut out = Vec::new();
        let mut writer = HoldBack::new(&mut out, 3);
        for piece in [&b"ab"[..], b"cdef", b"g"] {
            writer.write_all(piece).unwrap();
        }
        assert_eq!(out, b"abcd");
    }
}
