//! What the process gives up by itself, while it has one thread and before its first network byte.
//!
//! [`confine`] comes first and needs no order. [`sandbox`] comes after `Start`, when the ports are
//! known, and before certificate roots are read and any thread is started: what a thread gives up
//! holds for the threads that it starts, not for those that are there already.

mod calls;
mod environment;
mod files;
mod landlock;
mod layer;
mod readable;
mod seccomp;

use std::os::fd::BorrowedFd;

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};
use shared::exit::ExitCode;
use shared::sandbox::{Layer, SandboxMode};

use crate::limits;
use crate::stage;

pub use calls::{DENIED, numbers};
pub use environment::check_environment;
pub use landlock::abi as landlock_abi;
pub use layer::{Doors, LayerError, take};

/// Layers that every kernel has and that need no order: always in force.
pub const ALWAYS: [Layer; 3] = [Layer::NoNewPrivs, Layer::NotDumpable, Layer::FilesClosed];

/// Layers that a kernel may lack, in the order in which they are taken: the last one forbids calls
/// that the others need.
pub const SANDBOX: [Layer; 4] = [
    Layer::LandlockFiles,
    Layer::LandlockNetwork,
    Layer::LandlockScope,
    Layer::Seccomp,
];

/// Why the process could not be confined.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// A layer that must be in force is not.
    #[error("the layer {} is not in force: {source}", layer.name())]
    Layer {
        /// Which one.
        layer: Layer,
        /// Why not.
        source: LayerError,
    },
    /// There is something in the environment that is not for a child.
    #[error("the environment holds {0}, which is not for a child")]
    Environment(String),
    /// Root's privileges could not be given up.
    #[error("giving up capabilities failed: {0}")]
    Capabilities(#[source] rustix::io::Errno),
    /// Core dumps could not be forbidden.
    #[error("forbidding core dumps failed: {0}")]
    Core(#[source] rustix::io::Errno),
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

impl ConfineError {
    /// How the process ends.
    pub const fn exit_code(&self) -> ExitCode {
        match self {
            Self::ParentGone => ExitCode::ParentGone,
            Self::Layer { .. }
            | Self::Environment(_)
            | Self::Capabilities(_)
            | Self::Core(_)
            | Self::Files(_)
            | Self::Death(_) => ExitCode::Confine,
        }
    }
}

/// A layer that is not in force, and why.
#[derive(Debug)]
pub struct Missing {
    /// Which one.
    pub layer: Layer,
    /// Why not.
    pub why: LayerError,
}

/// The parent's process id, to be read first thing in `main` and given to [`confine`].
pub fn parent() -> Option<Pid> {
    getppid()
}

/// Closes every inherited file but the three standard ones and those to `keep`, forbids core dumps
/// and new privileges, gives up those of root, closes itself to other processes of the same user,
/// and asks to die with the parent.
///
/// What the supervisor reads of `/proc/<pid>`, `stat` and `status`, stays readable to everyone
/// (`proc(5)`).
pub fn confine(parent_at_start: Option<Pid>, keep: &[BorrowedFd<'_>]) -> Result<(), ConfineError> {
    give_up_always(keep)?;
    drop_capabilities().map_err(ConfineError::Capabilities)?;
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
    give_up_always(&[])
}

/// Once the input is open: no file is opened any more, and no connection made.
pub fn close_the_door() -> Result<(), ConfineError> {
    limits::forbid_new_files().map_err(ConfineError::Files)
}

/// Takes the layers that a kernel may lack, as far as `mode` asks for them, and says which are
/// missing. With [`SandboxMode::Require`] a missing one is an error.
pub fn sandbox(mode: SandboxMode, doors: &Doors) -> Result<Vec<Missing>, ConfineError> {
    if mode == SandboxMode::Off {
        return Ok(Vec::new());
    }
    let mut missing = Vec::new();
    for layer in SANDBOX {
        match put_in_force(layer, doors, &[]) {
            Err(why) if mode == SandboxMode::BestEffort => missing.push(Missing { layer, why }),
            Err(source) => return Err(ConfineError::Layer { layer, source }),
            Ok(()) => {}
        }
    }
    Ok(missing)
}

/// Takes every layer, as far as this machine can, and says of each what came of it.
pub fn try_all(doors: &Doors) -> impl Iterator<Item = (Layer, Result<(), LayerError>)> {
    let layers = ALWAYS.into_iter().chain(SANDBOX);
    layers.map(|layer| (layer, take(layer, doors, &[])))
}

fn give_up_always(keep: &[BorrowedFd<'_>]) -> Result<(), ConfineError> {
    for layer in ALWAYS {
        put_in_force(layer, &Doors::default(), keep)
            .map_err(|source| ConfineError::Layer { layer, source })?;
    }
    limits::forbid_core_dumps().map_err(ConfineError::Core)
}

/// A child of root's is root in name only (`capabilities(7)`); one of any other user has none.
fn drop_capabilities() -> rustix::io::Result<()> {
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, none)
}

fn put_in_force(layer: Layer, doors: &Doors, keep: &[BorrowedFd<'_>]) -> Result<(), LayerError> {
    take(layer, doors, keep)?;
    stage::in_force(layer);
    Ok(())
}
