//! What holds for every history: bounds of waits, the tally's window, and who is never charged.

use std::time::Duration;

use proptest::prelude::*;
use shared::failure::{Failure, Place};
use shared::time::Timestamp;
use shared::worker::Mode;
use supervisor::config::Span;
use supervisor::outcome::{Cause, DecisionKind, MemorySlot, Outcome, PolicyState};
use supervisor::policy::{Facts, PolicyConfig, SOLITARY_CLEAN_RUNS, decide};

fn what() -> String {
    "what".to_owned()
}

fn free_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Completed),
        Just(Outcome::Interrupted),
        Just(Outcome::Drained),
        Just(Outcome::Cancelled),
        any::<i64>().prop_map(|until| Outcome::Snoozed {
            until: Timestamp(until)
        }),
        any::<Option<i64>>().prop_map(|until| Outcome::Failed(Failure::Throttled {
            until: until.map(Timestamp),
            what: what(),
        })),
        Just(Outcome::Failed(Failure::Transient {
            what: what(),
            place: Place::default(),
        })),
        Just(Outcome::Failed(Failure::Unauthorized { what: what() })),
        Just(Outcome::Failed(Failure::Forbidden { what: what() })),
        Just(Outcome::Died(Cause::KilledExternally)),
        Just(Outcome::Died(Cause::NeverReady)),
        Just(Outcome::Died(Cause::SpawnFailed { what: what() })),
    ]
}

fn charged_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Died(Cause::Panic)),
        Just(Outcome::Died(Cause::Hung)),
        Just(Outcome::Died(Cause::Deadline)),
        Just(Outcome::Died(Cause::ExitedEarly)),
        Just(Outcome::Died(Cause::Unknown)),
        Just(Outcome::Died(Cause::ProtocolViolation { what: what() })),
        Just(Outcome::Failed(Failure::Bug { what: what() })),
        Just(Outcome::Failed(Failure::BadData {
            what: what(),
            place: Place::default(),
        })),
    ]
}

fn facts() -> impl Strategy<Value = Facts<'static>> {
    let times = (0..1_i64 << 50, 0..10_000_000_i64, 1..10_000_000_u64);
    let mode = prop::sample::select(&[Mode::Window, Mode::Snapshot, Mode::Rescan][..]);
    (times, mode, any::<[bool; 4]>()).prop_map(|((now, late, interval), mode, [a, b, c, d])| {
        Facts {
            now: Timestamp(now),
            due_was: Timestamp(now - late),
            interval: Duration::from_millis(interval),
            suspect: a,
            hello: true,
            ours: false,
            slot: if b {
                MemorySlot::Big
            } else {
                MemorySlot::Normal
            },
            big_is_larger: c,
            small: false,
            mode,
            backlog: d,
            configured_step: Duration::from_hours(24),
            at: None,
            skips: &[],
            retried: &[],
        }
    })
}

fn config() -> impl Strategy<Value = PolicyConfig> {
    let spans = (
        1..100_000_u64,
        1..100_000_u64,
        1..100_000_u64,
        1..100_000_u64,
    );
    (spans, [1..6_u32, 1..6_u32], 1..1_000_000_u64).prop_map(
        |((base, more, death, longer), [after, errors], window)| PolicyConfig {
            backoff_base: Span::from_millis(base),
            backoff_cap: Span::from_millis(base + more),
            death_backoff_base: Span::from_millis(death),
            death_backoff_cap: Span::from_millis(death + longer),
            quarantine_after: after,
            quarantine_after_errors: errors,
            quarantine_for: Span::from_millis(window),
            tally_window: Span::from_millis(window),
            ..PolicyConfig::default()
        },
    )
}

fn at<'a>(facts: &Facts<'a>, now: Timestamp) -> Facts<'a> {
    Facts {
        now,
        due_was: now,
        ..*facts
    }
}

