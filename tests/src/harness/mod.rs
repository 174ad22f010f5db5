//! Runs the real `bulkhead` on a real state directory, and looks at what it leaves: processes, files
//! and the database, by raw SQL.
//!
//! *Not here:* types of the supervisor. What is not as expected is a panic.
#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: every failure is a panic"
)]

pub mod build;
pub mod crash;
pub mod notified;
pub mod orders;
pub mod process;
pub mod rows;
pub mod search;
pub mod simulated;
pub mod state;
pub mod wait;
