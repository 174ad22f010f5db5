//! One layer of the sandbox at a time.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::process::{DumpableBehavior, dumpable_behavior, set_dumpable_behavior};
use rustix::thread::{no_new_privs, set_no_new_privs};
use shared::sandbox::Layer;

use super::{files, landlock, seccomp};

/// What a sync still needs of the outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doors {
    /// TCP ports that it connects to.
    pub ports: Vec<u16>,
    /// Whether a host is given by name, so that names must be resolved.
    pub names: bool,
    /// Whether certificate roots must be read.
    pub roots: bool,
}

/// Why a layer is not in force.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// A system call failed.
    #[error("{0}")]
    Call(#[from] rustix::io::Errno),
    /// The call succeeded and nothing came of it.
    #[error("the kernel accepted it and did not keep it")]
    NotKept,
    /// The list of open files could not be read.
    #[error("listing open files failed: {0}")]
    List(#[source] io::Error),
    /// Landlock could not be used, or lacks what is asked for.
    #[error("{0}")]
    Landlock(#[from] ::landlock::RulesetError),
    /// Landlock forbids some of it only.
    #[error("this kernel's landlock can do only a part of it; that part is in force")]
    Part,
    /// The filter of system calls could not be made.
    #[error("making the filter failed: {0}")]
    Filter(#[from] seccompiler::BackendError),
    /// The filter of system calls was not accepted.
    #[error("{0}")]
    Seccomp(#[from] seccompiler::Error),
}

/// Puts this layer in force, for this thread and those that it starts.
pub fn take(layer: Layer, doors: &Doors, keep: &[BorrowedFd<'_>]) -> Result<(), LayerError> {
    match layer {
        Layer::NoNewPrivs => {
            set_no_new_privs(true)?;
            kept(no_new_privs()?)
        }
        Layer::NotDumpable => {
            set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
            kept(dumpable_behavior()? == DumpableBehavior::NotDumpable)
        }
        Layer::FilesClosed => files::close_inherited(keep).map_err(LayerError::List),
        Layer::LandlockFiles => landlock::files(doors),
        Layer::LandlockNetwork => landlock::network(doors),
        Layer::LandlockScope => landlock::scope(),
        Layer::Seccomp => seccomp::filter(),
    }
}

fn kept(in_force: bool) -> Result<(), LayerError> {
    if in_force {
        Ok(())
    } else {
        Err(LayerError::NotKept)
    }
}
