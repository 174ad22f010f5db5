//! What the handler noted, against the signal that ended the process.

use super::super::sample::{INFERRED, LIMIT, MIB, PROVEN, STACK, UNKNOWN, hold, signaled, text_of};
use crate::death::classify;

#[test]
fn stack_overflows() {
    let words = "thread 'main' has overflowed its stack";
    hold(vec![
        (
            signaled(11).overflow(11, None),
            "stack_overflow",
            PROVEN,
            "at the guard",
        ),
        (
            signaled(7).overflow(7, None),
            "bus",
            PROVEN,
            "no stack ends in SIGBUS",
        ),
        (
            signaled(11).overflow(11, None).before_hello(),
            "stack_overflow",
            PROVEN,
            "our program was loaded",
        ),
        (
            signaled(6).overflow(11, None).stderr(words),
            "stack_overflow",
            PROVEN,
            "the runtime's handler aborts",
        ),
        (
            signaled(6).overflow(11, None),
            "stack_overflow",
            INFERRED,
            "without the runtime's words",
        ),
        (
            signaled(11).overflow(11, None).fault_sent(),
            "segv",
            INFERRED,
            "an address that nobody faulted at",
        ),
        (
            signaled(4).overflow(4, None),
            "ill",
            PROVEN,
            "no stack ends in SIGILL",
        ),
    ]);
}

#[test]
fn where_a_stack_ends() {
    let at = |address| classify(&signaled(11).fault(11, None).fault_at(address)).cause;
    let edges = [
        (STACK.0 - 64 * 1024 - 1, "segv"),
        (STACK.0 - 64 * 1024, "stack_overflow"),
        (STACK.0 + 4095, "stack_overflow"),
        (STACK.0 + 4096, "segv"),
        (0, "segv"),
    ];
    for (address, name) in edges {
        assert_eq!(at(address).name(), name, "{address:#x}");
    }
    let text = text_of(&signaled(11).overflow(11, None));
    for words in [
        "SIGSEGV at address 0x7f00000fffc0",
        "si_code 1",
        "0x7f0000100000",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn faults() {
    let names = [
        (11, "segv"),
        (7, "bus"),
        (4, "ill"),
        (8, "fpe"),
        (31, "sys"),
    ];
    for (number, name) in names {
        let other = if number == 11 { 7 } else { 11 };
        hold(vec![
            (signaled(number), name, INFERRED, "no note"),
            (signaled(number).no_flight(), name, INFERRED, "no recorder"),
            (
                signaled(number).fault(number, Some(0)),
                name,
                PROVEN,
                "the kernel's word",
            ),
            (
                signaled(number).fault(number, Some(0)).fault_sent(),
                name,
                INFERRED,
                "sent by a process",
            ),
            (
                signaled(number).fault(other, Some(0)),
                name,
                UNKNOWN,
                "another fault noted",
            ),
            (
                signaled(number).fault(number, Some(0)).panic(None),
                name,
                INFERRED,
                "and a panic",
            ),
            (
                signaled(number).panic(None),
                name,
                UNKNOWN,
                "a panic and no fault",
            ),
            (
                signaled(number).failed_allocation(MIB, MIB, None),
                name,
                INFERRED,
                "an allocation that was survived",
            ),
            (
                signaled(number)
                    .fault(number, None)
                    .failed_allocation(MIB, LIMIT, None),
                name,
                PROVEN,
                "the fault is how it ended",
            ),
        ]);
    }
}

#[test]
fn faults_beside_an_allocation_and_before_hello() {
    let text = text_of(
        &signaled(11)
            .fault(11, None)
            .failed_allocation(MIB, MIB, None),
    );
    assert!(
        text.contains("an allocation of 1048576 bytes had failed"),
        "{text}"
    );
    hold(vec![
        (
            signaled(11).before_hello(),
            "spawn_failed",
            INFERRED,
            "in the loader",
        ),
        (
            signaled(7).before_hello(),
            "bus",
            INFERRED,
            "no loader ends so",
        ),
        (
            signaled(11).before_hello().fault(11, None),
            "segv",
            PROVEN,
            "its own handler was there",
        ),
    ]);
}
