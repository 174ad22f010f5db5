//! The time: the only file that asks for it.

use std::time::{SystemTime, UNIX_EPOCH};

use shared::time::Timestamp;

/// Now, by the system's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "everything else takes the time as an argument"
)]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(0).plus(since.unwrap_or_default())
}