proptest! {
    #[test]
    fn free_outcomes_never_charge(
        outcome in free_outcome(),
        facts in facts(),
        config in config(),
        tally in proptest::collection::vec(0..1_i64 << 50, 0..6),
        seed in any::<u64>(),
    ) {
        let state = PolicyState {
            tally: tally.into_iter().map(Timestamp).collect(),
            ..PolicyState::default()
        };
        let mut rng = fastrand::Rng::with_seed(seed);
        let (next, decision) = decide(&state, &outcome, &facts, &config, &mut rng);
        prop_assert!(!decision.charged);
        prop_assert_ne!(decision.kind, DecisionKind::Quarantine);
        prop_assert!(next.tally.len() <= state.tally.len());
        prop_assert!(next.tally.iter().all(|charge| state.tally.contains(charge)));
        prop_assert_eq!(next.quarantined_until, None);
    }

    #[test]
    fn nothing_is_due_in_the_past(
        outcomes in proptest::collection::vec(prop_oneof![free_outcome(), charged_outcome()], 1..12),
        facts in facts(),
        config in config(),
        seed in any::<u64>(),
    ) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut state = PolicyState::default();
        for outcome in outcomes {
            let (next, decision) = decide(&state, &outcome, &facts, &config, &mut rng);
            prop_assert!(decision.due_at >= facts.now, "{outcome:?} {decision:?}");
            prop_assert!(!decision.why.is_empty());
            state = next;
        }
    }

    #[test]
    fn quarantine_comes_exactly_with_the_last_charge_within_the_window(
        outcomes in proptest::collection::vec((charged_outcome(), 0..400_000_u64), 1..20),
        facts in facts(),
        config in config(),
        seed in any::<u64>(),
    ) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut state = PolicyState::default();
        // Of deaths and of failures.
        let mut all: [Vec<Timestamp>; 2] = Default::default();
        let mut now = facts.now;
        for (outcome, pause) in outcomes {
            now = now.plus(Duration::from_millis(pause));
            let death = matches!(outcome, Outcome::Died(_));
            let (charges, most) = if death {
                (&mut all[0], config.quarantine_after)
            } else {
                (&mut all[1], config.quarantine_after_errors)
            };
            charges.push(now);
            let window = config.tally_window.duration();
            let within = charges.iter().filter(|at| now.since(**at) < window).count();
            let (next, decision) = decide(&state, &outcome, &at(&facts, now), &config, &mut rng);
            prop_assert!(decision.charged);
            let full = within >= usize::try_from(most).unwrap_or(usize::MAX);
            prop_assert_eq!(decision.kind == DecisionKind::Quarantine, full, "{} within", within);
            let until = full.then(|| now.plus(config.quarantine_for.duration()));
            prop_assert_eq!(next.quarantined_until, until);
            state = next;
        }
    }

    #[test]
    fn backoff_is_bounded_and_its_bound_grows(
        failures in 1..40_u32,
        facts in facts(),
        config in config(),
        seed in any::<u64>(),
    ) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut state = PolicyState::default();
        let outcome = Outcome::Died(Cause::KilledExternally);
        let (base, cap) = (config.backoff_base.millis(), config.backoff_cap.millis());
        let mut before = base;
        for count in 1..=failures {
            let (next, decision) = decide(&state, &outcome, &facts, &config, &mut rng);
            let wait = u64::try_from(decision.due_at.since(facts.now).as_millis()).unwrap_or(0);
            let most = base.saturating_mul(1_u64.checked_shl(count).unwrap_or(u64::MAX)).min(cap);
            prop_assert!((base..=most).contains(&wait), "{wait} outside {base}..={most}");
            prop_assert!(most >= before);
            prop_assert_eq!(next.failures, count);
            before = most;
            state = next;
        }
        let (reset, _) = decide(&state, &Outcome::Completed, &facts, &config, &mut rng);
        prop_assert_eq!(reset.failures, 0);
    }

    #[test]
    fn who_died_of_itself_is_on_trial_and_alone_until_it_has_run_well_for_a_while(
        outcomes in proptest::collection::vec(prop_oneof![free_outcome(), charged_outcome()], 1..20),
        facts in facts(),
        config in config(),
        seed in any::<u64>(),
    ) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let (mut state, mut well) = (PolicyState::default(), None);
        for outcome in outcomes {
            let (next, decision) = decide(&state, &outcome, &facts, &config, &mut rng);
            if matches!(outcome, Outcome::Died(_)) && decision.charged {
                well = Some(0);
            } else if outcome == Outcome::Completed {
                well = well.map(|runs| runs + 1);
            } else if next.clean_runs == 0 {
                // It begins to count anew.
                well = well.filter(|runs| *runs < SOLITARY_CLEAN_RUNS).map(|_| 0);
            }
            well = well.filter(|runs| *runs < SOLITARY_CLEAN_RUNS);
            prop_assert_eq!(next.on_trial, well.is_some(), "{:?} {:?}", outcome, next);
            prop_assert!(next.solitary || !next.on_trial);
            state = next;
        }
    }

    #[test]
    fn a_success_forgives_every_charge(
        outcomes in proptest::collection::vec(charged_outcome(), 1..6),
        facts in facts(),
        config in config(),
    ) {
        let mut rng = fastrand::Rng::with_seed(0);
        let mut state = PolicyState::default();
        for outcome in outcomes {
            state = decide(&state, &outcome, &facts, &config, &mut rng).0;
        }
        let (reset, decision) = decide(&state, &Outcome::Completed, &facts, &config, &mut rng);
        prop_assert_eq!(decision.kind, DecisionKind::Reset);
        prop_assert!(reset.tally.is_empty());
    }
}
