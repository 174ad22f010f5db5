//! Whether a part of the tree is there, is ours and has what is needed. Reads only.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Delegated, NoCgroup};

/// The cgroup that the supervisor itself moves to: one with children of its own may hold no process
/// (`cgroups(7)`, "no internal processes").
pub(super) const OWN: &str = "supervisor";

/// What a child's group needs.
const CONTROLLERS: [&str; 2] = ["memory", "pids"];

/// What marks a delegated cgroup, whoever owns it (systemd's cgroup interface).
const MARKS: [&str; 2] = ["user.delegate", "trusted.delegate"];

/// Looks for the part of the tree that this process may use. Nothing is changed.
pub fn probe() -> Result<Delegated, NoCgroup> {
    let read = |path: &str| fs::read_to_string(path).map_err(NoCgroup::file(path));
    let mounts = read("/proc/self/mountinfo")?;
    let own = read("/proc/self/cgroup")?;
    let base = base(&mounts, &own).ok_or(NoCgroup::NotMounted)?;
    probe_at(base)
}

/// Whether this cgroup may be used.
pub fn probe_at(base: PathBuf) -> Result<Delegated, NoCgroup> {
    let path = base.join("cgroup.controllers");
    let controllers = fs::read_to_string(&path).map_err(NoCgroup::file(path))?;
    let missing = missing(&controllers);
    if !missing.is_empty() {
        return Err(NoCgroup::Controllers { base, missing });
    }
    let procs = base.join("cgroup.procs");
    let owner = fs::metadata(&procs).map_err(NoCgroup::file(procs))?.uid();
    let user = rustix::process::geteuid();
    // Root owns what nobody was given.
    let given = owner == user.as_raw() && !user.is_root();
    if given || is_marked(&base) {
        Ok(Delegated { base })
    } else {
        Err(NoCgroup::NotDelegated { base })
    }
}

fn is_marked(base: &Path) -> bool {
    MARKS.iter().any(|mark| {
        let mut value = [0; 1];
        let got = rustix::fs::getxattr(base, *mark, &mut value[..]);
        got == Ok(1) && value == *b"1"
    })
}

fn missing(controllers: &str) -> String {
    let has = |wanted: &&str| {
        controllers
            .split_ascii_whitespace()
            .any(|one| one == *wanted)
    };
    let lacks: Vec<_> = CONTROLLERS.into_iter().filter(|one| !has(one)).collect();
    lacks.join(" and ")
}

/// Where the cgroup of this process is mounted, from `/proc/self/mountinfo` and
/// `/proc/self/cgroup`; its parent if it is the one that a supervisor moves to.
pub(super) fn base(mounts: &str, own: &str) -> Option<PathBuf> {
    let (root, mount) = mounts.lines().find_map(mount)?;
    let path = own.lines().find_map(|line| line.strip_prefix("0::"))?;
    // What is mounted may begin below the root of the tree.
    let below = Path::new(path).strip_prefix(root).ok()?;
    let below = if below.file_name() == Some(OWN.as_ref()) {
        below.parent()?
    } else {
        below
    };
    // Without the slash that joining nothing leaves.
    Some(Path::new(mount).join(below).components().collect())
}

/// Root and mount point of a line that mounts cgroup v2 (`proc_pid_mountinfo(5)`).
fn mount(line: &str) -> Option<(&str, &str)> {
    let (place, source) = line.split_once(" - ")?;
    let mut fields = place.split(' ').skip(3);
    let found = (fields.next()?, fields.next()?);
    source.starts_with("cgroup2 ").then_some(found)
}
