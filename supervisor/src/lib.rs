//! The supervisor as a library: `main` only starts it.
#![forbid(unsafe_code)]

pub mod attempt;
pub mod child;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod crash;
pub mod daemon;
pub mod ingest;
pub mod killpoint;
pub mod os;
pub mod outcome;
pub mod policy;
pub mod scheduler;
pub mod store;
pub mod tokens;
