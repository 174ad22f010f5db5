//! Reading a body, with everything that must hold meanwhile.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::record::Record;
use shared::worker::Worker;
use worker_child::parse::{Caps, ParseError};
use worker_child::stage::heap;
use worker_child::workers::body::{BodyReader, BodyStep};
use worker_child::workers::registry;

static ALONE: Mutex<()> = Mutex::new(());

/// Held by a test for as long as it runs: the heap that is measured is everybody's.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The most heap that reading a body of so many bytes may take: DESIGN has five times the item and
/// 12 MiB, and no item is larger than its body.
pub(crate) fn room(bytes: usize) -> u64 {
    5 * bytes as u64 + (12 << 20)
}

/// What stands for the records, as far as they came, and how it ended.
pub(crate) type Outcome = (Vec<u64>, Result<(), ParseError>);

/// Reads a body that comes at once.
pub(crate) fn read_whole(worker: Worker, bytes: &[u8]) -> Outcome {
    read(worker, bytes, &[usize::MAX])
}

/// Reads a body that comes in pieces of these sizes, over and over.
pub(crate) fn read(worker: Worker, bytes: &[u8], sizes: &[usize]) -> Outcome {
    let before = heap::live();
    let mut reader = BodyReader::new(registry::bodies(worker), Caps::default());
    let mut rest = bytes;
    let mut sizes = sizes.iter().cycle();
    let mut records = Vec::new();
    // Each byte is looked at a few times; what is packed here is small.
    for _ in 0..bytes.len() * 40 + 10_000 {
        let step = reader.next();
        let live = heap::live().saturating_sub(before);
        assert!(
            live <= room(bytes.len()),
            "{live} bytes of heap for {}",
            bytes.len()
        );
        match step {
            Ok(BodyStep::Item(new)) => {
                for record in &*new {
                    assert_record(worker, record);
                    records.push(stand_in(record));
                }
            }
            Ok(BodyStep::Yield) => {}
            Ok(BodyStep::NeedMore) => {
                let size = (*sizes.next().unwrap()).min(rest.len());
                let (piece, after) = rest.split_at(size);
                rest = after;
                if piece.is_empty() {
                    reader.end();
                } else {
                    reader.feed(piece);
                }
            }
            Ok(BodyStep::End(summary)) => {
                assert!(rest.is_empty(), "it ended before its input");
                assert_eq!(summary.raw_bytes, bytes.len() as u64);
                return (records, Ok(()));
            }
            Err(error) => {
                assert_place(&error, &mut reader);
                return (records, Err(error));
            }
        }
    }
    panic!("no end after {} bytes", bytes.len());
}

/// Reads a body in pieces and does nothing with its records; returns how many there were.
pub(crate) fn read_only(worker: Worker, bytes: &[u8]) -> (usize, Result<(), ParseError>) {
    let mut reader = BodyReader::new(registry::bodies(worker), Caps::default());
    let mut pieces = bytes.chunks(64 << 10);
    let mut records = 0;
    loop {
        match reader.next() {
            Ok(BodyStep::Item(new)) => records += new.len(),
            Ok(BodyStep::Yield) => {}
            Ok(BodyStep::NeedMore) => match pieces.next() {
                Some(piece) => reader.feed(piece),
                None => reader.end(),
            },
            Ok(BodyStep::End(_)) => return (records, Ok(())),
            Err(error) => return (records, Err(error)),
        }
    }
}

fn stand_in(record: &Record) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{record:?}").hash(&mut hasher);
    hasher.finish()
}

fn assert_place(error: &ParseError, reader: &mut BodyReader) {
    assert!(
        !error.what.is_empty() && error.what.len() <= 200,
        "{error:?}"
    );
    assert!(error.path.len() <= 256, "{error:?}");
    if error.item.is_some() {
        // An item that is a whole body begins at 0.
        assert!(error.byte > 0 || error.item == Some(0), "{error:?}");
    }
    let again = reader.next().map(|_| ()).unwrap_err();
    assert_eq!(&again, error, "an error stays");
}

fn assert_record(worker: Worker, record: &Record) {
    let def = record.table.def();
    assert!(
        worker.tables().contains(&record.table),
        "{worker}: {record:?}"
    );
    assert_eq!(record.key.len(), def.key.len(), "{worker}: {record:?}");
    assert_eq!(
        record.values.len(),
        def.columns.len(),
        "{worker}: {record:?}"
    );
    for (column, value) in def.columns.iter().zip(&record.values) {
        assert!(
            value.fits(column.kind),
            "{worker}: {}: {value:?}",
            column.name
        );
    }
    for text in [&record.payload, &record.volatile] {
        if !text.is_empty() {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(&value.to_string(), text, "{worker}: not canonical");
        }
    }
}
