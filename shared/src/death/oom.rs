//! When the kernel's out-of-memory killer may have ended the process: only the kernel's own
//! evidence makes it so.

use super::classify::Finding;
use super::cpu::at_the_end;
use crate::death::{Cause, Confidence, Evidence};

/// The cause, if the kernel says of this process in particular that it ran out of memory; the signal
/// was SIGKILL.
pub(super) fn named(evidence: &Evidence, observation: &str) -> Option<Finding> {
    let found = Finding::new(Cause::KernelOom, Confidence::Proven, observation.to_owned());
    let in_group = evidence.cgroup_oom_kills.unwrap_or(0);
    if in_group > 0 {
        return Some(found.and(format!(
            "the out-of-memory killer took {in_group} of its control group (memory.events)"
        )));
    }
    let outside = &evidence.outside;
    if outside.kernel_log_names_it != Some(true) {
        return None;
    }
    let found = found.and("the kernel's log says that it killed this process for want of memory");
    let denied = evidence.cgroup_oom_kills == Some(0) || outside.machine_oom_kills == Some(0);
    Some(if denied {
        found.but("the kernel's count of out-of-memory kills did not rise")
    } else {
        found
    })
}

/// The cause, if memory ran out on this machine and nothing says that it took another process.
pub(super) fn suspected(evidence: &Evidence, observation: &str) -> Option<Finding> {
    if denied(evidence) {
        return None;
    }
    let kills = of_the_machine(evidence)?;
    Some(
        Finding::new(
            Cause::KernelOom,
            Confidence::Inferred,
            observation.to_owned(),
        )
        .and(kills),
    )
}

/// A SIGKILL that is not ours and that no evidence of the kernel explains.
pub(super) fn by_somebody(evidence: &Evidence, observation: String) -> Finding {
    let found = Finding::new(Cause::KilledExternally, Confidence::Inferred, observation);
    let found = match at_the_end(evidence) {
        Some(used) => found.and(used),
        None => found,
    };
    match of_the_machine(evidence) {
        Some(kills) if evidence.cgroup_oom_kills == Some(0) => found
            .and(kills)
            .and("none of them was of its control group (memory.events), so it was not that"),
        Some(kills) => found
            .but(kills)
            .and("the kernel's log does not name this process"),
        None if evidence.outside.machine_oom_kills == Some(0) || denied(evidence) => found.and(
            "we did not send it, and the kernel tells of no out-of-memory kill while it lived: a \
             person or another program did",
        ),
        None => found
            .and("we did not send it; the kernel's out-of-memory killer or a person could have"),
    }
}

// What the kernel says of this process in particular.
fn denied(evidence: &Evidence) -> bool {
    evidence.cgroup_oom_kills == Some(0) || evidence.outside.kernel_log_names_it == Some(false)
}

fn of_the_machine(evidence: &Evidence) -> Option<String> {
    let kills = evidence.outside.machine_oom_kills?;
    (kills > 0).then(|| {
        format!(
            "the out-of-memory killer took {kills} of the machine's processes while it lived \
             (oom_kill in /proc/vmstat)"
        )
    })
}

#[cfg(test)]
mod tests;
