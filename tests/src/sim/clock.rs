//! The simulator's only view of real time: milliseconds since the epoch, and eBay's text for them.

use chrono::{DateTime, SecondsFormat};

/// One day in milliseconds.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// Milliseconds since the epoch by the real clock.
#[expect(
    clippy::disallowed_methods,
    reason = "changes are stamped with real time, because the program under test asks by real time"
)]
pub(crate) fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

/// `ms` as eBay writes times: `2026-06-18T13:27:24.000Z`.
pub(crate) fn stamp(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Milliseconds of a UTC time text; `None` unless it is ISO 8601 ending in `Z`.
pub(crate) fn parse(text: &str) -> Option<i64> {
    if !text.ends_with('Z') {
        return None;
    }
    Some(DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_round_trip_and_other_zones_are_refused() {
        let text = "2026-06-18T13:27:24.007Z";
        assert_eq!(stamp(parse(text).unwrap()), text);
        assert_eq!(parse("2026-06-18T13:27:24.007+00:00"), None);
        assert_eq!(parse("2026-06-18"), None);
    }
}
