//! Faults of the real binary: the true signal ends it, and the flight recorder tells the rest.
//!
//! Only debug builds have the traps that an item springs here.
#![cfg(debug_assertions)]

use std::os::unix::process::ExitStatusExt;

use rustix::process::Signal;
use shared::id::RunNo;

use crate::child::{Child, End, attempt, window};
use crate::server::{Answer, serve};

const PAGE: &str = include_str!("../../../tests/fixtures/orders/page.json");

/// The end of a child whose second run meets an item with this trap.
fn sprung(kind: &str) -> End {
    let page = PAGE.replacen("A part without a SKU", &format!("bulkhead-trap:{kind}"), 1);
    assert_ne!(page, PAGE);
    let (port, _) = serve(move |_, _| Answer::new(200, page.clone()));
    let mut child = Child::started(&attempt(port, vec![window()]));
    child.converse();
    child.end()
}

#[test]
fn a_null_pointer_is_noted_with_its_address() {
    let end = sprung("null");
    assert_eq!(end.status.signal(), Some(Signal::SEGV.as_raw()));
    let fault = end.flight.fault.unwrap();
    // Code 1 is SEGV_MAPERR: nothing is mapped there (sigaction(2)).
    assert_eq!((fault.signal, fault.code, fault.address), (11, 1, 0));
    assert_eq!(fault.run, Some(RunNo(0)));
    assert!(!fault.is_stack_overflow());
    let (low, high) = fault.stack.unwrap();
    assert!(high - low >= 1 << 20, "{low:#x} to {high:#x}");
}

#[test]
fn a_stack_overflow_is_noted_as_one() {
    let end = sprung("stack");
    assert_eq!(end.status.signal(), Some(Signal::SEGV.as_raw()));
    let fault = end.flight.fault.unwrap();
    assert!(fault.is_stack_overflow(), "{fault:?}");
    assert_eq!(fault.run, Some(RunNo(0)));
    assert_eq!(end.stderr, "", "nothing else speaks of it");
}

#[test]
fn a_signal_that_was_sent_is_noted_as_sent() {
    for (kind, signal) in [
        ("segv", Signal::SEGV),
        ("bus", Signal::BUS),
        ("ill", Signal::ILL),
        ("fpe", Signal::FPE),
    ] {
        let end = sprung(kind);
        assert_eq!(end.status.signal(), Some(signal.as_raw()), "{kind}");
        let fault = end.flight.fault.unwrap();
        assert_eq!(fault.signal, signal.as_raw(), "{kind}");
        assert!(fault.code <= 0, "{kind}: {fault:?}");
    }
}

#[test]
fn an_abort_is_no_fault() {
    let end = sprung("abort");
    assert_eq!(end.status.signal(), Some(Signal::ABORT.as_raw()));
    assert_eq!(end.flight.fault, None);
}
