//! What a person does to a running service: every verb through the real binary, the socket, and what
//! the life of a service is made of.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code: every failure is a panic"
)]

mod cancel;
mod clock;
mod notify;
mod older;
mod reload;
mod retention;
mod socket;
mod stage;
mod store;
mod verbs;
