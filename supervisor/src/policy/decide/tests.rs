//! The decision table, row by row, and the stories that several rows tell together.

use shared::failure::Place;

use super::*;
use crate::config::Span;
use crate::outcome::MemorySlot;
use crate::policy::sample;

const NOW: i64 = sample::NOW.0;
const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;

fn facts() -> Facts<'static> {
    Facts {
        due_was: Timestamp(NOW - MINUTE),
        ..sample::facts()
    }
}

fn judge(state: &PolicyState, outcome: &Outcome, facts: &Facts<'_>) -> (PolicyState, Decision) {
    let mut rng = Rng::with_seed(1);
    decide(state, outcome, facts, &PolicyConfig::default(), &mut rng)
}

fn bad_data() -> Outcome {
    Outcome::Failed(Failure::BadData {
        what: String::new(),
        place: Place::default(),
    })
}

fn too_large() -> Outcome {
    Outcome::Failed(Failure::TooLarge {
        what: String::new(),
        place: Place::default(),
    })
}

fn incomplete() -> Outcome {
    Outcome::Failed(Failure::Incomplete {
        what: String::new(),
        place: Place::default(),
    })
}

fn transient() -> Outcome {
    Outcome::Failed(Failure::Transient {
        what: String::new(),
        place: Place::default(),
    })
}

fn throttled(until: Option<i64>) -> Outcome {
    Outcome::Failed(Failure::Throttled {
        until: until.map(Timestamp),
        what: String::new(),
    })
}

fn words(failure: fn(String) -> Failure) -> Outcome {
    Outcome::Failed(failure(String::new()))
}

fn died(cause: Cause) -> Outcome {
    Outcome::Died(cause)
}

fn signal() -> Cause {
    Cause::Signal {
        number: 11,
        name: "SIGSEGV".to_owned(),
    }
}

#[test]
fn free_outcomes_of_a_fresh_state() {
    use DecisionKind::{Again, AwaitToken, Backoff, BigSlot, Reset, Snooze};
    let (base, most) = (30_000, 60_000);
    let spawn = Cause::SpawnFailed {
        what: String::new(),
    };
    let snoozed = |until| Outcome::Snoozed {
        until: Timestamp(until),
    };
    // (outcome, kind, earliest, latest), times relative to now
    let cases = [
        (Outcome::Completed, Reset, 4 * MINUTE, 4 * MINUTE),
        (snoozed(NOW + 5), Snooze, 5, 5),
        (snoozed(NOW - 5), Snooze, 0, 0),
        (snoozed(i64::MAX), Snooze, 48 * HOUR, 48 * HOUR),
        (transient(), Backoff, base, most),
        (throttled(Some(NOW + HOUR)), Snooze, HOUR, HOUR),
        (
            throttled(Some(NOW + 25 * HOUR)),
            Snooze,
            25 * HOUR,
            25 * HOUR,
        ),
        (throttled(Some(i64::MAX)), Snooze, 48 * HOUR, 48 * HOUR),
        (throttled(Some(NOW - 1)), Snooze, base, base),
        (throttled(None), Snooze, 15 * MINUTE, 15 * MINUTE),
        (
            words(|what| Failure::Unauthorized { what }),
            AwaitToken,
            5 * MINUTE,
            5 * MINUTE,
        ),
        (
            words(|what| Failure::Forbidden { what }),
            Backoff,
            base,
            most,
        ),
        (too_large(), Again, 0, 0),
        (incomplete(), Again, 0, 0),
        (died(Cause::MemoryLimit), BigSlot, 0, 0),
        (died(Cause::KilledExternally), Backoff, base, most),
        (died(Cause::NeverReady), Backoff, base, most),
        (died(spawn), Backoff, base, most),
        (Outcome::Interrupted, Again, 0, 0),
        (Outcome::Drained, Again, 0, 0),
        (died(Cause::Drained), Again, 0, 0),
        (Outcome::Cancelled, Again, 4 * MINUTE, 4 * MINUTE),
        (died(Cause::Cancelled), Again, 4 * MINUTE, 4 * MINUTE),
    ];
    for (outcome, kind, earliest, latest) in cases {
        let (state, decision) = judge(&PolicyState::default(), &outcome, &facts());
        assert_eq!(decision.kind, kind, "{outcome:?}");
        let wait = decision.due_at.0 - NOW;
        assert!(
            (earliest..=latest).contains(&wait),
            "{outcome:?} waits {wait}"
        );
        assert!(!decision.charged && state.tally.is_empty(), "{outcome:?}");
    }
}

