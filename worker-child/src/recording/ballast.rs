//! Memory that a replay holds so that its heap is as full as it was: it has no HTTP client, and would
//! meet the memory limit later.

use crate::stage::heap;

/// Differences below this are left alone, in bytes: the counters are no more exact.
const SLACK: u64 = 64 * 1024;

/// Bytes that are only reserved.
#[derive(Debug, Default)]
pub(super) struct Ballast(Vec<u8>);

impl Ballast {
    /// Brings the live heap up to this many bytes, or as near as may be.
    pub(super) fn level(&mut self, live: u64) {
        let held = self.0.capacity() as u64;
        let wanted = wanted(live, heap::live(), held);
        if wanted.abs_diff(held) < SLACK {
            return;
        }
        let wanted = usize::try_from(wanted).unwrap_or(0);
        self.0.shrink_to(wanted);
        // What does not fit is what the replay is about: whoever needs memory next will meet it.
        self.0.try_reserve_exact(wanted).ok();
    }
}

/// How much ballast it takes, when `now` is live and `held` of that is ballast.
fn wanted(live: u64, now: u64, held: u64) -> u64 {
    live.saturating_sub(now.saturating_sub(held))
}

#[cfg(test)]
mod tests {
    use super::wanted;

    #[test]
    fn as_much_as_is_missing() {
        let cases = [
            ((100, 60, 0), 40, "some is missing"),
            ((100, 100, 40), 40, "enough is held"),
            ((100, 120, 40), 20, "too much is held"),
            ((100, 200, 40), 0, "the rest alone is more"),
            ((0, 10, 0), 0, "nothing was recorded"),
        ];
        for ((live, now, held), expected, why) in cases {
            assert_eq!(wanted(live, now, held), expected, "{why}");
        }
    }
}
