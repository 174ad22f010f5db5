//! The tally: when the charged failures and deaths of the last while happened.

use std::time::Duration;

use shared::time::Timestamp;

use crate::outcome::PolicyState;

/// Drops what is older than the window. A charge exactly as old as the window is out.
pub(super) fn prune(tally: &mut Vec<Timestamp>, now: Timestamp, window: Duration) {
    tally.retain(|charge| now.since(*charge) < window);
}

/// Adds a charge and returns how many there are now within the window, at most `quarantine_after`:
/// older ones say nothing more, so that the tally stays small.
pub(super) fn charge(tally: &mut Vec<Timestamp>, now: Timestamp, quarantine_after: u32) -> u32 {
    tally.push(now);
    let keep = usize::try_from(quarantine_after.max(1)).unwrap_or(usize::MAX);
    let surplus = tally.len().saturating_sub(keep);
    tally.drain(..surplus);
    u32::try_from(tally.len()).unwrap_or(u32::MAX)
}

/// The state after someone released a quarantine: no charges, everything else as it was.
#[must_use]
pub fn released(state: &PolicyState) -> PolicyState {
    PolicyState {
        tally: Vec::new(),
        errors: Vec::new(),
        quarantined_until: None,
        // A person has vouched for it.
        on_trial: false,
        ..state.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_charges_fall_out() {
        let window = Duration::from_millis(100);
        let cases: [(&[i64], &[i64], &str); 4] = [
            (&[], &[], "empty"),
            (
                &[899, 900, 901, 1000],
                &[901, 1000],
                "exactly as old is out",
            ),
            (&[1001], &[1001], "a clock that went back keeps it"),
            (&[1], &[], "all out"),
        ];
        for (before, after, why) in cases {
            let mut tally: Vec<_> = before.iter().copied().map(Timestamp).collect();
            prune(&mut tally, Timestamp(1000), window);
            let left: Vec<_> = tally.iter().map(|charge| charge.0).collect();
            assert_eq!(left, after, "{why}");
        }
    }

    #[test]
    fn the_tally_stays_small() {
        let mut tally = Vec::new();
        let counts: Vec<_> = (0..5)
            .map(|now| charge(&mut tally, Timestamp(now), 3))
            .collect();
        assert_eq!(counts, [1, 2, 3, 3, 3]);
        assert_eq!(tally, [2, 3, 4].map(Timestamp));
    }

    #[test]
    fn release_forgives_the_charges_only() {
        let state = PolicyState {
            tally: vec![Timestamp(1)],
            errors: vec![Timestamp(2)],
            solitary: true,
            quarantined_until: Some(Timestamp(9)),
            ..PolicyState::default()
        };
        let expected = PolicyState {
            solitary: true,
            ..PolicyState::default()
        };
        assert_eq!(released(&state), expected);
    }
}
