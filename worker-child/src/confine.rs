//! What the process gives up by itself, while it has one thread and before its first network byte.

use std::fs;
use std::io;

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use rustix::thread::set_no_new_privs;

use crate::limits;

/// Why the process could not be confined.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// The list of open files could not be read.
    #[error("listing open files failed: {0}")]
    List(#[source] io::Error),
    /// Core dumps could not be forbidden.
    #[error("forbidding core dumps failed: {0}")]
    Core(#[source] rustix::io::Errno),
    /// `no_new_privs` could not be set.
    #[error("setting no_new_privs failed: {0}")]
    Privileges(#[source] rustix::io::Errno),
    /// New files and sockets could not be forbidden.
    #[error("forbidding new files failed: {0}")]
    Files(#[source] rustix::io::Errno),
    /// The parent-death signal could not be set.
    #[error("setting the parent-death signal failed: {0}")]
    Death(#[source] rustix::io::Errno),
    /// The parent was gone before the signal stood.
    #[error("the supervisor is gone")]
    ParentGone,
}

/// The parent's process id, to be read first thing in `main` and given to [`confine`].
pub fn parent() -> Option<Pid> {
    getppid()
}

/// Closes every inherited file but the three standard ones, forbids core dumps and new
/// privileges, and asks to die with the parent.
///
/// The process stays dumpable: the supervisor samples `/proc/<pid>`.
pub fn confine(parent_at_start: Option<Pid>) -> Result<(), ConfineError> {
    close_inherited().map_err(ConfineError::List)?;
    limits::forbid_core_dumps().map_err(ConfineError::Core)?;
    set_no_new_privs(true).map_err(ConfineError::Privileges)?;
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(ConfineError::Death)?;
    // A parent that died before the call sends no signal: prctl(2), PR_SET_PDEATHSIG.
    if parent() == parent_at_start {
        Ok(())
    } else {
        Err(ConfineError::ParentGone)
    }
}

/// What a command run by hand gives up before it opens its input. It may outlive the shell that
/// started it.
pub fn confine_by_hand() -> Result<(), ConfineError> {
    close_inherited().map_err(ConfineError::List)?;
    limits::forbid_core_dumps().map_err(ConfineError::Core)?;
    set_no_new_privs(true).map_err(ConfineError::Privileges)
}

/// Once the input is open: no file is opened any more, and no connection made.
pub fn close_the_door() -> Result<(), ConfineError> {
    limits::forbid_new_files().map_err(ConfineError::Files)
}

/// Nothing of this process is open above standard error yet: the flight recorder is mapped, its
/// file closed. What is left would keep somebody's pipe open.
fn close_inherited() -> io::Result<()> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir("/proc/self/fd")? {
        let name = entry?.file_name();
        numbers.extend(name.to_str().and_then(|text| text.parse::<i32>().ok()));
    }
    for number in numbers.into_iter().filter(|number| *number > 2) {
        // The listing's own descriptor is closed already; that error means nothing.
        nix::unistd::close(number).ok();
    }
    Ok(())
}
