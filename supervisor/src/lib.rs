//! The supervisor as a library: `main` only starts it.
#![forbid(unsafe_code)]

pub mod config;
pub mod crash;
pub mod outcome;
pub mod policy;
