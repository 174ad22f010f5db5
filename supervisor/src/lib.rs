//! The supervisor as a library: `main` only starts it.
#![forbid(unsafe_code)]

pub mod ingest;
pub mod killpoint;
pub mod outcome;
pub mod store;
