//! What the service holds while it is idle, and what the machine holds for it.

use std::fs;
use std::path::Path;

use integration_tests::harness::process::{Running, alive};
use integration_tests::harness::wait::{LONG, wait_for};

/// What the service holds.
#[derive(Debug)]
pub(crate) struct Holdings {
    resident: u64,
    descriptors: usize,
}

impl Holdings {
    /// At a moment at which no child runs.
    pub(crate) fn of(service: &Running, state_dir: &Path) -> Self {
        wait_for("an idle moment", LONG, || {
            let holdings = look(service.pid());
            alive(state_dir).is_empty().then_some(holdings)
        })
    }

    /// The service holds no more now, but for memory that it may have got used to.
    pub(crate) fn assert_flat(&self, service: &Running, state_dir: &Path) -> Self {
        let most = self.resident + self.resident / 4 + (4 << 20);
        wait_for("descriptors to be closed", LONG, || {
            let now = Self::of(service, state_dir);
            assert!(now.resident <= most, "{self:?} became {now:?}");
            (now.descriptors <= self.descriptors).then_some(now)
        })
    }
}

fn look(pid: u32) -> Holdings {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib: u64 = line
        .and_then(|line| line.split_whitespace().nth(1))
        .unwrap()
        .parse()
        .unwrap();
    Holdings {
        resident: kib << 10,
        descriptors: fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count(),
    }
}

/// Bytes of all files below a directory, and how many they are.
pub(crate) fn on_disk(dir: &Path) -> (u64, u64) {
    let mut sum = (0, 0);
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        // What goes meanwhile takes no room.
        let Ok(meta) = entry.metadata() else { continue };
        let more = if meta.is_dir() {
            on_disk(&entry.path())
        } else {
            (meta.len(), 1)
        };
        sum = (sum.0 + more.0, sum.1 + more.1);
    }
    sum
}
