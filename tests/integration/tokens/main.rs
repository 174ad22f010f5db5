//! Access tokens from every source, through the real binaries: got by a token child, kept in memory,
//! and their secrets nowhere in clear.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code: every failure is a panic"
)]

mod called_off;
mod connecting;
mod deaths;
mod dying;
mod exports;
mod files;
mod imports;
mod keys;
mod leaks;
mod lost_keys;
mod new_user;
mod oauth;
mod single_flight;
mod stage;
mod web_app;
