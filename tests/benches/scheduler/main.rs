//! The scheduler: a cycle of 200 accounts in simulated time against the least that is possible and
//! against other ways to do it; healthy accounts among dying ones; what a decision costs; and the
//! service with 10,000 accounts of which none is due.
//!
//! `cargo bench -p integration-tests --bench scheduler`. Prints figures; never fails because of one.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "as in the tests that it shares its world with"
)]

mod cost;
mod idle;
#[path = "../../../supervisor/tests/schedule/makespan.rs"]
mod makespan;
#[path = "../../../supervisor/tests/schedule/neighbours.rs"]
mod neighbours;
#[path = "../../../supervisor/tests/schedule/temper.rs"]
mod temper;
#[path = "../../../supervisor/tests/schedule/world.rs"]
#[expect(dead_code, reason = "the tests look closer at it")]
mod world;

use temper::Temper;

/// Cycles of each kind.
const CYCLES: u32 = 50;

fn main() {
    for sigma in [1.0, 1.5] {
        cycles(sigma);
    }
    for temper in [
        Temper::Crashing,
        Temper::Falling,
        Temper::Hungry,
        Temper::Failing,
        Temper::Hanging,
    ] {
        let mean = |played| {
            let all = (0..5).map(|seed| neighbours::delay(temper, played, seed));
            all.map(|delay| delay.as_secs_f64()).sum::<f64>() / 5.0
        };
        let (undisturbed, disturbed) = (mean(Temper::Healthy), mean(temper));
        println!(
            "mean start delay of healthy accounts, 30 % of the others {temper:?}: {disturbed:.1} s, \
             undisturbed {undisturbed:.1} s: {:.2} of it (goal 1.1)",
            disturbed / undisturbed
        );
    }
    cost::print();
    idle::print();
}

fn cycles(sigma: f64) {
    println!(
        "a cycle of 200 accounts of 10 workers, lognormal latencies, mean 300 ms, sigma {sigma}"
    );
    println!("  mean of {CYCLES} cycles, against max(total / 5, longest account)");
    let mean = |of: &dyn Fn(u64) -> f64| {
        (0..CYCLES).map(|seed| of(u64::from(seed))).sum::<f64>() / f64::from(CYCLES)
    };
    let draw = |seed| makespan::draw(sigma, &mut fastrand::Rng::with_seed(seed));
    for (at, (name, _)) in makespan::others(&draw(0)).into_iter().enumerate() {
        let ratio = mean(&|seed| {
            let cycle = draw(seed);
            let took = makespan::others(&cycle)[at].1;
            took.as_secs_f64() / makespan::bound(&cycle).as_secs_f64()
        });
        println!("  {name}: {ratio:.3}");
    }
    let known = mean(&|seed| makespan::ratio(sigma, true, seed));
    let unknown = mean(&|seed| makespan::ratio(sigma, false, seed));
    println!("  ours, each account takes what it took before: {known:.3} (goal 1.06, target 1.01)");
    println!("  ours, each account takes another time: {unknown:.3} (goal 1.06)");
}
