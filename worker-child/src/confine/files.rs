//! Closes what this process inherited and does not need.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Closes every descriptor above standard error but those to `keep`. One that is left would hold
/// somebody's pipe open, or be a way into somebody's file.
pub(super) fn close_inherited(keep: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir("/proc/self/fd")? {
        let name = entry?.file_name();
        numbers.extend(name.to_str().and_then(|text| text.parse::<i32>().ok()));
    }
    let kept = |number: &i32| *number <= 2 || keep.iter().any(|fd| fd.as_raw_fd() == *number);
    for number in numbers.into_iter().filter(|number| !kept(number)) {
        // The listing's own descriptor is closed already; that error means nothing.
        nix::unistd::close(number).ok();
    }
    Ok(())
}
