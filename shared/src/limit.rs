//! Resource limits of a child, set from outside (`prlimit(2)`) and read back: by the supervisor on a
//! child, by a replay on its own.

use crate::death::{CPU_SLACK, Limits};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

/// Why limits are not in force.
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
    /// The process id is not one.
    #[error("{0} is no process id")]
    Pid(u32),
}

/// Sets every limit on the process and reads each back. Soft and hard limit are the same, but for
/// the CPU time.
///
/// A limit that did not take is an error: a child never runs with less than it was promised.
pub fn set_limits(pid: u32, limits: &Limits) -> Result<Limits, LimitError> {
    let target = i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or(LimitError::Pid(pid))?;
    let wanted = [
        ("RLIMIT_DATA", Resource::Data, limits.memory),
        ("RLIMIT_AS", Resource::As, limits.address_space),
        ("RLIMIT_CPU", Resource::Cpu, limits.cpu_seconds),
        ("RLIMIT_NOFILE", Resource::Nofile, limits.open_files),
        ("RLIMIT_FSIZE", Resource::Fsize, limits.file_size),
        ("RLIMIT_CORE", Resource::Core, limits.core),
    ];
    for (name, resource, value) in wanted {
        let slack = if resource == Resource::Cpu {
            CPU_SLACK
        } else {
            0
        };
        let maximum = Some(value.saturating_add(slack));
        let limit = Rlimit {
            current: Some(value),
            maximum,
        };
        let set = |limit| {
            prlimit(Some(target), resource, limit).map_err(|source| LimitError::Set {
                name,
                value,
                source,
            })
        };
        set(limit)?;
        // `prlimit` answers with the limit that was in force before: the second call reads back.
        let in_force = set(limit)?;
        if in_force.current != Some(value) || in_force.maximum != maximum {
            return Err(LimitError::NotInForce {
                name,
                value,
                got: in_force.current,
            });
        }
    }
    Ok(*limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_take_on_a_living_child() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let limits = Limits {
            memory: 64 << 20,
            address_space: 4 << 30,
            cpu_seconds: 60,
            open_files: 64,
            file_size: 1 << 20,
            core: 0,
        };
        let set = set_limits(child.id(), &limits);
        let shown = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(set.unwrap(), limits);
        let data = shown
            .lines()
            .find(|line| line.starts_with("Max data size"))
            .unwrap();
        assert!(data.contains("67108864"), "{data}");
        let cpu = shown
            .lines()
            .find(|line| line.starts_with("Max cpu time"))
            .unwrap();
        assert!(cpu.contains("60") && cpu.contains("62"), "{cpu}");
        assert!(
            set_limits(child.id(), &limits).is_err(),
            "a process that is gone"
        );
    }
}
