//! What the system says about this process and its disk.

use std::io;
use std::path::Path;

use rustix::process::{Resource, getrlimit};

/// The user that this process acts as.
pub fn user_id() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The name of that user, or its number if it has none.
pub fn user_name() -> String {
    let id = nix::unistd::Uid::effective();
    let named = nix::unistd::User::from_uid(id).ok().flatten();
    named.map_or_else(|| id.to_string(), |user| user.name)
}

/// How many files this process may have open; `None` is unlimited.
pub fn open_files_limit() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// Columns and lines of the terminal at standard error; `None` if it is none, or does not say.
pub fn terminal_size() -> Option<(usize, usize)> {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok()?;
    let known = size.ws_col > 0 && size.ws_row > 0;
    known.then(|| (usize::from(size.ws_col), usize::from(size.ws_row)))
}

/// Bytes that this process may still write to the file system of that path (`statvfs(3)`).
pub fn free_space(path: &Path) -> io::Result<u64> {
    let about = rustix::fs::statvfs(path)?;
    Ok(about.f_bavail.saturating_mul(about.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_a_disk_and_files() {
        assert!(free_space(Path::new("/")).is_ok());
        assert!(free_space(Path::new("/not/there")).is_err());
        assert_ne!(open_files_limit(), Some(0));
    }
}
