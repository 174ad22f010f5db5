//! The service at sea: the real supervisor and its real children run for a while over a simulated
//! eBay that changes and fails, while children are killed and stopped, tokens expire, who gives them
//! fails, the clock is set wrong by up to a day either way, and the service itself is killed, stopped and
//! started. In every calm the database must be eBay, and nothing is left over; in a long life of the
//! service its memory and its descriptors stay what they were; at the end no secret is anywhere.
//!
//! `SOAK_CALMS=n` sails on for so many calms (an hour has about 100), `SOAK_LIFE=n` makes the
//! long lives of the service n times as long, `SOAK_SEED=n` repeats the draw.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test code: every failure is a panic"
)]

mod acts;
mod calm;
mod clock;
mod crew;
mod holdings;
mod sea;

use std::time::Instant;

use sea::Sea;

/// Calms in an ordinary build.
const CALMS: u32 = 3;
/// What happens between two calms.
const ACTS: u32 = 16;

fn variable<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn after_every_storm_the_database_is_ebay() {
    let seed = variable("SOAK_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("to sail the same again: SOAK_SEED={seed}");
    let life = variable("SOAK_LIFE").unwrap_or(1);
    let mut sea = Sea::new(seed);
    for calm in 1..=variable("SOAK_CALMS").unwrap_or(CALMS) {
        // Every third life is a long one: what leaks shows there, once it is warm.
        let long_life = calm % 3 == 0;
        let began = Instant::now();
        let acts = if long_life { life } else { 1 } * ACTS;
        for _ in 0..acts / 2 {
            sea.act(long_life);
        }
        let warm = long_life.then(|| sea.holdings());
        for _ in 0..acts / 2 {
            sea.act(long_life);
        }
        if let Some(warm) = warm {
            let late = sea.assert_flat(&warm);
            println!("a long life: {warm:?} became {late:?}");
        }
        let storm = began.elapsed().as_secs();
        sea.calm();
        let both = began.elapsed().as_secs();
        println!(
            "calm {calm}, {storm} s and {} s: {}",
            both - storm,
            sea.log()
        );
    }
    sea.assert_rough();
    sea.land();
}
