//! What there is to reach from within: files, ports, sockets of the process outside.

use std::fs::File;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::PathBuf;

use rustix::io::{FdFlags, fcntl_setfd};
use tempfile::TempDir;

/// The world outside. Everything lives until it is dropped.
pub(crate) struct Scene {
    directory: TempDir,
    /// The only port that a prisoner may connect to.
    open: TcpListener,
    /// A port that it may not.
    shut: TcpListener,
    /// An abstract socket of this process.
    _abstract: UnixListener,
    abstract_name: String,
    /// A file that every child inherits.
    inherited: File,
}

/// What a prisoner is told of the scene, in its environment.
pub(crate) const VICTIM: &str = "BREAKOUT_VICTIM";
pub(crate) const OPEN: &str = "BREAKOUT_OPEN";
pub(crate) const SHUT: &str = "BREAKOUT_SHUT";
pub(crate) const ABSTRACT: &str = "BREAKOUT_ABSTRACT";
pub(crate) const INHERITED: &str = "BREAKOUT_INHERITED";

impl Scene {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (open, shut) = (listen(), listen());
        let abstract_name = format!("breakout-{}", shut.local_addr().unwrap().port());
        let address = SocketAddr::from_abstract_name(&abstract_name).unwrap();
        let inherited = File::create(directory.path().join("inherited")).unwrap();
        fcntl_setfd(&inherited, FdFlags::empty()).unwrap();
        Self {
            directory,
            open,
            shut,
            _abstract: UnixListener::bind_addr(&address).unwrap(),
            abstract_name,
            inherited,
        }
    }

    /// A file with something in it, made anew.
    fn victim(&self) -> PathBuf {
        let path = self.directory.path().join("victim");
        std::fs::write(&path, "something").unwrap();
        path
    }

    /// What a prisoner is told, by name.
    pub(crate) fn told(&self) -> Vec<(&'static str, String)> {
        use std::os::fd::AsRawFd;
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port().to_string();
        vec![
            (VICTIM, self.victim().to_str().unwrap().to_owned()),
            (OPEN, port(&self.open)),
            (SHUT, port(&self.shut)),
            (ABSTRACT, self.abstract_name.clone()),
            (INHERITED, self.inherited.as_raw_fd().to_string()),
        ]
    }
}
