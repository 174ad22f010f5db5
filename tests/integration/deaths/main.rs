//! Children die in every known way; the supervisor says why, keeps what the account had, decides,
//! and the others carry on.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code: every failure is a panic"
)]

mod breaker;
mod causes;
mod culprits;
mod expected;
mod leftovers;
mod play;
mod policy;
