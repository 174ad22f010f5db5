//! Notices the end of a process before it is reaped, while `/proc` still tells of it.

use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Watches one process. Reaping stays with whoever started it.
#[derive(Debug)]
pub struct EndWatch {
    process: AsyncFd<OwnedFd>,
}

impl EndWatch {
    /// Watches a child that has not been reaped. `None` where the kernel has no descriptors for
    /// processes (`pidfd_open(2)`). Must be called within a tokio runtime.
    pub fn of(pid: u32) -> Option<Self> {
        let pid = Pid::from_raw(i32::try_from(pid).ok()?)?;
        let process = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        #[expect(
            deprecated,
            reason = "what its successor asks for, an unsafe call, is that the descriptor stays open \
                      and the same, and an OwnedFd does"
        )]
        let process = AsyncFd::with_interest(process, Interest::READABLE).ok()?;
        Some(Self { process })
    }

    /// Waits until the process has ended. Safe to cancel; at once when it has ended before.
    pub async fn ended(&self) {
        // Readable from the end on, and never again otherwise; an error leaves the matter to the
        // one who reaps.
        drop(self.process.readable().await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::cpu_ms;

    #[tokio::test]
    async fn a_process_that_ended_is_still_there_to_be_looked_at() {
        let mut child = tokio::process::Command::new("sh")
            .args(["-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"])
            .spawn()
            .unwrap();
        let pid = child.id().unwrap();
        let watch = EndWatch::of(pid).unwrap();
        watch.ended().await;
        watch.ended().await;
        let used = cpu_ms(pid);
        assert!(child.wait().await.unwrap().success());
        assert!(used.is_some_and(|used| used > 0), "{used:?}");
        assert_eq!(cpu_ms(pid), None, "it is reaped");
    }
}
