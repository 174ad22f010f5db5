//! What a body claims does not decide how much memory reading it takes. One test in one process,
//! because the process is what is measured.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "test code")]

use shared::wire::codec::{MAX_BODY, decode_body};
use shared::wire::message::{FromChild, ToChild};

// The highest address space so far, in bytes: memory that was reserved and never touched counts.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmPeak:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<usize>().unwrap() * 1024
}

// A varint of bincode with eight bytes.
fn eight(number: u64) -> Vec<u8> {
    let mut bytes = vec![253];
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes
}

// Bodies of a few bytes that claim to hold far more.
fn claims() -> Vec<Vec<u8>> {
    let claims = [
        u64::MAX,
        u64::MAX / 120,
        MAX_BODY as u64,
        MAX_BODY as u64 - 64,
    ];
    let starts: [&[u8]; 7] = [
        // Hello: version, then a build of that length.
        &[0, 1],
        // Batch: run, sequence number, then that many records.
        &[1, 0, 0],
        // Batch with one record of that many key parts.
        &[1, 0, 0, 1, 0],
        // Batch with one record of that many values.
        &[1, 0, 0, 1, 0, 0],
        // Probe: run, sequence number, table, then that many items.
        &[9, 0, 0, 9],
        // Probe with one item of that many key parts.
        &[9, 0, 0, 9, 1],
        // Needed: run, sequence number, then that many positions.
        &[4, 0, 0],
    ];
    let mut bodies = Vec::new();
    for claim in claims {
        for start in starts {
            for filled in [0, 64, 4096] {
                bodies.push([start, &eight(claim), &vec![1; filled]].concat());
            }
        }
    }
    bodies
}

// The largest body: one record, all of it values of one byte.
fn swarm() -> Vec<u8> {
    let start = [1, 0, 0, 1, 0, 0];
    let end = [0; 3];
    let count = MAX_BODY - start.len() - 9 - end.len();
    [&start[..], &eight(count as u64), &vec![0; count], &end].concat()
}

#[test]
fn reading_takes_memory_by_what_came_and_not_by_what_is_claimed() {
    let bodies = claims();
    let before = peak();
    for body in &bodies {
        assert!(decode_body::<FromChild>(body).is_err());
        assert!(decode_body::<ToChild>(body).is_err());
    }
    let grown = peak() - before;
    assert!(grown <= 4 << 20, "reading small bodies took {grown} bytes");

    let body = swarm();
    assert_eq!(body.len(), MAX_BODY);
    let before = peak();
    assert!(
        decode_body::<FromChild>(&body).is_err(),
        "no table has so many columns"
    );
    let grown = peak() - before;
    assert!(
        grown <= 1 << 20,
        "reading the largest body took {grown} bytes"
    );
}
