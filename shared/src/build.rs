//! Which build this is: both binaries link it, and `Hello` carries it.

/// Version and fingerprint of the boundary's source, for example `0.1.0+5f0c2a…`.
pub const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("SHARED_SOURCE"));
