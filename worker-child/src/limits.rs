//! The limits that the supervisor set from outside, as this process sees them.

use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

static DATA: AtomicU64 = AtomicU64::new(0);

/// Reads `RLIMIT_DATA` and remembers it for [`data`]. Called once the supervisor has set it,
/// which is before the first frame.
pub fn remember_data() {
    let limit = getrlimit(Resource::Data).current.unwrap_or(0);
    DATA.store(limit, Ordering::Relaxed);
}

/// `RLIMIT_DATA` in bytes, as last read; 0 if it was not read or is unlimited. Does not allocate.
pub fn data() -> u64 {
    DATA.load(Ordering::Relaxed)
}

/// Forbids everything that opens a file or a socket from here on; what is open stays usable.
pub fn forbid_new_files() -> rustix::io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Nofile, none)
}

/// Forbids core dumps, which would hold the access token.
pub fn forbid_core_dumps() -> rustix::io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)
}
