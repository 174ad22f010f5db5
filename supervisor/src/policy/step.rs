//! The coverage of a slice: halved when size may be the reason, grown back on success.

use std::time::Duration;

use crate::outcome::PolicyState;

/// The longest coverage of the next run's slices.
pub fn current(state: &PolicyState, configured: Duration) -> Duration {
    let own = state.step_ms.map(Duration::from_millis);
    own.unwrap_or(configured).min(configured)
}

/// Halves the step, but not below `least`. Whether there was anything to halve.
pub(super) fn halve(state: &mut PolicyState, configured: Duration, least: Duration) -> bool {
    let now = current(state, configured);
    let next = (now / 2).max(least).max(Duration::from_millis(1));
    if next >= now {
        return false;
    }
    state.step_ms = u64::try_from(next.as_millis()).ok();
    true
}

/// Doubles a step that was halved, up to the configured one.
pub(super) fn grow(state: &mut PolicyState, configured: Duration) {
    let next = current(state, configured).saturating_mul(2);
    state.step_ms = match u64::try_from(next.as_millis()) {
        Ok(millis) if next < configured => Some(millis),
        _ => None,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);
    const QUARTER: Duration = Duration::from_mins(15);

    fn minutes(state: &PolicyState) -> Option<u64> {
        state.step_ms.map(|millis| millis / 60_000)
    }

    #[test]
    fn a_day_halves_down_to_a_quarter_of_an_hour_and_grows_back() {
        let mut state = PolicyState::default();
        let mut steps = Vec::new();
        while halve(&mut state, DAY, QUARTER) {
            steps.extend(minutes(&state));
        }
        assert_eq!(steps, [720, 360, 180, 90, 45, 22, 15]);
        steps.clear();
        while state.step_ms.is_some() {
            grow(&mut state, DAY);
            steps.extend(minutes(&state));
        }
        assert_eq!(steps, [30, 60, 120, 240, 480, 960]);
        assert_eq!(current(&state, DAY), DAY);
    }

    #[test]
    fn edges() {
        let second = Duration::from_secs(1);
        let mut state = PolicyState::default();
        assert!(
            !halve(&mut state, second, QUARTER),
            "configured below the least"
        );
        assert_eq!(state.step_ms, None);
        state.step_ms = Some(86_400_000);
        assert_eq!(
            current(&state, second),
            second,
            "never above the configured step"
        );
        state.step_ms = Some(1);
        assert!(!halve(&mut state, DAY, Duration::ZERO), "never to nothing");
    }
}
