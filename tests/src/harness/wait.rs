//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(5);

/// How long anything may take that is not timed itself; generous, for machines that are busy.
pub const LONG: Duration = Duration::from_mins(1);

/// Waits until `condition` holds; panics with `what` when that takes longer than `limit`.
pub fn wait_until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) {
    wait_for(what, limit, || condition().then_some(()));
}

/// Waits until `look` finds something, and returns it; panics like [`wait_until`].
pub fn wait_for<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < limit, "waited {limit:?} for: {what}");
        std::thread::sleep(LOOK);
    }
}

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a test knows no clock to take")]
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}
