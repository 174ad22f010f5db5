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
mod compare;
mod contracts;
mod cycles;
mod db;
mod fixtures;
mod history;
mod mirrors;
mod reports;
mod samples;
mod stage;
mod still;
mod trading;
mod windows;
