//! Signals to process groups, and what `/proc` tells about a process (`proc(5)`).

use std::fs;

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// Clock ticks per second in `/proc`, on every machine that is supported.
const USER_HZ: u64 = 100;

/// Memory of a process, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Memory {
    /// `VmHWM`: highest resident memory since its exec.
    pub peak_resident: u64,
    /// `VmRSS`: resident memory now.
    pub resident: u64,
}

/// Sends a signal to every process of a group. A group that is gone is no error.
pub fn kill_group(leader: u32, signal: Signal) -> Result<(), Errno> {
    let Ok(group) = i32::try_from(leader) else {
        return Err(Errno::EINVAL);
    };
    // 0 and 1 would mean our own group, or everything.
    if group <= 1 {
        return Err(Errno::EINVAL);
    }
    match killpg(Pid::from_raw(group), signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// When the process started, in clock ticks since boot: with the id it names a process for good.
/// `None` if it is gone.
pub fn start_ticks(pid: u32) -> Option<u64> {
    parse_start_ticks(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Whether that very process still runs; a zombie does not.
pub fn still_runs(pid: u32, started: u64) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    let state = stat
        .rsplit_once(')')
        .and_then(|(_, rest)| rest.trim_start().chars().next());
    parse_start_ticks(&stat) == Some(started) && !matches!(state, Some('Z' | 'X'))
}

/// Memory of a living process; `None` if it is gone or a zombie.
pub fn memory(pid: u32) -> Option<Memory> {
    parse_memory(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// CPU time of a process, user and system, all its threads, in milliseconds; a zombie's is its last.
/// `None` if it is gone.
pub fn cpu_ms(pid: u32) -> Option<u64> {
    parse_cpu_ms(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Memory of the machine, in bytes; `None` if `/proc/meminfo` cannot be read.
pub fn memory_total() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    kib(&text, "MemTotal:")
}

/// The host's name, or `unknown`.
pub fn host_name() -> String {
    let name = rustix::system::uname();
    name.nodename()
        .to_str()
        .map_or_else(|_| "unknown".to_owned(), str::to_owned)
}

fn parse_start_ticks(stat: &str) -> Option<u64> {
    field(stat, 22)
}

fn parse_cpu_ms(stat: &str) -> Option<u64> {
    let ticks = field(stat, 14)?.checked_add(field(stat, 15)?)?;
    ticks.checked_mul(1000 / USER_HZ)
}

// A field of `/proc/PID/stat`, counted from 1. The second is the command in parentheses and may
// itself hold spaces and parentheses.
fn field(stat: &str, number: usize) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let after = number.checked_sub(3)?;
    rest.split_ascii_whitespace().nth(after)?.parse().ok()
}

fn parse_memory(status: &str) -> Option<Memory> {
    Some(Memory {
        peak_resident: kib(status, "VmHWM:")?,
        resident: kib(status, "VmRSS:")?,
    })
}

fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    number.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_ticks_survive_a_hostile_name() {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        assert_eq!(
            parse_start_ticks(&format!("77 (a) b (c)) {fields}")),
            Some(4711)
        );
        assert_eq!(parse_start_ticks("77 (a) S 1"), None);
        // User time is the eleventh here, system time the twelfth, in ticks of 10 ms.
        assert_eq!(parse_cpu_ms(&format!("77 (a) b (c)) {fields}")), Some(230));
        assert_eq!(parse_cpu_ms("77 (a) S 1"), None);
        assert_eq!(parse_start_ticks(""), None);
    }

    #[test]
    fn this_process_is_alive() {
        let pid = std::process::id();
        let started = start_ticks(pid).unwrap();
        assert!(still_runs(pid, started));
        assert!(!still_runs(pid, started + 1));
        assert!(memory(pid).unwrap().peak_resident > 0);
        assert!(memory_total().unwrap() > 0);
        assert!(cpu_ms(std::process::id()).is_some());
    }

    #[test]
    fn never_our_own_group() {
        assert!(kill_group(0, Signal::SIGTERM).is_err());
        assert!(kill_group(1, Signal::SIGTERM).is_err());
    }
}
