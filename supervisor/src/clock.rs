//! The one place that asks for the time.

use shared::time::Timestamp;

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
        Timestamp(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}
