//! What a prisoner tries, and which layers must stop it.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Error, ErrorKind};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, IntoRawFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use nix::libc;
use rustix::net::{AddressFamily, SendFlags, SocketType, ipproto};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, getppid, getrlimit, kill_process,
    set_dumpable_behavior, setrlimit, setsid,
};
use shared::sandbox::Layer::{
    self, FilesClosed, LandlockFiles, LandlockNetwork, LandlockScope, Seccomp,
};
use shared::sandbox::SandboxMode;
use worker_child::confine;

use crate::call::call;
use crate::prisoner::doors;
use crate::scene::{ABSTRACT, INHERITED, LOCAL, OPEN, SHUT, VICTIM};

/// A way out.
pub(crate) struct Attempt {
    pub(crate) name: &'static str,
    /// Each of these must stop it by itself.
    pub(crate) stopped_by: &'static [Layer],
    /// Another kernel or user may lack the way out to begin with.
    pub(crate) may_be_impossible: bool,
    run: fn() -> io::Result<()>,
}

const fn stopped(
    name: &'static str,
    stopped_by: &'static [Layer],
    run: fn() -> io::Result<()>,
) -> Attempt {
    Attempt {
        name,
        stopped_by,
        may_be_impossible: false,
        run,
    }
}

const fn perhaps(
    name: &'static str,
    stopped_by: &'static [Layer],
    run: fn() -> io::Result<()>,
) -> Attempt {
    Attempt {
        may_be_impossible: true,
        ..stopped(name, stopped_by, run)
    }
}

pub(crate) const ATTEMPTS: &[Attempt] = &[
    stopped("write a new file", &[LandlockFiles], || {
        fs::write(victim().with_extension("new"), "x")
    }),
    stopped("write over a file", &[LandlockFiles], || {
        OpenOptions::new().write(true).open(victim()).map(drop)
    }),
    stopped("cut a file", &[LandlockFiles], || {
        Ok(nix::unistd::truncate(&victim(), 0)?)
    }),
    stopped("remove a file", &[LandlockFiles], || {
        fs::remove_file(victim())
    }),
    stopped("make a directory", &[LandlockFiles], || {
        let path = victim().with_extension("directory");
        fs::create_dir(&path)?;
        fs::remove_dir(path)
    }),
    stopped("open a file's mode", &[Seccomp], || {
        fs::set_permissions(victim(), fs::Permissions::from_mode(0o666))
    }),
    stopped("read /etc/passwd", &[LandlockFiles], || {
        File::open("/etc/passwd").map(drop)
    }),
    stopped("read the supervisor's files", &[LandlockFiles], || {
        let parent = getppid().unwrap().as_raw_nonzero();
        File::open(format!("/proc/{parent}/environ")).map(drop)
    }),
    stopped("use an inherited descriptor", &[FilesClosed], || {
        let number = env::var(INHERITED).unwrap();
        fs::read_link(format!("/proc/self/fd/{number}")).map(drop)
    }),
    stopped("exec", &[LandlockFiles, Seccomp], || {
        Err(Command::new("/bin/true").exec())
    }),
    stopped("spawn", &[LandlockFiles, Seccomp], || {
        Command::new("/bin/true").status().map(drop)
    }),
    stopped("fork", &[Seccomp], || {
        // A thread that ends at once, as a process of its own.
        let flags = i64::from(libc::CLONE_VFORK | libc::SIGCHLD);
        match call(libc::SYS_clone, [flags, 0, 0]) {
            Ok(0) => call(libc::SYS_exit_group, [0; 3]).map(drop),
            forked => forked.map(drop),
        }
    }),
    stopped("leave the process group", &[Seccomp], || {
        Ok(setsid().map(drop)?)
    }),
    perhaps(
        "trace the supervisor",
        &[LandlockFiles, LandlockNetwork, LandlockScope, Seccomp],
        || {
            const PTRACE_SEIZE: i64 = 0x4206;
            let parent = getppid().unwrap().as_raw_nonzero().get();
            call(libc::SYS_ptrace, [PTRACE_SEIZE, i64::from(parent), 0]).map(drop)
        },
    ),
    stopped("signal the supervisor", &[LandlockScope, Seccomp], || {
        // Ignored by whoever does not wait for it (signal(7)).
        Ok(kill_process(getppid().unwrap(), Signal::URG)?)
    }),
    stopped(
        "connect to its abstract socket",
        &[LandlockScope, Seccomp],
        || {
            let address = SocketAddr::from_abstract_name(env::var(ABSTRACT).unwrap())?;
            UnixStream::connect_addr(&address).map(drop)
        },
    ),
    stopped("connect to its local socket", &[Seccomp], || {
        UnixStream::connect(env::var_os(LOCAL).unwrap()).map(drop)
    }),
    stopped("connect to another port", &[LandlockNetwork], || {
        TcpStream::connect(other_port()).map(drop)
    }),
    perhaps("connect by MPTCP", &[Seccomp], || {
        let socket = rustix::net::socket(
            AddressFamily::INET,
            SocketType::STREAM,
            Some(ipproto::MPTCP),
        )?;
        Ok(rustix::net::connect(socket, &other_port())?)
    }),
    perhaps("connect by sending", &[Seccomp], || {
        let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
        let fast_open = SendFlags::from_bits_retain(libc::MSG_FASTOPEN.cast_unsigned());
        Ok(rustix::net::sendto(socket, b"x", fast_open, &other_port()).map(drop)?)
    }),
    perhaps("open a raw socket", &[Seccomp], || {
        Ok(
            rustix::net::socket(AddressFamily::INET, SocketType::RAW, Some(ipproto::ICMP))
                .map(drop)?,
        )
    }),
    perhaps("open a socket of packets", &[Seccomp], || {
        Ok(rustix::net::socket(AddressFamily::PACKET, SocketType::DGRAM, None).map(drop)?)
    }),
    stopped("bind a port", &[LandlockNetwork], || {
        let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
        Ok(rustix::net::bind(
            socket,
            &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0),
        )?)
    }),
    stopped("listen on any port", &[Seccomp], || {
        let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
        Ok(rustix::net::listen(socket, 1)?)
    }),
    stopped("raise a limit", &[Seccomp], || {
        let limit = getrlimit(Resource::Nofile);
        Ok(setrlimit(
            Resource::Nofile,
            Rlimit {
                current: limit.maximum,
                ..limit
            },
        )?)
    }),
    stopped("become dumpable", &[Seccomp], || {
        Ok(set_dumpable_behavior(DumpableBehavior::Dumpable)?)
    }),
];

