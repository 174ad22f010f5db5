//! Files that a sync may still read: what certificates and name resolution need, and nothing else.
//!
//! A rule holds for the file that a path leads to when it is made, and for everything beneath a
//! directory, so that directories are named where files are replaced or are links into others.

use std::env;
use std::path::PathBuf;

use super::Doors;

/// Where systems keep certificate roots, and what those places link to.
const ROOTS: [&str; 12] = [
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/etc/ca-certificates.conf",
    "/etc/certs",
    "/usr/lib/ssl",
    "/usr/share/ssl",
    "/usr/share/pki",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/usr/local/share/certs",
    "/var/lib/ca-certificates",
];

/// What tells where certificate roots are (`openssl(1)`).
const ROOTS_ELSEWHERE: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// What `getaddrinfo(3)` reads: its settings, the libraries of `nsswitch.conf(5)`, and where the
/// usual daemons put the `resolv.conf(5)` that `/etc/resolv.conf` links to.
const NAMES: [&str; 15] = [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/ld.so.cache",
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager",
    "/run/connman",
    "/run/netconfig",
];

/// Everything that stays readable. What does not exist is no harm.
pub(super) fn readable(doors: &Doors) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    if doors.roots {
        paths.extend(ROOTS.map(PathBuf::from));
        let elsewhere = ROOTS_ELSEWHERE.iter().filter_map(env::var_os);
        paths.extend(elsewhere.flat_map(|value| env::split_paths(&value).collect::<Vec<_>>()));
    }
    if doors.names {
        paths.extend(NAMES.map(PathBuf::from));
    }
    paths
}
