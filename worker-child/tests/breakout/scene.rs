//! What there is to reach from within: files, ports, sockets of the process outside.

use std::fs::File;
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

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
    /// A socket of this process in the directory.
    _local: UnixListener,
    abstract_name: String,
    /// A file that every child inherits.
    inherited: File,
}

/// What a prisoner is told of the scene, in its environment.
pub(crate) const VICTIM: &str = "BREAKOUT_VICTIM";
pub(crate) const OPEN: &str = "BREAKOUT_OPEN";
pub(crate) const SHUT: &str = "BREAKOUT_SHUT";
pub(crate) const LOCAL: &str = "BREAKOUT_LOCAL";
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
            open,
            shut,
            _local: UnixListener::bind(directory.path().join("socket")).unwrap(),
            _abstract: UnixListener::bind_addr(&address).unwrap(),
            abstract_name,
            inherited,
            directory,
        }
    }

    /// What a prisoner is told, by name. The file that it may harm is made anew.
    pub(crate) fn told(&self) -> Vec<(&'static str, String)> {
        let path = |name| {
            let path = self.directory.path().join(name);
            path.to_str().unwrap().to_owned()
        };
        std::fs::write(path("victim"), "something").unwrap();
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port().to_string();
        vec![
            (VICTIM, path("victim")),
            (OPEN, port(&self.open)),
            (SHUT, port(&self.shut)),
            (LOCAL, path("socket")),
            (ABSTRACT, self.abstract_name.clone()),
            (INHERITED, self.inherited.as_raw_fd().to_string()),
        ]
    }
}
