//! How the kernel says that a process ended, and the names of signals.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use crate::death::Ending;

// Numbers as on x86 and ARM (`signal(7)`); other machines have others and are not supported.
pub(super) const SIGHUP: i32 = 1;
pub(super) const SIGINT: i32 = 2;
pub(super) const SIGILL: i32 = 4;
pub(super) const SIGABRT: i32 = 6;
pub(super) const SIGBUS: i32 = 7;
pub(super) const SIGFPE: i32 = 8;
pub(super) const SIGKILL: i32 = 9;
pub(super) const SIGSEGV: i32 = 11;
pub(super) const SIGTERM: i32 = 15;
pub(super) const SIGXCPU: i32 = 24;
pub(super) const SIGXFSZ: i32 = 25;
pub(super) const SIGSYS: i32 = 31;

/// Names by number, from 1.
const NAMES: [&str; 31] = [
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];

/// The ending of a process that was waited for. `None` if it has not ended: stopped or continued.
pub fn ending(status: ExitStatus) -> Option<Ending> {
    let exited = status.code().map(Ending::Exited);
    exited.or_else(|| status.signal().map(Ending::Signaled))
}

/// The name of a signal, for example `SIGSEGV`; `signal 40` for one without a name.
pub fn signal_name(number: i32) -> String {
    let name = usize::try_from(number)
        .ok()
        .and_then(|number| NAMES.get(number.checked_sub(1)?));
    name.map_or_else(|| format!("signal {number}"), |name| (*name).to_owned())
}

/// The ending in words.
pub(super) fn words(ending: Ending) -> String {
    match ending {
        Ending::Exited(code) => format!("it exited with code {code}"),
        Ending::Signaled(number) => format!("it was ended by {}", signal_name(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_statuses() {
        // Raw statuses as in wait(2): code in the second byte, signal in the low seven bits.
        let cases = [
            (0, Some(Ending::Exited(0))),
            (64 << 8, Some(Ending::Exited(64))),
            (255 << 8, Some(Ending::Exited(255))),
            (9, Some(Ending::Signaled(9))),
            (0x8b, Some(Ending::Signaled(11))),
            (0x137f, None),
            (0xffff, None),
        ];
        for (raw, expected) in cases {
            assert_eq!(ending(ExitStatus::from_raw(raw)), expected, "{raw:#x}");
        }
    }

    #[test]
    fn names() {
        assert_eq!(signal_name(11), "SIGSEGV");
        assert_eq!(signal_name(24), "SIGXCPU");
        assert_eq!(signal_name(40), "signal 40");
        assert_eq!(signal_name(-1), "signal -1");
        assert_eq!(words(Ending::Signaled(6)), "it was ended by SIGABRT");
    }
}
