//! What the file says, read as a hostile child may have left it.

use super::{
    FILE_SIZE, FailedAllocation, Fault, Flight, FlightError, KEY_TEXT, MAGIC, PANIC_TEXT,
    PanicNote, Phase, REQUEST_TEXT, RecordingStopped, RunStage, VERSION, header, run, section,
};
use crate::attempt::MAX_RUNS;
use crate::id::RunNo;
use crate::sandbox::layers;
use crate::worker::Worker;

/// Reads the file. Whatever a child wrote, the answer is bounded and printable.
pub fn read(bytes: &[u8]) -> Result<Flight, FlightError> {
    if bytes.len() < FILE_SIZE {
        return Err(FlightError::Short(bytes.len()));
    }
    if get(bytes, header::MAGIC) != MAGIC {
        return Err(FlightError::Magic);
    }
    let version = get(bytes, header::VERSION);
    if version != VERSION {
        return Err(FlightError::Version(version));
    }
    let count = get(bytes, header::RUN_COUNT);
    let runs = usize::try_from(count)
        .ok()
        .filter(|count| *count <= MAX_RUNS)
        .ok_or(FlightError::RunCount(count))?;
    let run_no = |offset| one_based(get(bytes, offset), runs);
    let size = get(bytes, header::ALLOC_SIZE);
    let panic_len = get(bytes, header::PANIC_LEN);
    Ok(Flight {
        polled: run_no(header::POLLED),
        heap_live: get(bytes, header::HEAP_LIVE),
        heap_peak: get(bytes, header::HEAP_PEAK),
        failed_allocation: (size > 0).then(|| FailedAllocation {
            size,
            live: get(bytes, header::ALLOC_LIVE),
            limit: get(bytes, header::ALLOC_LIMIT),
            run: run_no(header::ALLOC_RUN),
        }),
        panic: (panic_len > 0).then(|| PanicNote {
            text: text(bytes, header::PANIC_TEXT, panic_len, PANIC_TEXT),
            run: run_no(header::PANIC_RUN),
        }),
        fault: fault(bytes, run_no(header::FAULT_RUN)),
        sandbox: layers(get(bytes, header::SANDBOX)),
        replayed: get(bytes, header::REPLAYED),
        recorded: get(bytes, header::RECORDED),
        recording_stopped: RecordingStopped::from_number(get(bytes, header::RECORDING_STOPPED)),
        runs: (0..runs)
            .map(|position| stage(bytes, section(position)))
            .collect(),
    })
}

/// More items than any body has.
const MAX_AT: u64 = 1 << 40;

/// Whether these are two moments that can be told as text, in order.
fn is_slice((start, end): (i64, i64)) -> bool {
    // The years 1 to 9999, in UTC milliseconds.
    const TOLD: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;
    TOLD.contains(&start) && TOLD.contains(&end) && start <= end
}

fn stage(bytes: &[u8], base: usize) -> RunStage {
    let field = |offset| get(bytes, base + offset);
    let worker = usize::try_from(field(run::WORKER))
        .ok()
        .and_then(|number| Worker::ALL.get(number).copied());
    let slice = (
        field(run::SLICE_START).cast_signed(),
        field(run::SLICE_END).cast_signed(),
    );
    let (slice_start, slice_end) = if is_slice(slice) { slice } else { (0, 0) };
    RunStage {
        worker,
        phase: Phase::from_number(field(run::PHASE)),
        item: field(run::ITEM),
        byte: field(run::BYTE),
        slice_start,
        slice_end,
        progress: field(run::PROGRESS),
        requests: field(run::REQUESTS),
        received: field(run::RECEIVED),
        records: field(run::RECORDS),
        pages: field(run::PAGES),
        last_request: text(
            bytes,
            base + run::REQUEST_TEXT,
            field(run::REQUEST_LEN),
            REQUEST_TEXT,
        ),
        key: text(bytes, base + run::KEY_TEXT, field(run::KEY_LEN), KEY_TEXT),
        at: field(run::AT).checked_sub(1).filter(|at| *at < MAX_AT),
    }
}

fn fault(bytes: &[u8], run: Option<RunNo>) -> Option<Fault> {
    let field = |offset| get(bytes, offset);
    let signal = i32::try_from(field(header::FAULT_SIGNAL)).ok()?;
    let stack = (field(header::STACK_LOW), field(header::STACK_HIGH));
    (signal > 0).then(|| Fault {
        signal,
        code: i32::try_from(field(header::FAULT_CODE).cast_signed()).unwrap_or(0),
        address: field(header::FAULT_ADDRESS),
        stack: (stack.0 > 0 && stack.0 < stack.1).then_some(stack),
        run,
    })
}

fn one_based(value: u64, runs: usize) -> Option<RunNo> {
    let position = usize::try_from(value).ok()?.checked_sub(1)?;
    (position < runs)
        .then(|| u8::try_from(position).ok().map(RunNo))
        .flatten()
}

fn text(bytes: &[u8], offset: usize, len: u64, cap: usize) -> String {
    let len = usize::try_from(len).unwrap_or(cap).min(cap);
    shown(bytes.get(offset..offset + len).unwrap_or_default())
}

/// Text of a recorder as [`read`] gives it: what is no text or controls a terminal is replaced.
pub fn shown(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw)
        .chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

fn get(bytes: &[u8], offset: usize) -> u64 {
    bytes
        .get(offset..offset + 8)
        .and_then(|eight| eight.try_into().ok())
        .map_or(0, u64::from_le_bytes)
}
