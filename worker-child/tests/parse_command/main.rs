//! `worker-child parse` as a person runs it: the real binary, every worker's fixtures, and bodies
//! that are packed, cut off, of another kind, or no success.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "test code"
)]

mod command;
mod fixtures;
mod refused;
mod stream;
