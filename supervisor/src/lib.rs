//! The supervisor as a library: `main` only starts it.
#![forbid(unsafe_code)]

pub mod child;
pub mod clock;
pub mod config;
pub mod os;
pub mod outcome;
pub mod policy;
pub mod tokens;
