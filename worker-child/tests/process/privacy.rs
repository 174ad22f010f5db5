//! What others can learn of a child: the supervisor what it needs of `/proc`, another process of the
//! same user nothing more, and a core file nothing at all.

use std::fs;
use std::io::Read;
use std::os::unix::fs::chown;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use shared::flight;
use shared::worker::Worker;
use tempfile::TempDir;

const CHILD: &str = env!("CARGO_BIN_EXE_worker-child");
/// `nobody` on most systems; any user but root does.
const NOBODY: u32 = 65534;

/// Whom the tests play: root would see everything.
fn user() -> u32 {
    let own = rustix::process::getuid();
    if own.is_root() { NOBODY } else { own.as_raw() }
}

/// A command of that user's, with nothing of this process but its standard streams.
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear().stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    if rustix::process::getuid().is_root() {
        command.uid(user()).gid(user());
    }
    command
}

/// An attempt directory of that user's.
fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("flight");
    fs::write(&file, flight::initial(&[Worker::Orders])).unwrap();
    for path in [directory.path(), &file] {
        chown(path, Some(user()), None).unwrap();
    }
    directory
}

/// Whether a process of that user can do it.
fn can(program: &str, arguments: &[&str]) -> bool {
    let ended = command(program).args(arguments).output().unwrap();
    ended.status.success()
}

fn can_read(pid: u32, name: &str) -> bool {
    can("cat", &[&format!("/proc/{pid}/{name}")])
}

#[test]
fn a_supervisor_sees_what_it_needs_and_no_one_sees_more() {
    let directory = directory();
    let mut child = command(CHILD)
        .arg("sync")
        .arg(directory.path())
        .spawn()
        .unwrap();
    // The first byte of Hello comes after everything that needs no order was given up.
    let mut first = [0];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut first)
        .unwrap();
    let pid = child.id();
    for name in ["status", "stat", "limits"] {
        assert!(can_read(pid, name), "{name}");
    }
    let limit = ["--pid", &pid.to_string(), "--nofile=64:64"];
    assert!(can("prlimit", &limit), "limits from outside");
    for name in ["environ", "maps", "mem", "fd/0"] {
        assert!(!can_read(pid, name), "{name}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let mut other = command("sleep").arg("60").spawn().unwrap();
    let open = can_read(other.id(), "environ");
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(open, "any other process of that user is open to it");
}

/// Whether a core file is left by this program, which is ended by a fault where core dumps are
/// allowed; it must have said something before if it says anything at all.
fn dumps(directory: &Path, program: &[&str]) -> bool {
    let mut process = Command::new("prlimit")
        .arg("--core=unlimited")
        .args(program)
        .current_dir(directory)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0];
    let stdout = process.stdout.as_mut().unwrap();
    stdout.read_exact(&mut first).unwrap();
    let pid = Pid::from_raw(process.id().cast_signed()).unwrap();
    kill_process(pid, Signal::SEGV).unwrap();
    let status = process.wait().unwrap();
    assert_eq!(status.signal(), Some(Signal::SEGV.as_raw()), "{program:?}");
    status.core_dumped()
}

#[test]
fn no_core_is_dumped() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = flight::initial(&[Worker::Orders]);
    fs::write(directory.path().join("flight"), recorder).unwrap();
    if !dumps(directory.path(), &["cat", "/dev/zero"]) {
        eprintln!("SKIPPED: nothing dumps core here");
        return;
    }
    assert!(!dumps(directory.path(), &[CHILD, "sync", "."]));
}
