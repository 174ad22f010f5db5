//! Archives made here, whole, cut and damaged.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

use super::{Format, PIECE_BYTES, Progress, Unpack, Unpacked};
use crate::parse::{Caps, ParseError, ParseErrorKind};

const TEXT: &[u8] = b"<R><A>some text, some text, some text</A></R>";

fn run(raw: &[u8], piece: usize, caps: Caps) -> (Vec<u8>, Result<Unpacked, ParseError>) {
    let mut unpack = Unpack::new(caps);
    let mut decoded = Vec::new();
    for mut input in raw.chunks(piece) {
        loop {
            let before = decoded.len();
            match unpack.step(&mut input, &mut decoded) {
                Ok(progress) => {
                    assert!(decoded.len() - before <= PIECE_BYTES);
                    if progress == Progress::NeedInput {
                        assert!(input.is_empty());
                        break;
                    }
                }
                Err(error) => {
                    assert_eq!(unpack.finish().unwrap_err(), error, "an error stays");
                    return (decoded, Err(error));
                }
            }
        }
    }
    let end = unpack.finish();
    (decoded, end)
}

fn good(raw: &[u8], format: Format, expected: &[u8]) {
    for piece in [1, 7, 4096, usize::MAX] {
        let (decoded, end) = run(raw, piece, Caps::default());
        let end = end.unwrap_or_else(|error| panic!("{error}"));
        assert!(decoded == expected);
        assert_eq!(end.format, format);
        assert_eq!(end.raw_bytes, raw.len() as u64);
        assert_eq!(end.decoded_bytes, expected.len() as u64);
    }
}

