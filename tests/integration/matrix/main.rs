//! A thousand deaths, of every kind that there is, over many accounts in parallel, beside accounts that
//! are well: each is called by its name, reported at once, and nobody else notices.
//!
//! The kinds and what they must be called are in `../deaths/expected.json`. Those die as they are told
//! and record nothing; some dozens of the real child, which can be replayed, are beside them ([`real`]).
//! Which account dies when of what is drawn from a seed, which is printed and can be set with
//! `BULKHEAD_MATRIX_SEED`; `BULKHEAD_MATRIX_DEATHS` sets how many of the first kind are drawn.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code: every failure is a panic"
)]

mod decks;
mod delays;
mod figures;
mod real;
mod replays;
mod rows;
mod stage;
mod traces;
mod verdicts;

use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use integration_tests::harness::process::alive;
use integration_tests::harness::wait::now_ms;

use delays::Delays;
use figures::{Figures, tell};
use stage::Stage;

/// How many deaths are drawn.
const DEATHS: usize = 1_000;

#[test]
fn a_thousand_deaths_are_called_by_their_names_and_nobody_else_notices() {
    let _alone = alone();
    let seed = seed();
    let deaths = set("BULKHEAD_MATRIX_DEATHS").unwrap_or(DEATHS);
    let stage = Stage::new();
    stage.play_calm();
    let calm = Delays::until_now(&stage.state);
    let decks = decks::deal(&stage, deaths, &mut fastrand::Rng::with_seed(seed));
    let log = stage.play_deaths(&decks);
    let storm = Delays::after(&stage.state, &calm);

    let judged = verdicts::judge(&stage.state, &decks);
    let figures = Figures::new(&judged, &calm, &storm);
    figures.print();

    assert!(judged.len() >= deaths, "{} deaths", judged.len());
    figures.assert();
    stage.assert_every_start_has_one_end();
    stage.assert_the_healthy_are_whole();
    assert!(alive(&stage.state.dir()).is_empty(), "a child is left");
    let audit = stage.state.bulkhead(&["audit", "verify"]);
    assert_eq!(audit.code, Some(0), "{}{}", audit.stdout, audit.stderr);
    traces::assert_no_trace(&stage.state, "healthy0", &log);
}

#[test]
fn the_real_child_dies_the_same_way_again() {
    let _alone = alone();
    real::play(&mut fastrand::Rng::with_seed(seed()));
}

/// One test at a time: what one measures the other would disturb.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn seed() -> u64 {
    let seed = set("BULKHEAD_MATRIX_SEED").unwrap_or(now_ms().unsigned_abs());
    tell(&format!("seed {seed} (set it with BULKHEAD_MATRIX_SEED)"));
    seed
}

fn set<T: FromStr>(variable: &str) -> Option<T> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().ok().unwrap())
}