#[test]
fn charged_outcomes_climb_to_quarantine() {
    use DecisionKind::{Backoff, Quarantine, Solitary};
    let violation = Cause::ProtocolViolation {
        what: String::new(),
    };
    let failed = Cause::Failed {
        code: 70,
        meaning: String::new(),
    };
    let deaths = [
        Cause::Panic,
        Cause::Hung,
        Cause::Deadline,
        Cause::ExitedEarly,
        Cause::Unknown,
        signal(),
        violation,
        failed,
    ];
    let mut cases: Vec<_> = deaths
        .into_iter()
        .map(|cause| (died(cause), facts(), Solitary))
        .collect();
    cases.push((bad_data(), facts(), Backoff));
    cases.push((words(|what| Failure::Bug { what }), facts(), Backoff));
    for mode in [Mode::Snapshot, Mode::Rescan] {
        let whole = Facts { mode, ..facts() };
        cases.push((too_large(), whole, Backoff));
        cases.push((incomplete(), whole, Backoff));
    }
    for (outcome, facts, first) in cases {
        let mut state = PolicyState::default();
        for kind in [first, Backoff, Quarantine] {
            let (next, decision) = judge(&state, &outcome, &facts);
            assert_eq!(decision.kind, kind, "{outcome:?}");
            assert!(decision.charged, "{outcome:?}");
            assert_eq!(next.solitary, first == Solitary, "{outcome:?}");
            let wait = decision.due_at.0 - NOW;
            let expected = if kind == Solitary {
                0..=0
            } else if kind == Quarantine {
                24 * HOUR..=24 * HOUR
            } else {
                5 * MINUTE..=20 * MINUTE
            };
            assert!(expected.contains(&wait), "{outcome:?} waits {wait}");
            let quarantined = (kind == Quarantine).then_some(decision.due_at);
            assert_eq!(next.quarantined_until, quarantined, "{outcome:?}");
            state = next;
        }
    }
}

#[test]
fn a_death_before_hello_is_nobodys() {
    let before = Facts {
        hello: false,
        ..facts()
    };
    for cause in [
        signal(),
        Cause::Panic,
        Cause::MemoryLimit,
        Cause::ExitedEarly,
    ] {
        let (state, decision) = judge(&PolicyState::default(), &died(cause), &before);
        assert_eq!(
            (decision.kind, decision.charged),
            (DecisionKind::Backoff, false)
        );
        assert_eq!(
            (state.failures, state.solitary, state.big_slot),
            (1, false, false)
        );
    }
}

#[test]
fn suspects_run_alone_until_three_runs_are_clean() {
    let suspect = Facts {
        suspect: true,
        ..facts()
    };
    let fresh = PolicyState::default();
    let (mut state, decision) = judge(&fresh, &Outcome::Interrupted, &suspect);
    assert_eq!(
        (decision.kind, decision.due_at),
        (DecisionKind::Solitary, Timestamp(NOW))
    );
    assert!(!decision.charged);
    for solitary in [true, true, false] {
        state = judge(&state, &Outcome::Completed, &facts()).0;
        assert_eq!(state.solitary, solitary);
    }
}

#[test]
fn memory_deaths_get_one_free_try_in_the_big_slot() {
    use DecisionKind::{Backoff, BigSlot, Quarantine, Solitary};
    let big = Facts {
        slot: MemorySlot::Big,
        ..facts()
    };
    let mut state = PolicyState::default();
    let story = [
        (facts(), BigSlot, false),
        (big, Solitary, true),
        (big, Backoff, true),
        (big, Quarantine, true),
    ];
    for (facts, kind, charged) in story {
        let (next, decision) = judge(&state, &died(Cause::MemoryLimit), &facts);
        assert_eq!((decision.kind, decision.charged), (kind, charged));
        assert!(next.big_slot);
        state = next;
    }
    assert_eq!(
        state.step_ms,
        Some(90 * 60_000),
        "four deaths halve the day four times"
    );
    let (state, _) = judge(&state, &Outcome::Completed, &big);
    assert!(state.big_slot, "success in the big slot makes it stick");

    let no_larger = Facts {
        big_is_larger: false,
        ..facts()
    };
    let fresh = PolicyState::default();
    let (state, decision) = judge(&fresh, &died(Cause::MemoryLimit), &no_larger);
    assert_eq!((decision.kind, decision.charged), (Solitary, true));
    assert!(!state.big_slot);
}

