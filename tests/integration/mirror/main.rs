//! The real supervisor with the real child against a simulated eBay: is the database eBay?

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "test code"
)]

mod bad_input;
mod bad_inventory;
mod bad_moments;
mod bad_orders;
mod calm;
mod clock;
mod contracts;
mod cycles;
mod fixtures;
mod reports;
mod samples;
mod still;
mod trading;
mod windows;

use integration_tests::mirrored::{compare, db, faults, history, mirrors, stage};
