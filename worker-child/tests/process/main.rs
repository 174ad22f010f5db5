//! The real binary alone: its exit codes, and what it says to a supervisor while a tiny HTTP
//! server in the test plays eBay.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "test code"
)]

mod by_hand;
mod child;
mod exits;
mod faults;
mod finances;
mod inventory;
mod memory;
mod orders;
mod privacy;
mod recording;
mod rescans;
mod sandbox;
mod server;
mod snapshots;
mod tokens;
