//! What the person on call sees and does: crash reports, the doctor, memory against limits, live
//! progress.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: every failure is a panic"
)]

mod crashes;
mod doctor;
mod live;
mod memory;
