//! Control while running: what a person may ask of a service, how it is asked over a Unix socket in
//! the state directory, and what it does to the database.
//!
//! One line of JSON is a request, one line of JSON the answer; both have a limit, in bytes and in time.
//! An answer says only that a command was accepted, with a number: it is stored by then, and is
//! carried out afterwards.
//!
//! *Not here:* ending a running attempt (`scheduler`), what the command line makes of answers (`cli`).

mod ask;
mod carry_out;
mod command;
mod left_open;
mod listen;

use std::path::{Path, PathBuf};

pub use ask::{AskError, ask};
pub use carry_out::{CarriedOut, carry_out, refusal};
pub use command::{Answer, Command};
pub use left_open::{LeftOpen, left_open};
pub use listen::{Asked, ListenError, Listener};

/// The socket in the state directory.
const SOCKET: &str = "control.sock";
/// The longest path of a socket, in bytes: a zero follows it in 108 (`unix(7)`).
const LONGEST_PATH: usize = 107;
/// The longest line, in bytes; a command has an account's name and little more.
const LONGEST_LINE: u64 = 4096;

/// Where the socket of a state directory is.
pub fn socket_path(state_dir: &Path) -> PathBuf {
    state_dir.join(SOCKET)
}

/// Why no socket can be at this path, if none can.
fn path_fault(path: &Path) -> Option<String> {
    let length = path.as_os_str().len();
    (length > LONGEST_PATH).then(|| {
        format!(
            "the path of the control socket is {length} bytes long, and the system takes {LONGEST_PATH}: \
             name a shorter --state-dir ({})",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_a_longest_length() {
        assert_eq!(path_fault(Path::new(&"a".repeat(107))), None);
        let fault = path_fault(Path::new(&"a".repeat(108))).unwrap();
        assert!(fault.contains("108 bytes") && fault.contains("--state-dir"));
    }
}
