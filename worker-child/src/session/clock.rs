//! The time: the only file that asks for it.
//!
//! A child goes by the time of its attempt: when it began, by the supervisor's clock, and what has
//! passed since. A clock that is set anew meanwhile does not reach it.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use shared::time::Timestamp;

/// When the attempt began, by the supervisor's clock and in truth.
static BEGUN: OnceLock<(Timestamp, Instant)> = OnceLock::new();

/// It is `time` now. Only the first call counts.
pub fn set(time: Timestamp) {
    BEGUN.get_or_init(|| (time, Instant::now()));
}

/// Now, by the clock that was set, or else by the system's.
#[expect(
    clippy::disallowed_methods,
    reason = "everything else takes the time as an argument"
)]
pub fn now() -> Timestamp {
    if let Some((begun, since)) = BEGUN.get() {
        return begun.plus(since.elapsed());
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(0).plus(since.unwrap_or_default())
}
