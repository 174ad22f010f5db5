//! Every signal, with what the child, the kernel and the limits say about it, and with what they
//! say against it.

use super::super::sample::{INFERRED, LIMIT, MIB, PROVEN, STACK, UNKNOWN, hold, limits, signaled};
use super::*;
use crate::death::{CPU_SLACK, classify};

fn text_of(evidence: &Evidence) -> String {
    classify(evidence).evidence.join("\n")
}

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
            "stack_overflow",
            PROVEN,
            "SIGBUS as well",
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
    let at = |address| classify(&signaled(11).fault(11, None).fault_at(address)).cause;
    let edges = [
        (STACK.0 - MIB - 1, "segv"),
        (STACK.0 - MIB, "stack_overflow"),
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

#[test]
fn the_cpu_limit() {
    let limit = limits().cpu_seconds * 1000;
    let hard = limit + CPU_SLACK * 1000;
    let no_limits = Evidence {
        limits: None,
        ..signaled(24).cpu(limit)
    };
    hold(vec![
        (signaled(24).cpu(limit), "cpu_limit", PROVEN, "at the limit"),
        (
            signaled(24).cpu(limit / 10 * 9),
            "cpu_limit",
            PROVEN,
            "as near as ticks are",
        ),
        (
            signaled(24).cpu(limit / 10 * 9 - 1),
            "signal",
            INFERRED,
            "far from it",
        ),
        (signaled(24), "cpu_limit", INFERRED, "not seen"),
        (no_limits, "cpu_limit", INFERRED, "limit not read back"),
        (
            signaled(24).cpu(limit).panic(None),
            "cpu_limit",
            INFERRED,
            "and a panic",
        ),
        (
            signaled(9).cpu(hard),
            "cpu_limit",
            INFERRED,
            "at the hard limit",
        ),
        (
            signaled(9).cpu(hard / 10 * 9 - 1),
            "killed_externally",
            INFERRED,
            "before it",
        ),
    ]);
    let text = text_of(&signaled(24).cpu(limit + 7));
    assert!(
        text.contains("1800007 ms of CPU time, its limit was 1800 s"),
        "{text}"
    );
}

#[test]
fn memory_of_the_machine() {
    let killed = || signaled(9);
    let hard = (limits().cpu_seconds + CPU_SLACK) * 1000;
    hold(vec![
        (killed(), "killed_externally", INFERRED, "nothing is known"),
        (
            killed().machine_oom(0),
            "killed_externally",
            INFERRED,
            "no kill",
        ),
        (
            killed().machine_oom(1),
            "kernel_oom",
            INFERRED,
            "some process was killed",
        ),
        (
            killed().machine_oom(1).kernel_log(true),
            "kernel_oom",
            PROVEN,
            "named",
        ),
        (
            killed().kernel_log(true),
            "kernel_oom",
            PROVEN,
            "named, nothing counted",
        ),
        (
            killed().machine_oom(0).kernel_log(true),
            "kernel_oom",
            INFERRED,
            "named, not counted",
        ),
        (
            killed().machine_oom(2).kernel_log(false),
            "killed_externally",
            UNKNOWN,
            "counted, not named",
        ),
        (
            killed().kernel_log(false),
            "killed_externally",
            INFERRED,
            "not named",
        ),
        (killed().cgroup_oom(1), "kernel_oom", PROVEN, "of its group"),
        (
            killed().cgroup_oom(0).kernel_log(true),
            "kernel_oom",
            INFERRED,
            "named, not of its group",
        ),
        (
            killed().cgroup_oom(0).machine_oom(3),
            "killed_externally",
            INFERRED,
            "others were killed",
        ),
        (
            killed().machine_oom(1).cpu(hard),
            "cpu_limit",
            INFERRED,
            "its own clock says more",
        ),
        (
            killed().kernel_log(true).cpu(hard),
            "kernel_oom",
            PROVEN,
            "the kernel says why",
        ),
        (
            killed().machine_oom(1).panic(None),
            "kernel_oom",
            UNKNOWN,
            "and a panic",
        ),
        (
            signaled(15).machine_oom(1),
            "killed_externally",
            INFERRED,
            "it sends SIGKILL only",
        ),
    ]);
    let said = |evidence: Evidence, words: &str| {
        let text = text_of(&evidence);
        assert!(text.contains(words), "{words}: {text}");
    };
    said(killed(), "out-of-memory killer or a person could have");
    said(killed().machine_oom(0), "tells of no out-of-memory kill");
    said(killed().machine_oom(4), "took 4 of the machine's processes");
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
