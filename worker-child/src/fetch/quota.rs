//! When eBay's daily quotas begin anew.

use shared::time::Timestamp;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Midnight in California, in UTC: 8 o'clock in winter, 7 in summer. The later one is always safe.
const RESET_MS: i64 = 8 * HOUR_MS;

/// The first reset after `now`.
pub fn next_reset(now: Timestamp) -> Timestamp {
    let since = (now.0 - RESET_MS).rem_euclid(DAY_MS);
    Timestamp(now.0 - since + DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resets() {
        let cases = [
            ("2026-06-01T00:00:00.000Z", "2026-06-01T08:00:00.000Z"),
            ("2026-06-01T07:59:59.999Z", "2026-06-01T08:00:00.000Z"),
            ("2026-06-01T08:00:00.000Z", "2026-06-02T08:00:00.000Z"),
            ("2026-12-31T23:00:00.000Z", "2027-01-01T08:00:00.000Z"),
            ("1969-12-31T09:00:00.000Z", "1970-01-01T08:00:00.000Z"),
        ];
        let time = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap();
        for (now, expected) in cases {
            let reset = next_reset(Timestamp(time(now).timestamp_millis()));
            assert_eq!(reset.to_string(), expected, "{now}");
        }
    }
}
