//! What the kernel says about memory that ran out, while a process lived.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;

/// Number of the first namespace of process ids (`PROC_PID_INIT_INO` of the kernel).
const FIRST_NAMESPACE: &str = "pid:[4026531836]";
/// Longest record of the kernel's log, with room to spare (`/dev/kmsg` gives one for each read).
const RECORD: usize = 16 * 1024;
/// So many records are looked at; a machine that logs more in the meantime is not followed.
const RECORDS: usize = 10_000;

/// Remembers how things stood when a process began.
#[derive(Debug)]
pub struct OomWatch {
    kills: Option<u64>,
    log: Option<File>,
}

impl OomWatch {
    /// Begins to watch. What this system does not show stays unknown.
    pub fn begin() -> Self {
        Self {
            kills: kills(),
            log: log(),
        }
    }

    /// How many processes of the machine the out-of-memory killer took since; `None` if
    /// `/proc/vmstat` does not say.
    pub fn kills(&self) -> Option<u64> {
        since(self.kills, kills())
    }

    /// Whether the kernel's log says since that it killed this process for want of memory; `None` if
    /// the log cannot be read, or not to its end.
    pub fn log_names(&mut self, pid: u32) -> Option<bool> {
        let log = self.log.as_mut()?;
        let mut record = vec![0; RECORD];
        for _ in 0..RECORDS {
            match log.read(&mut record) {
                Ok(length) => {
                    let record = record.get(..length).unwrap_or_default();
                    if names(&String::from_utf8_lossy(record), pid) {
                        return Some(true);
                    }
                }
                // The end: it is read without waiting.
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Some(false),
                // Records that were overwritten (EPIPE) may have been the ones.
                Err(_) => return None,
            }
        }
        None
    }
}

fn kills() -> Option<u64> {
    parse_kills(&fs::read_to_string("/proc/vmstat").ok()?)
}

fn since(before: Option<u64>, now: Option<u64>) -> Option<u64> {
    Some(now?.saturating_sub(before?))
}

fn parse_kills(vmstat: &str) -> Option<u64> {
    let mut lines = vmstat.lines();
    lines
        .find_map(|line| line.strip_prefix("oom_kill "))?
        .trim()
        .parse()
        .ok()
}

// At its end, so that only what comes from now on is read. The log has the process ids of the first
// namespace; in another one they mean other processes.
fn log() -> Option<File> {
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    if namespace.as_os_str() != FIRST_NAMESPACE {
        return None;
    }
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let mut log = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open("/dev/kmsg")
        .ok()?;
    log.seek(SeekFrom::End(0)).ok()?;
    Some(log)
}

// `Out of memory: Killed process 4242 (worker-child) total-vm:…`, or `Memory cgroup out of memory: …`.
fn names(record: &str, pid: u32) -> bool {
    let Some((before, after)) = record.split_once("Killed process ") else {
        return false;
    };
    let number: String = after.chars().take_while(char::is_ascii_digit).collect();
    before.to_ascii_lowercase().contains("out of memory") && number.parse() == Ok(pid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kills_for_want_of_memory_of_that_process_count() {
        let cases = [
            (
                "3,1,2,-;Out of memory: Killed process 4242 (worker-child) total-vm:1kB",
                true,
            ),
            (
                "3,1,2,-;Memory cgroup out of memory: Killed process 4242 (a) total-vm:1kB",
                true,
            ),
            (
                "3,1,2,-;Out of memory: Killed process 42420 (worker-child)",
                false,
            ),
            (
                "3,1,2,-;Out of memory: Killed process 424 (worker-child)",
                false,
            ),
            ("6,1,2,-;something else: Killed process 4242 (x)", false),
            (
                "6,1,2,-;oom-kill:constraint=CONSTRAINT_NONE,pid=4242",
                false,
            ),
            ("", false),
        ];
        for (record, expected) in cases {
            assert_eq!(names(record, 4242), expected, "{record}");
        }
    }

    #[test]
    fn the_count_is_found_among_others() {
        assert_eq!(
            parse_kills("pgfault 7\noom_kill 12\nnuma_hit 3\n"),
            Some(12)
        );
        assert_eq!(parse_kills("pgfault 7\nxoom_kill 12\n"), None);
        assert_eq!(parse_kills("oom_kill many\n"), None);
    }

    #[test]
    fn nothing_is_said_of_a_calm_moment() {
        let mut watch = OomWatch::begin();
        // Whatever this system shows, it does not say that this process was killed.
        assert_ne!(watch.log_names(std::process::id()), Some(true));
        watch.kills = Some(0);
        assert_eq!(
            watch.kills(),
            kills(),
            "all of the machine's since it began"
        );
        watch.kills = None;
        assert_eq!(watch.kills(), None);
    }

    #[test]
    fn kills_are_counted_from_the_beginning() {
        let cases = [
            (Some(5), Some(7), Some(2)),
            (Some(5), Some(5), Some(0)),
            (Some(5), None, None),
            (None, Some(7), None),
        ];
        for (before, now, expected) in cases {
            assert_eq!(since(before, now), expected, "{before:?} {now:?}");
        }
    }
}
