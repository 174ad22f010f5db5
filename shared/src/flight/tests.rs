//! Reading files as a good, a broken and a hostile child leaves them.

use super::*;

fn two_runs() -> Vec<u8> {
    initial(&[Worker::Orders, Worker::ActiveInventory])
}

#[test]
fn a_fresh_file_says_nothing_happened() {
    let flight = read(&two_runs()).unwrap();
    assert_eq!(flight.polled, None);
    assert_eq!(flight.failed_allocation, None);
    assert_eq!(flight.panic, None);
    let workers: Vec<_> = flight.runs.iter().map(|run| run.worker).collect();
    assert_eq!(
        workers,
        [Some(Worker::Orders), Some(Worker::ActiveInventory)]
    );
    assert_eq!(flight.runs[0].phase, Some(Phase::Idle));
}

#[test]
fn evidence_is_read_back() {
    let mut bytes = two_runs();
    put(&mut bytes, header::POLLED, 2);
    put(&mut bytes, header::ALLOC_SIZE, 4096);
    put(&mut bytes, header::ALLOC_LIVE, 1 << 20);
    put(&mut bytes, header::ALLOC_RUN, 1);
    bytes[header::PANIC_TEXT..header::PANIC_TEXT + 4].copy_from_slice(b"boom");
    put(&mut bytes, header::PANIC_LEN, 4);
    put(&mut bytes, section(1) + run::PHASE, Phase::Parsing.number());
    put(
        &mut bytes,
        section(1) + run::SLICE_START,
        (-5_i64).cast_unsigned(),
    );
    put(&mut bytes, section(1) + run::AT, 1);
    let flight = read(&bytes).unwrap();
    assert_eq!((flight.runs[0].at, flight.runs[1].at), (None, Some(0)));
    assert_eq!(flight.polled, Some(RunNo(1)));
    assert_eq!(flight.failed_allocation.unwrap().run, Some(RunNo(0)));
    assert_eq!(flight.panic.unwrap().text, "boom");
    assert_eq!(flight.runs[1].phase, Some(Phase::Parsing));
    assert_eq!(flight.runs[1].slice_start, -5);
}

#[test]
fn what_is_not_a_recorder_is_refused() {
    let mut wrong_version = two_runs();
    put(&mut wrong_version, header::VERSION, 9);
    let mut wrong_magic = two_runs();
    wrong_magic[0] ^= 1;
    let mut many = two_runs();
    put(&mut many, header::RUN_COUNT, u64::MAX);
    let cases = [
        (vec![0; 10], FlightError::Short(10)),
        (wrong_magic, FlightError::Magic),
        (wrong_version, FlightError::Version(9)),
        (many, FlightError::RunCount(u64::MAX)),
    ];
    for (bytes, expected) in cases {
        assert_eq!(read(&bytes), Err(expected));
    }
}

#[test]
fn hostile_content_stays_bounded_and_printable() {
    let mut bytes = vec![0xff; FILE_SIZE];
    let head = two_runs();
    bytes[..24].copy_from_slice(&head[..24]);
    bytes[header::PANIC_TEXT] = 0x1b;
    let flight = read(&bytes).unwrap();
    assert_eq!(flight.polled, None);
    let panic = flight.panic.unwrap();
    assert!(panic.text.chars().count() <= PANIC_TEXT);
    assert!(!panic.text.contains('\u{1b}'));
    assert_eq!(flight.runs[0].worker, None);
    assert_eq!(flight.runs[0].phase, None);
    assert_eq!(flight.runs[0].at, None, "no body has so many items");
}

#[test]
fn a_slice_is_two_moments_that_can_be_told() {
    let far = 253_402_300_800_000;
    let cases = [
        (5, 9, (5, 9)),
        (-5, 0, (-5, 0)),
        (9, 5, (0, 0)),
        (5, far, (0, 0)),
        (i64::MIN, 5, (0, 0)),
        (i64::MIN, i64::MAX, (0, 0)),
    ];
    for (start, end, expected) in cases {
        let mut bytes = two_runs();
        put(
            &mut bytes,
            section(0) + run::SLICE_START,
            i64::cast_unsigned(start),
        );
        put(
            &mut bytes,
            section(0) + run::SLICE_END,
            i64::cast_unsigned(end),
        );
        let stage = &read(&bytes).unwrap().runs[0];
        assert_eq!((stage.slice_start, stage.slice_end), expected);
    }
}
