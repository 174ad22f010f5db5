//! System calls by number, for those that no library offers to safe code.
#![expect(unsafe_code, reason = "a system call by number cannot be made without")]

use std::io;

use nix::libc;

/// Makes a call with these arguments, the rest of them 0. None of them is an address.
pub(crate) fn call(number: i64, arguments: [i64; 3]) -> io::Result<i64> {
    let [first, second, third] = arguments;
    // SAFETY: no argument is an address that the kernel would write to: callers give numbers, flags
    // and process ids, and null elsewhere.
    let answer = unsafe { libc::syscall(number, first, second, third, 0, 0, 0) };
    if answer == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(answer)
    }
}
