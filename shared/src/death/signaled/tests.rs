//! Aborts, and signals that come from outside, with what speaks against them.

use super::super::sample::{INFERRED, LIMIT, MIB, PROVEN, UNKNOWN, hold, signaled, text_of};
use crate::death::Evidence;

#[test]
fn aborts() {
    let no_limits = Evidence {
        limits: None,
        ..signaled(6).failed_allocation(MIB, LIMIT, None)
    };
    let at_limit = |size, live| signaled(6).failed_allocation(size, live, None);
    hold(vec![
        (at_limit(MIB, LIMIT - MIB), "memory_limit", PROVEN, "full"),
        (
            at_limit(LIMIT, MIB),
            "memory_limit",
            PROVEN,
            "one huge request",
        ),
        (
            at_limit(u64::MAX, LIMIT),
            "memory_limit",
            PROVEN,
            "claims do not overflow",
        ),
        (
            at_limit(0, LIMIT / 4 * 3),
            "memory_limit",
            PROVEN,
            "exactly 75 %",
        ),
        (
            at_limit(0, LIMIT / 4 * 3 - 1),
            "abort",
            INFERRED,
            "below 75 %",
        ),
        (
            at_limit(MIB, LIMIT + 1),
            "abort",
            UNKNOWN,
            "more live than can be",
        ),
        (no_limits, "memory_limit", INFERRED, "limit not read back"),
        (
            at_limit(MIB, LIMIT).fault(11, None),
            "memory_limit",
            INFERRED,
            "and a fault of another signal",
        ),
    ]);
}

#[test]
fn aborts_with_panics_and_faults() {
    let at_limit = |size, live| signaled(6).failed_allocation(size, live, None);
    hold(vec![
        (signaled(6).panic(Some(0)), "panic", PROVEN, "noted"),
        (
            at_limit(MIB, LIMIT).panic(None),
            "panic",
            INFERRED,
            "both notes",
        ),
        (
            signaled(6).panic(None).fault(11, None),
            "panic",
            INFERRED,
            "and a fault of another signal",
        ),
        (
            at_limit(MIB, LIMIT).panic(None).fault(11, None),
            "panic",
            UNKNOWN,
            "three notes, three stories",
        ),
        (
            signaled(6).fault(11, None),
            "abort",
            UNKNOWN,
            "a fault of another signal",
        ),
    ]);
}

#[test]
fn aborts_with_only_standard_error_to_go_by() {
    let tail = |text: &str| signaled(6).stderr(text);
    let panicked = "thread 'main' panicked at x.rs";
    let failed = "memory allocation of 9 bytes failed";
    let overflowed = "thread 'main' has overflowed its stack";
    hold(vec![
        (
            tail(panicked),
            "panic",
            INFERRED,
            "the recorder has no panic",
        ),
        (tail(panicked).no_flight(), "panic", INFERRED, "no recorder"),
        (tail(failed), "abort", UNKNOWN, "the recorder says no"),
        (
            tail(failed).no_flight(),
            "memory_limit",
            INFERRED,
            "no recorder",
        ),
        (
            tail(overflowed),
            "stack_overflow",
            INFERRED,
            "its words alone",
        ),
        (
            tail(overflowed).no_flight(),
            "stack_overflow",
            INFERRED,
            "no recorder",
        ),
        (signaled(6), "abort", INFERRED, "nothing else known"),
        (
            signaled(6).no_flight(),
            "abort",
            INFERRED,
            "nothing known at all",
        ),
    ]);
}

#[test]
fn signals_from_outside_and_others() {
    let ours = Evidence {
        signals_sent: vec![9],
        ..signaled(9)
    };
    let mut rows = vec![
        (ours, "unknown", UNKNOWN, "ours without a reason"),
        (
            signaled(9).failed_allocation(MIB, LIMIT, None),
            "killed_externally",
            INFERRED,
            "an allocation may be survived",
        ),
        (
            signaled(9).panic(Some(0)),
            "killed_externally",
            UNKNOWN,
            "a panic ends otherwise",
        ),
        (
            signaled(15).fault(11, None),
            "killed_externally",
            UNKNOWN,
            "a fault ends otherwise",
        ),
        (
            signaled(25).fault(11, None),
            "signal",
            UNKNOWN,
            "a fault ends otherwise",
        ),
    ];
    rows.extend([3, 5, 10, 12, 13, 14, 25, 40].map(|number| {
        (
            signaled(number),
            "signal",
            INFERRED,
            "its own, as far as we know",
        )
    }));
    rows.extend([9, 15, 2, 1].map(|number| {
        (
            signaled(number),
            "killed_externally",
            INFERRED,
            "not sent by us",
        )
    }));
    hold(rows);
    let text = text_of(&signaled(25));
    assert!(
        text.contains("SIGXFSZ") && text.contains("314572800 bytes"),
        "{text}"
    );
}
