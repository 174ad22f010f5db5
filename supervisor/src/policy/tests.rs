//! Holds the table in the module's documentation: each of its rows is played.

use fastrand::Rng;
use shared::failure::{Failure, Place};

use super::sample::{NOW, facts};
use super::*;
use crate::outcome::{Cause, DecisionKind, Outcome, PolicyState};

/// What a row plays: an outcome after these, under these facts.
struct Play {
    before: Vec<Outcome>,
    outcome: Outcome,
    facts: Facts<'static>,
}

fn item(key: &str) -> SkipItem {
    SkipItem {
        key: key.to_owned(),
        request: String::new(),
        item: 0,
    }
}

fn at(key: &str) -> &'static ItemAt {
    Box::leak(Box::new(ItemAt {
        item: item(key),
        slice: None,
        charged_at: None,
    }))
}

fn failed(name: &str) -> Outcome {
    let (what, place, until) = (String::new(), Place::default(), None);
    Outcome::Failed(match name {
        "transient" => Failure::Transient { what, place },
        "throttled" => Failure::Throttled { until, what },
        "unauthorized" => Failure::Unauthorized { what },
        "forbidden" => Failure::Forbidden { what },
        "too_large" => Failure::TooLarge { what, place },
        "incomplete" => Failure::Incomplete { what, place },
        "bad_data" => Failure::BadData { what, place },
        "bug" => Failure::Bug { what },
        other => panic!("no failure {other}"),
    })
}

/// How each row of the table is played, by the text of its first cell.
fn play(row: &str) -> Play {
    let died = |cause| Outcome::Died(cause);
    let panic = || died(Cause::Panic);
    let mut facts = facts();
    let name = |row: &str| {
        row.trim_start_matches("`failed: ")
            .split('`')
            .next()
            .map(str::to_owned)
    };
    let outcome = match row {
        "`completed`" => Outcome::Completed,
        "`snoozed`" => Outcome::Snoozed { until: NOW },
        "`drained`" => Outcome::Drained,
        "`cancelled`" => Outcome::Cancelled,
        "`interrupted`, culprit known" => Outcome::Interrupted,
        "`interrupted`, no culprit known" => {
            facts.suspect = true;
            Outcome::Interrupted
        }
        "`died: memory_limit`, first, in the ordinary slot, big slot larger" => {
            died(Cause::MemoryLimit)
        }
        "`died: memory_limit` otherwise" => {
            facts.big_is_larger = false;
            died(Cause::MemoryLimit)
        }
        "`died: deadline`" => died(Cause::Deadline),
        "`died:` anything not named here" => panic(),
        "`died: killed_externally`, `kernel_oom`" => died(Cause::KernelOom),
        "`died: spawn_failed`, `never_ready`, and every death before `Hello`" => {
            facts.hello = false;
            panic()
        }
        "`died`, `interrupted` while the [`Breaker`] is open" => {
            facts.ours = true;
            panic()
        }
        row if row.contains(" at an item") => return play_item(row),
        row if row.contains("nothing to halve") => {
            facts.mode = Mode::Snapshot;
            failed(&name(row).unwrap_or_default())
        }
        row if row.starts_with("`failed: ") => failed(&name(row).unwrap_or_default()),
        other => panic!("the row {other} is not played"),
    };
    Play {
        before: Vec::new(),
        outcome,
        facts,
    }
}

/// The rows about an item that is worked on.
fn play_item(row: &str) -> Play {
    let panic = || Outcome::Died(Cause::Panic);
    let mut facts = facts();
    facts.at = Some(at(if row.contains("another one") {
        "B"
    } else {
        "A"
    }));
    if row.contains("retried") {
        facts.retried = Box::leak(Box::new([item("A")]));
        return Play {
            before: Vec::new(),
            outcome: failed("bad_data"),
            facts,
        };
    }
    Play {
        before: vec![panic()],
        outcome: panic(),
        facts,
    }
}

/// The kind of decision that a cell of the table begins with.
fn kind(cell: &str) -> DecisionKind {
    use DecisionKind as Kind;
    let words = [
        ("reset", Kind::Reset),
        ("snooze", Kind::Snooze),
        ("backoff", Kind::Backoff),
        ("await token", Kind::AwaitToken),
        ("again", Kind::Again),
        ("tally of errors: backoff", Kind::Backoff),
        ("as bad data", Kind::Backoff),
        ("big slot", Kind::BigSlot),
        ("as another death", Kind::Solitary),
        ("tally of deaths: 1st solitary", Kind::Solitary),
        ("skip", Kind::Skip),
        ("narrow", Kind::Narrow),
        ("solitary", Kind::Solitary),
    ];
    let found = words.into_iter().find(|(word, _)| cell.starts_with(word));
    found.unwrap_or_else(|| panic!("no decision {cell}")).1
}

#[test]
fn the_documented_table_is_what_is_decided() {
    let text = include_str!("mod.rs");
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | "));
    let rows = rows.map(|row| row.trim_end_matches(" |").split(" | ").collect::<Vec<_>>());
    let rows: Vec<Vec<&str>> = rows.filter(|row| row[0] != "Outcome").collect();
    assert_eq!(rows.len(), 27, "rows of the table");
    let config = PolicyConfig::default();
    for row in rows {
        let [first, decision, is_charged, due] = row[..] else {
            panic!("a row of {} cells: {row:?}", row.len());
        };
        if first.ends_with("[`rescued`]") {
            // Decided apart, and tested there.
            continue;
        }
        let Play {
            before,
            outcome,
            facts,
        } = play(first);
        let mut rng = Rng::with_seed(1);
        let mut state = PolicyState::default();
        let earlier = Facts {
            at: Some(at("A")),
            ..facts
        };
        for outcome in before {
            (state, _) = decide(&state, &outcome, &earlier, &config, &mut rng);
        }
        let charges = state.tally.len() + state.errors.len();
        let (state, found) = decide(&state, &outcome, &facts, &config, &mut rng);
        assert_eq!(found.kind, kind(decision), "{first}");
        assert_eq!(
            if found.charged { "yes" } else { "no" },
            is_charged,
            "{first}"
        );
        assert_eq!(
            state.tally.len() + state.errors.len() > charges,
            found.charged,
            "{first}"
        );
        // A first charge in solitary is due at once, whatever else stands in its cell.
        if due.starts_with("at once") {
            assert_eq!(found.due_at, NOW, "{first}");
        }
        if decision.contains("step halved") || decision.contains("half the step") {
            assert_eq!(state.step_ms, Some(12 * 3_600_000), "{first}");
        }
    }
}
