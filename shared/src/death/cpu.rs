//! When the CPU limit may have ended the process: SIGXCPU at the soft one, SIGKILL at the hard one.

use super::classify::Finding;
use super::exit::SIGXCPU;
use super::signaled::signal;
use crate::death::{CPU_SLACK, Cause, Confidence, Evidence, Limits};

/// The cause, when SIGXCPU ended the process.
pub(super) fn ran_out(evidence: &Evidence, observation: String) -> Finding {
    let limit = evidence.limits.map(soft);
    let found = |cause, confidence| Finding::new(cause, confidence, observation);
    match (limit, evidence.outside.cpu_ms) {
        (Some(limit), Some(used)) if is_near(used, limit) => {
            found(Cause::CpuLimit, Confidence::Proven).and(in_words(used, limit))
        }
        (Some(limit), Some(used)) => found(signal(SIGXCPU), Confidence::Inferred)
            .and("we did not send it")
            .and(in_words(used, limit))
            .and("that is far from the limit, so it is not why"),
        (Some(limit), None) => found(Cause::CpuLimit, Confidence::Inferred).and(format!(
            "its limit was {} s of CPU time; what it had used was not seen",
            limit / 1000
        )),
        (None, _) => found(Cause::CpuLimit, Confidence::Inferred)
            .and("the limit that was in effect is not known"),
    }
}

/// The cause, if SIGKILL came at the hard limit: whoever does not end at SIGXCPU ends so.
pub(super) fn at_hard_limit(evidence: &Evidence, observation: &str) -> Option<Finding> {
    let limit = soft(evidence.limits?).saturating_add(CPU_SLACK.saturating_mul(1000));
    let used = evidence
        .outside
        .cpu_ms
        .filter(|used| is_near(*used, limit))?;
    Some(
        Finding::new(
            Cause::CpuLimit,
            Confidence::Inferred,
            observation.to_owned(),
        )
        .and("we did not send it")
        .and(in_words(used, limit))
        .and("the kernel sends SIGKILL at the hard limit to what did not end at SIGXCPU"),
    )
}

/// What it had used, against the limit at which the kernel sends SIGKILL.
pub(super) fn at_the_end(evidence: &Evidence) -> Option<String> {
    let limit = soft(evidence.limits?).saturating_add(CPU_SLACK.saturating_mul(1000));
    Some(in_words(evidence.outside.cpu_ms?, limit))
}

const fn soft(limits: Limits) -> u64 {
    limits.cpu_seconds.saturating_mul(1000)
}

// 75 %: the kernel charges the limit by clock ticks and shows finer sums, and on a machine whose
// processors are busy the two differ by a good part (`proc(5)`, `setrlimit(2)`).
const fn is_near(used: u64, limit: u64) -> bool {
    used >= limit / 4 * 3
}

fn in_words(used: u64, limit: u64) -> String {
    let limit = limit / 1000;
    format!("it had used {used} ms of CPU time, its limit was {limit} s of CPU time")
}

#[cfg(test)]
mod tests;
