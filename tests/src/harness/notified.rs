//! The other end of `NOTIFY_SOCKET`, as systemd has it.

use std::os::unix::net::UnixDatagram;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::wait::LONG;

/// Takes what comes at once, as systemd does: its queue is short, and a full one takes nothing more.
pub fn hear(socket: UnixDatagram) -> Receiver<String> {
    let (send, heard) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = [0; 512];
        while let Ok(length) = socket.recv(&mut bytes) {
            let words = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if send.send(words).is_err() {
                return;
            }
        }
    });
    heard
}

/// Waits for a message with this line; returns the messages until then, that one included.
pub fn until(heard: &Receiver<String>, line: &str) -> Vec<String> {
    let mut told = Vec::new();
    loop {
        let words = heard.recv_timeout(LONG);
        assert!(words.is_ok(), "{line} did not come, but {told:?}");
        let words = words.unwrap();
        let found = words.lines().any(|one| one == line);
        told.push(words);
        if found {
            return told;
        }
    }
}
