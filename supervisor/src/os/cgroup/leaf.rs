//! The group of one child, from its first frame to what the kernel counted.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::NoCgroup;
use super::subtree::write;

/// What the kernel counted for a child.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CgroupEnd {
    /// The most memory that it had at once, in bytes; pages of files count, too. `None` before
    /// Linux 5.19.
    pub peak: Option<u64>,
    /// How often the kernel killed a process of the group because memory was exhausted.
    pub oom_kills: Option<u64>,
}

/// A group that is there.
#[derive(Debug)]
pub struct Leaf {
    path: PathBuf,
}

impl Leaf {
    /// The group in this directory, made if it is not there.
    pub fn at(path: PathBuf) -> Result<Self, NoCgroup> {
        match fs::create_dir(&path) {
            Err(source) if source.kind() != ErrorKind::AlreadyExists => {
                Err(NoCgroup::File { path, source })
            }
            _ => Ok(Self { path }),
        }
    }

    /// Its directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a process into it; what it starts from here on is in it, too.
    pub fn admit(&self, pid: u32) -> Result<(), NoCgroup> {
        write(&self.path.join("cgroup.procs"), &pid)
    }

    /// Ends every process in it, also those that left their process group.
    pub fn kill(&self) {
        if let Err(error) = write(&self.path.join("cgroup.kill"), &1) {
            tracing::debug!(%error, "killing a cgroup failed");
        }
    }

    /// What the kernel counted so far.
    pub fn counted(&self) -> CgroupEnd {
        let read = |name| fs::read_to_string(self.path.join(name)).ok();
        CgroupEnd {
            peak: read("memory.peak").and_then(|text| text.trim().parse().ok()),
            oom_kills: read("memory.events").and_then(|text| oom_kills(&text)),
        }
    }

    /// Removes it. While a process of it is not yet gone that fails; then a later start does it.
    pub fn remove(&self) {
        if let Err(error) = fs::remove_dir(&self.path) {
            tracing::debug!(path = %self.path.display(), %error, "removing a cgroup failed");
        }
    }
}

/// `oom_kill` of `memory.events` (`cgroup-v2.rst` of the kernel's documentation).
pub(super) fn oom_kills(events: &str) -> Option<u64> {
    let line = events
        .lines()
        .find_map(|line| line.strip_prefix("oom_kill "))?;
    line.trim().parse().ok()
}
