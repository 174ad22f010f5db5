//! Sets the limits of a report on the child that replays it, from outside, and reads them back
//! (`prlimit(2)`).

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use shared::death::Limits;

/// A limit that is not in force.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// The kernel refused.
    #[error("setting {name} to {value} failed: {source}")]
    Set {
        /// Name of the limit.
        name: &'static str,
        /// What it was to be.
        value: u64,
        /// The kernel's word.
        source: rustix::io::Errno,
    },
    /// The kernel accepted and did not keep it.
    #[error("{name} was set to {value} and reads back as {got:?}")]
    NotInForce {
        /// Name of the limit.
        name: &'static str,
        /// What it was to be.
        value: u64,
        /// What is in force; `None` is unlimited.
        got: Option<u64>,
    },
}

/// As the supervisor has it: in between the kernel sends SIGXCPU instead of SIGKILL.
const CPU_SLACK: u64 = 2;

/// Sets every limit and reads it back.
pub(super) fn set(pid: Pid, limits: &Limits) -> Result<Limits, LimitError> {
    let wanted = [
        ("RLIMIT_DATA", Resource::Data, limits.memory, 0),
        ("RLIMIT_AS", Resource::As, limits.address_space, 0),
        ("RLIMIT_CPU", Resource::Cpu, limits.cpu_seconds, CPU_SLACK),
        ("RLIMIT_NOFILE", Resource::Nofile, limits.open_files, 0),
        ("RLIMIT_FSIZE", Resource::Fsize, limits.file_size, 0),
        ("RLIMIT_CORE", Resource::Core, limits.core, 0),
    ];
    for (name, resource, value, slack) in wanted {
        let limit = Rlimit {
            current: Some(value),
            maximum: Some(value.saturating_add(slack)),
        };
        let set = || {
            prlimit(Some(pid), resource, limit).map_err(|source| LimitError::Set {
                name,
                value,
                source,
            })
        };
        set()?;
        // It answers with the limit that was in force before: the second call reads back.
        let in_force = set()?;
        if in_force != limit {
            return Err(LimitError::NotInForce {
                name,
                value,
                got: in_force.current,
            });
        }
    }
    Ok(*limits)
}
