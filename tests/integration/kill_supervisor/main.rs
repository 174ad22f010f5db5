//! SIGKILL for the supervisor, twenty times, most of them at named steps of a commit: nothing is
//! lost, nothing is doubled, nothing is left behind.
//!
//! Named steps exist in debug builds only, and so does this test.
#![cfg(debug_assertions)]
#![expect(clippy::unwrap_used, reason = "test code: every failure is a panic")]

mod check;
mod kills;

use integration_tests::harness::state::State;
use integration_tests::harness::wait::now_ms;

use check::{assert_equal, assert_no_child, assert_whole};
use kills::{Aim, Kills, steps_of};

const SEED: u64 = 0x5eed;
const KILLS: usize = 20;
/// The share of kills that must land at named steps.
const NAMED: (usize, usize) = (7, 10);
const ACCOUNTS: [&str; 3] = ["anna", "bert", "cleo"];
/// One of each mode, and one with a deep pass in every run.
const WORKERS: &str = "orders,active_inventory,transactions,returns";

/// Two databases that see the same changes of the world: one is disturbed.
struct Worlds {
    disturbed: State,
    calm: State,
    base: i64,
    changes: Vec<String>,
}

impl Worlds {
    fn new() -> Self {
        let worlds = Self {
            disturbed: State::new(),
            calm: State::new(),
            base: now_ms() - 2 * 86_400_000,
            changes: Vec::new(),
        };
        for state in [&worlds.disturbed, &worlds.calm] {
            for account in ACCOUNTS {
                state.add_account(account, WORKERS, &worlds.script());
            }
        }
        worlds
    }

    fn script(&self) -> String {
        // The last of two values counts: both databases have the same world.
        format!(
            "base={};count=60;changes={}",
            self.base,
            self.changes.join(",")
        )
    }

    /// The world changes: orders are modified, listings end and come back.
    fn change(&mut self) {
        self.changes.push(now_ms().to_string());
        for state in [&self.disturbed, &self.calm] {
            for account in ACCOUNTS {
                state.set_script(account, &self.script());
            }
        }
    }
}

#[test]
fn twenty_kills_lose_nothing_and_double_nothing() {
    let mut rng = fastrand::Rng::with_seed(SEED);
    let mut worlds = Worlds::new();
    let mut kills = Kills::default();
    let mut steps = steps_of(&worlds.calm);
    while kills.total() < KILLS {
        let aim = Aim::next(&steps, &kills, &mut rng);
        if kills.strike(&worlds.disturbed, &aim) {
            assert_no_child(&worlds.disturbed);
            continue;
        }
        // It came to its end: the world may go on when both have seen it as it is.
        assert_equal(&worlds.calm, &worlds.disturbed);
        worlds.change();
        // Only a change makes listings end: that is a step that the first pass does not have.
        steps.append(&mut steps_of(&worlds.calm));
    }
    let last = worlds.disturbed.once();
    assert_eq!(last.code, Some(0), "{}", last.stderr);
    assert_no_child(&worlds.disturbed);
    assert_equal(&worlds.calm, &worlds.disturbed);
    assert_whole(&worlds.disturbed);
    assert!(
        worlds.changes.len() >= 2,
        "more than the first load must have been disturbed"
    );

    println!(
        "{} changes of the world; an undisturbed pass reaches {steps:?}",
        worlds.changes.len()
    );
    println!(
        "{} kills, {} of them at named steps:",
        kills.total(),
        kills.named()
    );
    for (step, count) in kills.histogram() {
        println!("{count:4} {step}");
    }
    assert!(kills.named() * NAMED.1 >= kills.total() * NAMED.0);
    assert!(
        kills.histogram().len() >= 6,
        "kills must be spread: {:?}",
        kills.histogram()
    );
}
