//! The running service as a scheduler: catching up, why a worker does not run, stale workers, and
//! cursors that are moved by hand; one account that is broken, among others.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code: every failure is a panic"
)]

mod broken;
mod catch_up;
mod cursor;
mod standing;
