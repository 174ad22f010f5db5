//! CPU time as seen, against both limits.

use super::super::sample::{INFERRED, PROVEN, hold, limits, signaled, text_of};
use crate::death::{CPU_SLACK, Evidence};

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
            signaled(24).cpu(limit / 4 * 3),
            "cpu_limit",
            PROVEN,
            "as near as ticks are",
        ),
        (
            signaled(24).cpu(limit / 4 * 3 - 1),
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
            signaled(9).cpu(hard / 4 * 3 - 1),
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
