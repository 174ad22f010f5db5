//! SIGKILL for the supervisor at two hundred points, most of them at named steps of a commit: nothing
//! is lost, nothing is doubled, nothing is left behind.
//!
//! The points are spread over worlds of their own, small and side by side, so that they fit into
//! the time that a build has. A kill is followed by the next start, which may be killed again.
//!
//! Named steps exist in debug builds only, and so does this test.
#![cfg(debug_assertions)]
#![expect(clippy::unwrap_used, reason = "test code: every failure is a panic")]

mod check;
mod kills;

use integration_tests::harness::state::State;
use integration_tests::harness::wait::now_ms;

use check::{assert_closed, assert_equal, assert_no_child, assert_whole};
use kills::{Aim, Kills, Steps, steps_of};

const SEED: u64 = 0x5eed;
/// Worlds side by side.
const WORLDS: u64 = 4;
/// Kills in each of them.
const KILLS: usize = 50;
/// So many kills meet one state of the world; then a pass is left alone, and the world changes.
const ROUND: usize = 8;
/// The share of kills that must land at named steps.
const NAMED: (usize, usize) = (7, 10);
const ACCOUNTS: [&str; 2] = ["anna", "bert"];
/// One of each mode, and one with a deep pass in every run.
const WORKERS: &str = "orders,active_inventory,transactions,returns";
/// Items of each kind in an account. They are an hour apart and begin two days ago: none lies in
/// the future.
const COUNT: usize = 40;

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
            "base={};count={COUNT};changes={}",
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

    /// Kills until there were enough of them, then checks everything.
    fn kill(mut self, seed: u64) -> (Kills, Steps, usize) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut kills = Kills::default();
        let mut steps = steps_of(&self.calm);
        let mut struck = 0;
        while kills.total() < KILLS {
            if struck < ROUND {
                let aim = Aim::next((&steps, struck > 0), &kills, &mut rng);
                if kills.strike(&self.disturbed, &aim) {
                    struck += 1;
                    assert_no_child(&self.disturbed);
                    continue;
                }
            } else {
                let left_alone = self.disturbed.once();
                assert_eq!(left_alone.code, Some(0), "{}", left_alone.stderr);
            }
            struck = 0;
            // It came to its end: the world may go on when both have seen it as it is.
            assert_closed(&self.disturbed);
            assert_equal(&self.calm, &self.disturbed);
            self.change();
            // Only a change makes listings end: that is a step that the first pass does not have.
            steps.append(&mut steps_of(&self.calm));
        }
        let last = self.disturbed.once();
        assert_eq!(last.code, Some(0), "{}", last.stderr);
        assert_no_child(&self.disturbed);
        assert_equal(&self.calm, &self.disturbed);
        assert_whole(&self.disturbed, ACCOUNTS.len() * COUNT, KILLS);
        (kills, steps, self.changes.len())
    }
}

#[test]
fn two_hundred_kills_lose_nothing_and_double_nothing() {
    let mut kills = Kills::default();
    let mut changes = 0;
    std::thread::scope(|scope| {
        let worlds: Vec<_> = (0..WORLDS)
            .map(|world| scope.spawn(move || Worlds::new().kill(SEED + world)))
            .collect();
        for (world, thread) in worlds.into_iter().enumerate() {
            let (those, steps, count) = thread.join().unwrap();
            println!("world {world}: {count} changes; its last undisturbed pass: {steps:?}");
            kills.add(&those);
            changes += count;
        }
    });
    println!(
        "{} kills, {} of them at named steps, seeds from {SEED:#x}:",
        kills.total(),
        kills.named()
    );
    for (step, count) in kills.histogram() {
        println!("{count:4} {step}");
    }
    assert_eq!(kills.total() as u64, WORLDS * KILLS as u64);
    assert!(kills.named() * NAMED.1 >= kills.total() * NAMED.0);
    // Every named step, and any moment.
    assert_eq!(kills.histogram().len(), 13, "{:?}", kills.histogram());
    assert!(
        changes >= KILLS / ROUND,
        "more than the first load must be disturbed"
    );
}
