//! Layout, ends of all sorts, and damage.

use super::*;

fn entry(kind: Kind, run: u8, at: i64, payload: &[u8]) -> Vec<u8> {
    let head = Head {
        kind,
        run: RunNo(run),
        len: u32::try_from(payload.len()).unwrap(),
        at: Timestamp(at),
        live: 7,
    };
    [head.bytes().as_slice(), payload].concat()
}

fn sample() -> Vec<u8> {
    [
        empty().as_slice(),
        &entry(Kind::Clock, 0, 1, b""),
        &entry(Kind::Chunk, 1, 2, b"body"),
        &entry(Kind::Ack, 0, 3, &[9; 4]),
        &entry(Kind::Stop, u8::MAX, 4, b""),
    ]
    .concat()
}

#[test]
fn bytes_are_pinned() {
    let head = Head {
        kind: Kind::Chunk,
        run: RunNo(3),
        len: 0x0102,
        at: Timestamp(-2),
        live: 0x0a0b,
    };
    #[rustfmt::skip]
    let expected = [
        7, 3, 0, 0, 2, 1, 0, 0,
        254, 255, 255, 255, 255, 255, 255, 255,
        0x0b, 0x0a, 0, 0, 0, 0, 0, 0,
    ];
    assert_eq!(head.bytes(), expected);
    assert_eq!(empty(), *b"bulkrec\0\x01\0\0\0\0\0\0\0");
    assert_eq!(
        header(Some(RecordingStopped::Cap)),
        *b"bulkrec\0\x01\0\0\0\x01\0\0\0"
    );
    for kind in Kind::ALL {
        assert_eq!(Kind::from_number(kind.number()), Some(kind));
    }
    assert_eq!(Kind::from_number(0), None);
}

#[test]
fn entries_come_back() {
    let bytes = sample();
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    let mut heads = Vec::new();
    while let Some(head) = reader.head().unwrap() {
        // The acknowledgement's payload is passed over.
        if head.kind == Kind::Chunk {
            assert_eq!(reader.payload().unwrap().unwrap(), b"body");
        }
        heads.push((head.kind, head.run.0, head.at.0));
    }
    let expected = [
        (Kind::Clock, 0, 1),
        (Kind::Chunk, 1, 2),
        (Kind::Ack, 0, 3),
        (Kind::Stop, u8::MAX, 4),
    ];
    assert_eq!(heads, expected);
    assert!(!reader.is_cut());
    let summary = summarise(bytes.as_slice()).unwrap();
    assert_eq!((summary.entries, summary.stopped), (4, None));
    assert_eq!(summary.last[..2], [Some(Timestamp(1)), Some(Timestamp(2))]);
    assert_eq!(summary.of_run[..3], [3, 2, 1]);
}

#[test]
fn every_cut_is_an_end() {
    let whole = sample();
    // Where an entry ends, and how many are whole there.
    let ends = [(16, 0), (40, 1), (68, 2), (96, 3), (120, 4)];
    for length in HEADER_SIZE..=whole.len() {
        let summary = summarise(&whole[..length]).unwrap();
        let before = ends.iter().rfind(|(end, _)| *end <= length).unwrap();
        assert_eq!(summary.entries, before.1, "{length}");
        assert_eq!(summary.cut, before.0 != length, "{length}");
    }
}

#[test]
fn damage_is_told() {
    let damaged = |at: usize, value: u8| {
        let mut bytes = sample();
        bytes[at] = value;
        summarise(bytes.as_slice()).map(|summary| (summary.entries, summary.stopped))
    };
    let told = |at, value| damaged(at, value).unwrap_err().to_string();
    assert_eq!(told(0, 0), "the recording has the wrong first bytes");
    assert_eq!(told(8, 9), "the recording has version 9 instead of 1");
    let entry = "entry 0 of the recording is damaged: ";
    assert_eq!(told(16, 0), format!("{entry}its kind is unknown"));
    assert_eq!(told(17, 16), format!("{entry}its run is none"));
    assert_eq!(told(23, 255), format!("{entry}its payload is over the cap"));
    let stopped = |value| damaged(12, value).unwrap().1;
    assert_eq!(stopped(1), Some(RecordingStopped::Cap));
    assert_eq!(stopped(2), Some(RecordingStopped::Write));
    assert_eq!(stopped(77), Some(RecordingStopped::Write));
    let short = summarise(&empty()[..15]).unwrap_err().to_string();
    assert_eq!(short, "the recording has 15 bytes and no header");
}
