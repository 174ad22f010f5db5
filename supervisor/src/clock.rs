//! The one place that asks for the time.
//!
//! In debug builds a test may set this process's clock wrong: `BULKHEAD_CLOCK_FILE` names a file that
//! holds how many milliseconds it is ahead. It is read anew every time, so the clock can jump.

use std::time::Duration;

use shared::time::Timestamp;

/// Clocks are put right by so much all the time; that is no jump.
pub const SLIGHT: Duration = Duration::from_mins(1);

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock;

impl Clock {
    /// Now, in UTC milliseconds. A clock before 1970 reads as 1970.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else takes"
    )]
    pub fn now(self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let millis = since.map_or(0, |span| span.as_millis());
        Timestamp(
            i64::try_from(millis)
                .unwrap_or(i64::MAX)
                .saturating_add(ahead()),
        )
    }
}

#[cfg(not(debug_assertions))]
const fn ahead() -> i64 {
    0
}

/// How far a test has set the clock ahead, in milliseconds.
#[cfg(debug_assertions)]
fn ahead() -> i64 {
    use std::sync::LazyLock;

    static FILE: LazyLock<Option<std::ffi::OsString>> =
        LazyLock::new(|| std::env::var_os("BULKHEAD_CLOCK_FILE"));
    let Some(path) = FILE.as_ref() else { return 0 };
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.trim().parse().unwrap_or(0)
}
