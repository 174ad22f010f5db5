//! The real child rescans the simulated eBay while the test plays the supervisor: what it would
//! store is exactly what is true, and what did not change costs no detail.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "test code"
)]

mod child;
mod passes;
