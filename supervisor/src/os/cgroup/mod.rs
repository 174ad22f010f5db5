//! Control groups of version 2 (`cgroups(7)`): a child's memory and processes as the kernel counts
//! them, where a part of the tree is delegated to the supervisor. Limits of the process stay what
//! a child is held to first; its group holds what they do not count, and proves what they cannot.
//!
//! *Invariant:* a part of the tree that is nobody's gift is left alone, whatever root may do to it.

mod find;
mod leaf;
mod subtree;

use std::path::PathBuf;

pub use find::{probe, probe_at};
pub use leaf::{CgroupEnd, Leaf};
pub use subtree::Subtree;

/// A part of the tree that could be used; nothing was changed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegated {
    /// Its directory.
    pub base: PathBuf,
}

/// Why limits of the process are all there is.
#[derive(Debug, thiserror::Error)]
pub enum NoCgroup {
    /// No tree of version 2 is mounted, or this process is not in it.
    #[error("no cgroup v2 is mounted")]
    NotMounted,
    /// The controllers that are needed are not there.
    #[error("the cgroup {} has no controller {missing}: this machine keeps it in cgroup v1, or it is not delegated", base.display())]
    Controllers {
        /// Which cgroup.
        base: PathBuf,
        /// What it lacks, in words.
        missing: String,
    },
    /// It is someone else's.
    #[error("the cgroup {} is not delegated to this process (systemd: Delegate=yes)", base.display())]
    NotDelegated {
        /// Which cgroup.
        base: PathBuf,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
}

impl NoCgroup {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        |source| Self::File { path, source }
    }
}

#[cfg(test)]
mod tests;