/// What is no way out, and what a sync needs.
const OTHERS: &[Attempt] = &[
    stopped("open port", &[], || {
        TcpStream::connect(port(OPEN)).map(drop)
    }),
    stopped("resolve", &[], || {
        let found = std::thread::spawn(|| ("localhost", 80).to_socket_addrs());
        found.join().unwrap().map(drop)
    }),
    stopped("thread", &[], || {
        std::thread::spawn(|| ())
            .join()
            .map_err(|_| Error::other("it panicked"))
    }),
    stopped("sandbox again", &[], || {
        // The first sandbox took three rulesets; the filter of calls leaves landlock as it is.
        for _ in 0..13 {
            confine::take(LandlockScope, &doors(), &[]).map_err(Error::other)?;
        }
        let mode: SandboxMode = serde_json::from_str(&env::var("BREAKOUT_GIVEN").unwrap()).unwrap();
        let missing = confine::sandbox(mode, &doors()).map_err(Error::other)?;
        let names: Vec<_> = missing.iter().map(|one| one.layer.name()).collect();
        Err(Error::other(format!("without {}, ", names.join(", "))))
    }),
    stopped("keep a file", &[], || {
        let kept = File::open(victim())?;
        let other = File::open(victim())?.into_raw_fd();
        confine::take(FilesClosed, &doors(), &[kept.as_fd()]).map_err(Error::other)?;
        kept.metadata()?;
        match fs::symlink_metadata(format!("/proc/self/fd/{other}")) {
            Ok(_) => Err(Error::other("the other is open, too")),
            Err(_) => Ok(()),
        }
    }),
    stopped("refused calls", &[], crate::refusals::try_all),
];

/// Tries what has this name.
pub(crate) fn run(name: &str) -> io::Result<()> {
    let found = ATTEMPTS.iter().chain(OTHERS).find(|one| one.name == name);
    let attempt = found.ok_or_else(|| Error::new(ErrorKind::NotFound, name.to_owned()))?;
    (attempt.run)()
}

fn victim() -> PathBuf {
    PathBuf::from(env::var_os(VICTIM).unwrap())
}

fn port(name: &str) -> SocketAddrV4 {
    let port = env::var(name).unwrap().parse().unwrap();
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
}

fn other_port() -> SocketAddrV4 {
    port(SHUT)
}
