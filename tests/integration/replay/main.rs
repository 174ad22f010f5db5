//! Deaths of the real child under the real supervisor, and whether `worker-child replay` brings them
//! about again at the first try.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code: every failure is a panic"
)]

mod by_id;
mod deaths;
mod failures;
mod recordings;
mod sandboxed;
mod stage;
