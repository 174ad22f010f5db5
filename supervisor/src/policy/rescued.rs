//! What is done about runs whose supervisor ended with them. That is never the account's fault; but a
//! child that takes the host down each time would do that for ever.

use fastrand::Rng;
use shared::time::Timestamp;

use super::{PolicyConfig, backoff};
use crate::outcome::PolicyState;

/// What is remembered of a run whose supervisor ended before it, and when its worker is due.
pub fn rescued(
    state: &PolicyState,
    now: Timestamp,
    config: &PolicyConfig,
    rng: &mut Rng,
) -> (PolicyState, Timestamp) {
    let mut state = state.clone();
    let count = state.interruptions.saturating_add(1);
    state.interruptions = count;
    if count >= config.solitary_after_interruptions {
        state.solitary = true;
        state.clean_runs = 0;
    }
    let Some(beyond) = count.checked_sub(config.backoff_after_interruptions) else {
        return (state, now);
    };
    let (base, cap) = (config.backoff_base, config.backoff_cap);
    let wait = backoff::wait(base.duration(), cap.duration(), beyond + 1, rng);
    (state, now.plus(wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_takes_the_supervisor_along_runs_alone_and_then_waits() {
        let config = PolicyConfig::default();
        let mut rng = Rng::with_seed(1);
        let now = Timestamp(1_000_000);
        let mut state = PolicyState::default();
        let mut story = Vec::new();
        for _ in 0..8 {
            let due_at;
            (state, due_at) = rescued(&state, now, &config, &mut rng);
            assert!(state.tally.is_empty(), "never charged");
            let wait = due_at.since(now).as_secs();
            story.push((state.solitary, wait / 30));
        }
        let shared_at_once = (false, 0);
        let alone_at_once = (true, 0);
        assert_eq!(story[..2], [shared_at_once; 2]);
        assert_eq!(story[2..5], [alone_at_once; 3]);
        // Half a minute to a minute, to two, to four.
        for ((alone, halves), most) in story[5..].iter().zip([2, 4, 8]) {
            assert!(*alone && (1..=most).contains(halves), "{story:?}");
        }
    }
}
