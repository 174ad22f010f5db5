//! A database held against the truth of the simulated eBay: the real `bulkhead` with the real child
//! over it, what must be equal, and what may go wrong in between.
#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code: every failure is a panic"
)]

pub mod compare;
pub mod db;
pub mod faults;
pub mod history;
pub mod mirrors;
pub mod stage;
