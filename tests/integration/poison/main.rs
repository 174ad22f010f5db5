//! An item that kills every child which touches it: it becomes a dead letter, all others land, and
//! when it is mended it lands, too. The real `bulkhead`, the real child, the simulated eBay.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code: every failure is a panic"
)]

mod listings;
mod orders;
mod stage;
