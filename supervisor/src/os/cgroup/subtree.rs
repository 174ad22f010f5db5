//! The part of the tree that is ours: made ready at start, a group for each child.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use shared::id::AttemptId;

use super::find::OWN;
use super::{Delegated, Leaf, NoCgroup};

/// How the names of children's groups begin; the supervisor's process id and the attempt follow.
const PREFIX: &str = "attempt-";

/// What a child may have beyond the limit of its process: pages of the program, of files and of
/// sockets are counted here and not there. The process is to meet its own limit first, which tells
/// more.
const HEADROOM: u64 = 32 << 20;

/// Threads of a child: its own, the one that reads standard input, two for names, and room.
const MOST_THREADS: u32 = 16;

/// A part of the tree that is ready for children.
#[derive(Debug, Clone)]
pub struct Subtree {
    base: PathBuf,
}

impl Subtree {
    /// Moves this process out of the way, lets children be counted, and ends what supervisors that
    /// are gone left behind.
    pub fn prepare(delegated: Delegated) -> Result<Self, NoCgroup> {
        let Delegated { base } = delegated;
        let own = base.join(OWN);
        match fs::create_dir(&own) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(NoCgroup::File {
                    path: own,
                    source: error,
                });
            }
            _ => {}
        }
        write(&own.join("cgroup.procs"), &process::id())?;
        write(&base.join("cgroup.subtree_control"), &"+memory +pids")?;
        let subtree = Self { base };
        subtree.remove_leftovers();
        Ok(subtree)
    }

    /// A group for the child of this attempt, whose process may have `memory` bytes; it is in it.
    pub fn admit(&self, attempt: AttemptId, memory: u64, pid: u32) -> Result<Leaf, NoCgroup> {
        let name = format!("{PREFIX}{}-{attempt}", process::id());
        let leaf = Leaf::at(self.base.join(name))?;
        let admitted = limit(leaf.path(), memory).and_then(|()| leaf.admit(pid));
        if let Err(error) = admitted {
            // Nobody is in it.
            leaf.remove();
            return Err(error);
        }
        Ok(leaf)
    }

    fn remove_leftovers(&self) {
        let Ok(entries) = fs::read_dir(&self.base) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let owner = name.to_str().and_then(owner);
            if owner.is_some_and(|pid| pid == process::id() || !is_there(pid))
                && let Ok(leaf) = Leaf::at(entry.path())
            {
                tracing::info!(path = %entry.path().display(), "ending what an earlier supervisor left in its cgroup");
                leaf.kill();
                leaf.remove();
            }
        }
    }
}

fn limit(leaf: &Path, memory: u64) -> Result<(), NoCgroup> {
    write(&leaf.join("memory.max"), &memory.saturating_add(HEADROOM))?;
    // All of the child or nothing: never one of its threads.
    write(&leaf.join("memory.oom.group"), &1)?;
    write(&leaf.join("pids.max"), &MOST_THREADS)?;
    let swap = leaf.join("memory.swap.max");
    // A machine without swap has no such file.
    if swap.exists() {
        write(&swap, &0)
    } else {
        Ok(())
    }
}

/// Which supervisor made a group of this name.
pub(super) fn owner(name: &str) -> Option<u32> {
    let (pid, attempt) = name.strip_prefix(PREFIX)?.split_once('-')?;
    attempt.parse::<u64>().ok()?;
    pid.parse().ok()
}

fn is_there(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

pub(super) fn write(path: &Path, value: &impl ToString) -> Result<(), NoCgroup> {
    fs::write(path, value.to_string()).map_err(NoCgroup::file(path))
}
