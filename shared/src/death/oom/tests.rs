//! What the kernel says of memory that ran out, against SIGKILL.

use super::super::sample::{INFERRED, PROVEN, UNKNOWN, hold, limits, signaled, text_of};
use crate::death::{CPU_SLACK, Evidence};

#[test]
fn memory_of_the_machine() {
    let killed = || signaled(9);
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
    ]);
}

#[test]
fn memory_of_the_machine_against_other_words() {
    let killed = || signaled(9);
    let hard = (limits().cpu_seconds + CPU_SLACK) * 1000;
    hold(vec![
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
}

#[test]
fn what_is_said_of_the_machines_memory() {
    let killed = || signaled(9);
    let said = |evidence: Evidence, words: &str| {
        let text = text_of(&evidence);
        assert!(text.contains(words), "{words}: {text}");
    };
    said(killed(), "out-of-memory killer or a person could have");
    said(killed().machine_oom(0), "tells of no out-of-memory kill");
    said(killed().machine_oom(4), "took 4 of the machine's processes");
}