fn failure(raw: &[u8]) -> ParseError {
    let (_, end) = run(raw, usize::MAX, Caps::default());
    let error = end.expect_err("must fail");
    let (_, cut) = run(raw, 1, Caps::default());
    let cut = cut.expect_err("must fail byte by byte");
    assert_eq!((cut.kind, cut.what), (error.kind, error.what.clone()));
    error
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn gzipped(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// How a member tells its CRC and sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    Before,
    Before64,
    After { signed: bool, wide: bool },
}

struct Archive {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Archive {
    fn new() -> Self {
        Self {
            bytes: Vec::new(),
            directory: Vec::new(),
            count: 0,
        }
    }

    fn member(mut self, name: &str, data: &[u8], stored: bool, told: Told) -> Self {
        let packed = if stored {
            data.to_vec()
        } else {
            deflated(data)
        };
        let crc = crc32fast::hash(data).to_le_bytes();
        let sizes = [packed.len() as u64, data.len() as u64];
        let (short, wide): (Vec<u8>, Vec<u8>) = (
            sizes
                .iter()
                .flat_map(|n| n.to_le_bytes()[..4].to_vec())
                .collect(),
            sizes.iter().flat_map(|n| n.to_le_bytes()).collect(),
        );
        let wide_extra = told == Told::Before64;
        let mut extra = vec![0x55, 0x54, 1, 0, 9]; // a field to be passed over
        if wide_extra {
            extra.extend([1, 0, 16, 0]);
            extra.extend(sizes.iter().rev().flat_map(|n| n.to_le_bytes()));
        }
        let after = matches!(told, Told::After { .. });
        let offset = u32::try_from(self.bytes.len()).unwrap();
        let mut header = vec![45, 0, if after { 8 } else { 0 }, 8];
        header.extend([if stored { 0 } else { 8 }, 0, 0, 0, 0, 0]);
        let mut local = header.clone();
        match told {
            Told::Before => local.extend(crc.iter().chain(&short)),
            Told::Before64 => local.extend(crc.iter().chain(&[0xff; 8])),
            Told::After { .. } => local.extend([0; 12]),
        }
        let lengths = |extra: usize| {
            [
                u8::try_from(name.len()).unwrap(),
                0,
                u8::try_from(extra).unwrap(),
                0,
            ]
        };
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(local);
        self.bytes.extend(lengths(extra.len()));
        self.bytes.extend(name.bytes().chain(extra));
        self.bytes.extend(packed);
        if let Told::After { signed, wide: long } = told {
            if signed {
                self.bytes.extend(b"PK\x07\x08");
            }
            self.bytes
                .extend(crc.iter().chain(if long { &wide } else { &short }));
        }
        self.directory.extend(b"PK\x01\x02\x2d\x00");
        self.directory.extend(header);
        self.directory.extend(crc.iter().chain(&short));
        self.directory.extend(lengths(0));
        self.directory.extend([0; 10]);
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name.bytes());
        self.count += 1;
        self
    }

    fn end(mut self, comment: &str) -> Vec<u8> {
        let start = u32::try_from(self.bytes.len()).unwrap();
        let len = u32::try_from(self.directory.len()).unwrap();
        self.bytes.extend(&self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend(self.count.to_le_bytes());
        self.bytes.extend(self.count.to_le_bytes());
        self.bytes.extend(len.to_le_bytes());
        self.bytes.extend(start.to_le_bytes());
        self.bytes
            .extend(u16::try_from(comment.len()).unwrap().to_le_bytes());
        self.bytes.extend(comment.bytes());
        self.bytes
    }
}

fn one(data: &[u8], stored: bool, told: Told) -> Vec<u8> {
    Archive::new()
        .member("activeinventory.xml", data, stored, told)
        .end("")
}

const SIGNED: Told = Told::After {
    signed: true,
    wide: false,
};
const ALL: [Told; 6] = [
    Told::Before,
    Told::Before64,
    SIGNED,
    Told::After {
        signed: true,
        wide: true,
    },
    Told::After {
        signed: false,
        wide: false,
    },
    Told::After {
        signed: false,
        wide: true,
    },
];

#[test]
fn plain_text_passes_through() {
    good(TEXT, Format::Xml, TEXT);
    good(b"\xef\xbb\xbf <R/>", Format::Xml, b"\xef\xbb\xbf <R/>");
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(300_000));
    good(long.as_bytes(), Format::Json, long.as_bytes());
}

#[test]
fn archives_of_every_form() {
    for told in ALL {
        good(&one(TEXT, false, told), Format::Zip, TEXT);
    }
    good(&one(TEXT, true, Told::Before), Format::Zip, TEXT);
    good(&one(TEXT, true, Told::Before64), Format::Zip, TEXT);
    good(&one(b"", false, SIGNED), Format::Zip, b"");
    let around = Archive::new()
        .member("folder/", b"", true, Told::Before)
        .member("folder/x", TEXT, false, SIGNED)
        .member("empty", b"", false, SIGNED)
        .end("a comment PK\x05\x06");
    good(&around, Format::Zip, TEXT);
    let long: Vec<u8> = (0..50_000u32)
        .flat_map(|n| n.wrapping_mul(n).to_le_bytes())
        .collect();
    good(&one(&long, false, SIGNED), Format::Zip, &long);
    good(&one(&long, true, Told::Before), Format::Zip, &long);
}

#[test]
fn gzip_of_every_form() {
    good(&gzipped(TEXT), Format::Gzip, TEXT);
    good(&gzipped(b""), Format::Gzip, b"");
    let two = [gzipped(&TEXT[..10]), gzipped(&TEXT[10..])].concat();
    good(&two, Format::Gzip, TEXT);
    let plain = gzipped(TEXT);
    let mut full = plain.clone();
    full[3] = 0x1e;
    full.splice(10..10, *b"\x03\0abcname\0comment\0\x12\x34");
    good(&full, Format::Gzip, TEXT);
    full[10] = 0;
    full.splice(12..15, []);
    good(&full, Format::Gzip, TEXT);
}

#[test]
fn a_stream_cut_anywhere_is_no_success() {
    let mut streams = vec![gzipped(TEXT), one(TEXT, true, Told::Before)];
    streams.extend(ALL.map(|told| one(TEXT, false, told)));
    streams.push(
        Archive::new()
            .member("a", TEXT, false, SIGNED)
            .end("comment"),
    );
    for stream in streams {
        for end in 0..stream.len() {
            for piece in [1, usize::MAX] {
                let (_, result) = run(&stream[..end], piece, Caps::default());
                let error = result.expect_err("cut stream");
                assert_eq!(
                    error.kind,
                    ParseErrorKind::Incomplete,
                    "cut at {end}: {error}"
                );
            }
        }
    }
}

#[test]
fn a_changed_byte_is_never_passed_over_in_silence() {
    // Only fields that say nothing about the content may change freely.
    for stream in [
        gzipped(TEXT),
        one(TEXT, false, SIGNED),
        one(TEXT, false, Told::Before),
    ] {
        for at in 0..stream.len() {
            let mut changed = stream.clone();
            changed[at] ^= 0x10;
            let (decoded, end) = run(&changed, usize::MAX, Caps::default());
            assert!(end.is_err() || decoded == TEXT, "byte {at}");
        }
    }
}

fn flipped(raw: &[u8], at: usize) -> Vec<u8> {
    let mut raw = raw.to_vec();
    raw[at] ^= 1;
    raw
}

fn named(table: &[(Vec<u8>, &str)]) {
    for (raw, what) in table {
        let error = failure(raw);
        assert_eq!(
            (error.kind, error.what.as_str()),
            (ParseErrorKind::BadData, *what)
        );
    }
}

#[test]
fn damage_to_plain_and_gzip_is_named() {
    let gzip = gzipped(TEXT);
    let (crc, size) = (gzip.len() - 8, gzip.len() - 4);
    named(&[
        (b"Service".to_vec(), "neither zip, gzip, XML nor JSON"),
        (flipped(&gzip, crc), "wrong checksum in a gzip stream"),
        (flipped(&gzip, size), "wrong size in a gzip stream"),
        (flipped(&gzip, 2), "gzip method is not deflate"),
        (
            [gzip.as_slice(), b"\0"].concat(),
            "bytes after the end of the gzip stream",
        ),
    ]);
}

#[test]
fn damage_to_an_archive_is_named() {
    let zip = one(TEXT, false, Told::Before);
    let tail = one(TEXT, false, SIGNED);
    let at = |sign: &[u8]| tail.windows(4).position(|w| w == sign).unwrap();
    let (sum, directory) = (at(b"PK\x07\x08") + 4, at(b"PK\x01\x02"));
    let two = Archive::new()
        .member("a.xml", TEXT, false, SIGNED)
        .member("b.xml", b"x", true, Told::Before)
        .end("");
    let contradicts = "directory contradicts the archive";
    named(&[
        (flipped(&zip, 6), "archive is encrypted"),
        (flipped(&zip, 8), "unknown compression method 9"),
        (flipped(&zip, 14), "wrong checksum in the archive"),
        (flipped(&zip, 18), "wrong size in the archive"),
        (flipped(&zip, 22), "wrong size in the archive"),
        (flipped(&tail, sum), "wrong checksum in the archive"),
        (flipped(&tail, sum + 4), "wrong size in the archive"),
        (flipped(&tail, directory + 16), contradicts),
        (flipped(&tail, directory + 42), contradicts),
        (
            flipped(&tail, tail.len() - 12),
            "directory does not list all members",
        ),
        (one(TEXT, true, SIGNED), "stored member without a size"),
        (
            [zip.as_slice(), b"x"].concat(),
            "bytes after the end of the archive",
        ),
        (two, "archive has a second member with data"),
    ]);
}

#[test]
fn output_and_ratio_are_capped() {
    let zeros = vec![b' '; 8 << 20];
    let raw = gzipped(&zeros);
    good(&raw, Format::Gzip, &zeros);
    let caps = Caps {
        ratio: 500,
        ..Caps::default()
    };
    let (decoded, end) = run(&raw, 4096, caps);
    assert_eq!(end.unwrap_err().kind, ParseErrorKind::TooLarge);
    assert!(decoded.len() < 3 << 20);
    let caps = Caps {
        decoded_bytes: 1 << 20,
        ..Caps::default()
    };
    for raw in [
        raw,
        one(&zeros, false, SIGNED),
        b"<R/>".iter().chain(&zeros).copied().collect(),
    ] {
        let (decoded, end) = run(&raw, 4096, caps);
        assert_eq!(end.unwrap_err().kind, ParseErrorKind::TooLarge);
        assert!(decoded.len() <= (1 << 20) + PIECE_BYTES);
    }
}
