//! On a plain directory tree what is written where; on the kernel's own tree what comes of it.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use shared::id::AttemptId;

use super::find::base;
use super::leaf::oom_kills;
use super::subtree::owner;
use super::*;

const HYBRID: &str = "30 23 0:26 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n\
                      42 32 0:39 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

#[test]
fn where_our_cgroup_is() {
    let unified = "24 1 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    let below = "24 1 0:22 /box /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    let cases = [
        (
            unified,
            "0::/system.slice/bulkhead.service\n",
            Some("/sys/fs/cgroup/system.slice/bulkhead.service"),
        ),
        (unified, "0::/a/supervisor\n", Some("/sys/fs/cgroup/a")),
        (unified, "0::/\n", Some("/sys/fs/cgroup")),
        (
            HYBRID,
            "5:memory:/x\n0::/y\n",
            Some("/sys/fs/cgroup/unified/y"),
        ),
        (HYBRID, "5:memory:/x\n", None),
        ("30 23 0:26 / /m rw - cgroup cgroup rw\n", "0::/y\n", None),
        (below, "0::/box/y\n", Some("/sys/fs/cgroup/y")),
        (below, "0::/elsewhere\n", None),
        ("", "0::/", None),
    ];
    for (mounts, own, expected) in cases {
        assert_eq!(
            base(mounts, own).as_deref(),
            expected.map(Path::new),
            "{own}"
        );
    }
}

#[test]
fn names_and_events() {
    assert_eq!(owner("attempt-12-7"), Some(12));
    for other in ["supervisor", "attempt-12", "attempt-x-7", "attempt-1-x"] {
        assert_eq!(owner(other), None, "{other}");
    }
    assert_eq!(
        oom_kills("low 0\noom 3\noom_kill 2\noom_group_kill 1\n"),
        Some(2)
    );
    assert_eq!(oom_kills("low 0\n"), None);
}

/// A directory that looks like a delegated cgroup; `None` if marks cannot be set here.
fn plain(controllers: &str, marked: bool) -> Option<tempfile::TempDir> {
    let tree = tempfile::tempdir().unwrap();
    fs::write(tree.path().join("cgroup.controllers"), controllers).unwrap();
    fs::write(tree.path().join("cgroup.procs"), "").unwrap();
    if marked {
        let flags = rustix::fs::XattrFlags::empty();
        rustix::fs::setxattr(tree.path(), "user.delegate", b"1", flags).ok()?;
    }
    Some(tree)
}

#[test]
fn only_what_was_given_is_used() {
    let root = rustix::process::geteuid().is_root();
    let cases = [
        ("cpu memory pids\n", true, None),
        (
            "cpu memory pids\n",
            false,
            root.then_some("is not delegated"),
        ),
        ("cpu pids\n", true, Some("no controller memory:")),
        ("hugetlb\n", true, Some("no controller memory and pids:")),
    ];
    for (controllers, marked, expected) in cases {
        let Some(tree) = plain(controllers, marked) else {
            eprintln!("SKIPPED: no extended attributes in the temporary directory");
            return;
        };
        let probed = probe_at(tree.path().to_path_buf());
        let why = probed.err().map(|why| why.to_string());
        match (why, expected) {
            (None, None) => {}
            (Some(why), Some(expected)) => assert!(why.contains(expected), "{why}"),
            (why, expected) => assert_eq!(why.as_deref(), expected, "{controllers}"),
        }
    }
}

#[test]
fn a_child_has_a_group_with_limits() {
    let tree = tempfile::tempdir().unwrap();
    let base = tree.path().to_path_buf();
    let own = std::process::id().to_string();
    for name in [
        format!("attempt-{own}-1"),
        "attempt-4194305-1".to_owned(),
        "attempt-1-1".to_owned(),
    ] {
        fs::create_dir(base.join(name)).unwrap();
    }
    let subtree = Subtree::prepare(Delegated { base: base.clone() }).unwrap();
    let read = |path: &str| fs::read_to_string(base.join(path)).unwrap();
    assert_eq!(read("supervisor/cgroup.procs"), own);
    assert_eq!(read("cgroup.subtree_control"), "+memory +pids");
    // Process ids end below 2^22 (proc(5)); process 1 is always there.
    let written = |name: &str| base.join(name).join("cgroup.kill").exists();
    assert!(
        written(&format!("attempt-{own}-1")),
        "our own number, of an earlier boot"
    );
    assert!(written("attempt-4194305-1"), "of a supervisor that is gone");
    assert!(!written("attempt-1-1"), "of one that lives");

    let leaf = subtree.admit(AttemptId(7), 128 << 20, 4711).unwrap();
    let name = format!("attempt-{own}-7");
    assert_eq!(leaf.path(), base.join(&name));
    for (file, expected) in [
        ("memory.max", (160 << 20).to_string()),
        ("memory.oom.group", "1".to_owned()),
        ("pids.max", "16".to_owned()),
        ("cgroup.procs", "4711".to_owned()),
    ] {
        assert_eq!(read(&format!("{name}/{file}")), expected, "{file}");
    }
    assert_eq!(leaf.counted(), CgroupEnd::default());
    fs::write(leaf.path().join("memory.peak"), "1234\n").unwrap();
    fs::write(leaf.path().join("memory.events"), "oom 1\noom_kill 1\n").unwrap();
    let expected = CgroupEnd {
        peak: Some(1234),
        oom_kills: Some(1),
    };
    assert_eq!(leaf.counted(), expected);
}

/// The kernel's own tree, where there is one that can be written; its controllers do not matter.
fn real() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let own = fs::read_to_string("/proc/self/cgroup").unwrap();
    let path = base(&mounts, &own)?.join(format!("bulkhead-test-{}", std::process::id()));
    fs::create_dir(&path).ok()?;
    Some(path)
}

#[test]
fn a_real_group_is_ended_with_everything_in_it() {
    let Some(path) = real() else {
        eprintln!("SKIPPED: no cgroup v2 that this user can write");
        return;
    };
    let leaf = Leaf::at(path.clone()).unwrap();
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    leaf.admit(child.id()).unwrap();
    let procs = fs::read_to_string(path.join("cgroup.procs")).unwrap();
    assert_eq!(procs.trim(), child.id().to_string());
    leaf.kill();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    leaf.remove();
    assert!(!path.exists());
}

#[test]
fn a_real_subtree_counts_memory() {
    let delegated = match probe() {
        Ok(delegated) => delegated,
        Err(why) => {
            eprintln!("SKIPPED: {why}");
            return;
        }
    };
    // Others in the same cgroup forbid it; that is told, too.
    let subtree = match Subtree::prepare(delegated) {
        Ok(subtree) => subtree,
        Err(why) => {
            eprintln!("SKIPPED: {why}");
            return;
        }
    };
    // More than limit and headroom: the kernel ends it.
    let mut child = Command::new("sh")
        .args(["-c", "read go; exec tail -c 128M /dev/zero"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let leaf = subtree.admit(AttemptId(1), 0, child.id()).unwrap();
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    let end = leaf.counted();
    leaf.remove();
    assert_eq!(end.oom_kills, Some(1), "{end:?}");
    assert!(end.peak >= Some(32 << 20), "{end:?}");
}
