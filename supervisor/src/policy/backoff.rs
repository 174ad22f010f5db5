//! How long to wait after the n-th failure in a row.

use std::time::Duration;

use fastrand::Rng;

/// A random wait from `base` to `base` times 2^`count`, never above `cap`: full jitter over a
/// floor, so that nothing is ever tried again at once.
///
/// `count` is 1 for the first failure.
pub(super) fn wait(base: Duration, cap: Duration, count: u32, rng: &mut Rng) -> Duration {
    let least = millis(base.min(cap));
    Duration::from_millis(rng.u64(least..=millis(ceiling(base, cap, count)).max(least)))
}

/// How long to wait for an access token after `count` failures in a row, between the two bounds.
pub fn of_tokens((base, cap): (Duration, Duration), count: u32, rng: &mut Rng) -> Duration {
    wait(base, cap, count, rng)
}

/// The longest wait that [`wait`] may give.
pub(super) fn ceiling(base: Duration, cap: Duration, count: u32) -> Duration {
    let factor = 1_u32.checked_shl(count).unwrap_or(u32::MAX);
    base.saturating_mul(factor).min(cap)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceilings_double_up_to_the_cap() {
        let base = Duration::from_secs(30);
        let cap = Duration::from_mins(30);
        let cases = [
            (1, 60),
            (2, 120),
            (3, 240),
            (5, 960),
            (6, 1800),
            (31, 1800),
            (32, 1800),
            (u32::MAX, 1800),
        ];
        for (count, seconds) in cases {
            assert_eq!(ceiling(base, cap, count).as_secs(), seconds, "{count}");
        }
    }

    #[test]
    fn waits_use_the_whole_range() {
        let mut rng = Rng::with_seed(7);
        let (base, cap) = (Duration::from_millis(100), Duration::from_secs(1));
        let waits: Vec<_> = (0..500).map(|_| wait(base, cap, 2, &mut rng)).collect();
        let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
        assert!(
            *least >= base && *least < Duration::from_millis(115),
            "{least:?}"
        );
        assert!(
            *most <= base * 4 && *most > Duration::from_millis(385),
            "{most:?}"
        );
        let above = wait(Duration::from_secs(9), cap, 1, &mut rng);
        assert_eq!(above, cap, "a base above the cap");
    }
}
