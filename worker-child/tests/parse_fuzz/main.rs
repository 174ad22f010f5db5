//! Whatever comes instead of a good body, every worker reads or refuses it: no panic, no end that
//! never comes, no more memory than its size allows, no error without a place, and nothing that is
//! cut off passes as whole.
//!
//! Goes over every worker and every kind of body that it reads, so that a new worker is covered by
//! its registry line. Seeded: the same cases every time.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "test code"
)]

mod corpus;
mod damage;
mod read;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use worker_child::parse::{Caps, ParseError, ParseErrorKind, XmlItems, XmlStep};
use worker_child::workers::registry;
use worker_child::workers::step::Item;

use damage::Large;

use corpus::{Body, bodies, gzip, workers};
use read::{alone, read, read_only, read_whole, room};
use worker_child::stage::heap;

/// Runs a property on so many cases, the same in every run.
fn check<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value)) {
    let config = Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_261_124),
        ..Config::default()
    };
    let ran = TestRunner::new(config).run(&strategy, |value| {
        test(value);
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    let size = prop_oneof![1..9_usize, 1..200_usize, Just(usize::MAX)];
    prop::collection::vec(size, 1..5)
}

#[test]
fn damaged_bodies() {
    let _alone = alone();
    let case = (any::<u64>(), sizes(), any::<bool>());
    for worker in workers() {
        let bodies = bodies(worker);
        check(32, &case, |(seed, sizes, packed)| {
            let mut rng = fastrand::Rng::with_seed(seed);
            let body = &bodies[rng.usize(..bodies.len())];
            let mut bytes = body.text.clone();
            for _ in 0..rng.usize(1..4) {
                damage::damage(&mut bytes, &mut rng);
            }
            if packed {
                bytes = gzip(&bytes);
            }
            let damaged_twice = packed && rng.bool();
            if damaged_twice {
                damage::damage(&mut bytes, &mut rng);
            }
            let whole = read_whole(worker, &bytes);
            let pieces = read(worker, &bytes, &sizes);
            if damaged_twice {
                // How much comes out before the damage shows depends on the pieces.
                let kind =
                    |end: &Result<(), ParseError>| end.as_ref().err().map(|error| error.kind);
                assert_eq!(kind(&pieces.1), kind(&whole.1), "{} in pieces", body.name);
            } else {
                assert_eq!(pieces, whole, "{} in pieces", body.name);
            }
        });
    }
}

#[test]
fn random_bytes() {
    let _alone = alone();
    let bytes = prop::collection::vec(any::<u8>(), 0..400);
    for worker in workers() {
        for start in [
            &b""[..],
            b"{",
            b"{\"",
            b"<",
            b"<?xml ",
            b"PK\x03\x04",
            b"\x1f\x8b\x08\0",
        ] {
            check(8, (&bytes, sizes()), |(bytes, sizes)| {
                let bytes = [start, &bytes].concat();
                let (_, end) = read(worker, &bytes, &sizes);
                assert!(end.is_err(), "{}", String::from_utf8_lossy(&bytes));
            });
        }
    }
}

#[test]
fn a_body_that_is_cut_off_is_never_whole() {
    let _alone = alone();
    for worker in workers() {
        for Body { name, text, .. } in bodies(worker) {
            let (records, end) = read_whole(worker, &text);
            if end.is_err() {
                continue;
            }
            let length = text.trim_ascii_end().len();
            check(12, (0..length, sizes()), |(at, sizes)| {
                let (before, end) = read(worker, &text[..at], &sizes);
                let error = end.expect_err(&name);
                assert_eq!(
                    error.kind,
                    ParseErrorKind::Incomplete,
                    "{name} cut at {at}: {error}"
                );
                assert!(records.starts_with(&before), "{name} cut at {at}");
                let packed = gzip(&text);
                let at = at * packed.len() / length;
                let (before, end) = read(worker, &packed[..at], &sizes);
                let error = end.expect_err(&name);
                assert_eq!(
                    error.kind,
                    ParseErrorKind::Incomplete,
                    "{name} cut at {at}: {error}"
                );
                assert!(records.starts_with(&before), "{name} cut at {at}");
            });
        }
    }
}

#[test]
fn wrong_values_at_every_path() {
    let _alone = alone();
    for worker in workers() {
        let mut changed = 0;
        for body in bodies(worker) {
            if body.is_longest {
                for text in damage::wrong_values(&body.text) {
                    drop(read_whole(worker, &text));
                    changed += 1;
                }
            }
        }
        println!("{worker}: {changed} bodies with a wrong value");
        assert!(changed > 50, "{worker}");
    }
}

#[test]
fn an_item_of_the_other_language_is_refused() {
    let _alone = alone();
    let mut items = XmlItems::new(&["a"], Caps::default());
    items.feed(b"<a/>");
    items.end();
    let Ok(XmlStep::Item { root, .. }) = items.next() else {
        panic!("no item");
    };
    for worker in workers() {
        for kind in registry::bodies(worker) {
            for item in [
                Item::Xml(root),
                Item::Json(""),
                Item::Json("{}"),
                Item::Json("["),
            ] {
                let mut records = Vec::new();
                let read = (kind.records)(item, &mut records);
                let error = read.expect_err(worker.name());
                assert!(!error.what.is_empty());
                assert!(records.is_empty(), "{worker}: {records:?}");
            }
        }
    }
}

#[test]
fn an_item_as_large_as_allowed() {
    let _alone = alone();
    // The peak is the highest of all so far: what is smaller comes first.
    for large in [Large::Values, Large::Text] {
        for worker in workers() {
            let before = heap::live();
            let texts = damage::large_items(worker, large);
            let held: usize = texts.iter().map(Vec::len).sum();
            let largest = texts.iter().map(Vec::len).max().unwrap_or_default();
            for text in &texts {
                let (records, end) = read_only(worker, text);
                let peak = heap::peak().saturating_sub(before + held as u64);
                println!(
                    "{worker}: {} bytes, {records} records, {end:?}, peak {peak}",
                    text.len()
                );
                assert!(peak <= room(largest), "{peak} bytes for {}", text.len());
            }
        }
    }
}