#[test]
fn what_size_can_cure_is_halved_until_nothing_is_left_to_halve() {
    let mut state = PolicyState::default();
    for _ in 0..7 {
        let (next, decision) = judge(&state, &too_large(), &facts());
        assert!(!decision.charged);
        state = next;
    }
    assert_eq!(state.step_ms, Some(15 * 60_000));
    let (state, decision) = judge(&state, &too_large(), &facts());
    assert!(decision.charged);
    let (state, _) = judge(&state, &Outcome::Completed, &facts());
    assert_eq!(
        state.step_ms,
        Some(30 * 60_000),
        "success lets it grow back"
    );
    let (after, _) = judge(&PolicyState::default(), &died(Cause::Deadline), &facts());
    assert_eq!(after.step_ms, Some(12 * 3_600_000), "a deadline halves too");
    let (after, _) = judge(&PolicyState::default(), &died(Cause::Panic), &facts());
    assert_eq!(after.step_ms, None, "a panic does not");
    let rescan = Facts {
        mode: Mode::Rescan,
        ..facts()
    };
    for cause in [Cause::Deadline, Cause::MemoryLimit] {
        let (after, _) = judge(&PolicyState::default(), &died(cause), &rescan);
        assert_eq!(after.step_ms, None, "a rescan has no step");
    }
}

#[test]
fn success_resets() {
    let before = PolicyState {
        tally: vec![Timestamp(NOW - 5)],
        failures: 4,
        quarantined_until: Some(Timestamp(NOW - 1)),
        ..PolicyState::default()
    };
    let backlog = Facts {
        backlog: true,
        ..facts()
    };
    let (state, decision) = judge(&before, &Outcome::Completed, &backlog);
    assert_eq!((state.tally.len(), state.failures), (0, 0));
    assert_eq!(state.quarantined_until, None);
    assert_eq!(
        (decision.kind, decision.due_at),
        (DecisionKind::Reset, Timestamp(NOW))
    );
}

#[test]
fn turns_keep_their_rate_and_do_not_pile_up() {
    // (was due, expected next turn), relative to now; the interval is 5 minutes
    let cases = [
        (0, 5 * MINUTE),
        (-MINUTE, 4 * MINUTE),
        (-5 * MINUTE, 5 * MINUTE),
        (-12 * MINUTE, 3 * MINUTE),
        (2 * MINUTE, 5 * MINUTE),
    ];
    for (was, expected) in cases {
        let facts = Facts {
            due_was: Timestamp(NOW + was),
            ..facts()
        };
        let (_, decision) = judge(&PolicyState::default(), &Outcome::Completed, &facts);
        assert_eq!(decision.due_at.0 - NOW, expected, "due {was}");
    }
}

#[test]
fn the_configuration_is_heard() {
    let config = PolicyConfig {
        quarantine_after: 1,
        quarantine_for: Span::from_millis(70),
        throttled_snooze: Span::from_millis(9),
        ..PolicyConfig::default()
    };
    let mut rng = Rng::with_seed(1);
    let fresh = PolicyState::default();
    let (_, decision) = decide(&fresh, &died(Cause::Panic), &facts(), &config, &mut rng);
    assert_eq!(decision.kind, DecisionKind::Quarantine);
    assert_eq!(decision.due_at.0 - NOW, 70);
    assert_eq!(
        decision.why,
        "panic: charge 1 of 1; not run until released or a while has passed"
    );
    let (_, decision) = decide(&fresh, &throttled(None), &facts(), &config, &mut rng);
    assert_eq!(decision.due_at.0 - NOW, 9);
}
