//! The scheduler: a cycle of 200 accounts in simulated time against the least that is possible and
//! against other ways to do it; healthy accounts among dying ones; what a decision costs; the service
//! with 10,000 accounts of which none is due; and real cycles, with children that wait for their answers.
//!
//! `cargo bench -p integration-tests --bench scheduler`, or with `-- real` and the like for a part.
//! Prints figures, and fails when a real cycle takes longer than it must.
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
mod real;
#[path = "../../../supervisor/tests/schedule/temper.rs"]
mod temper;
#[path = "../../../supervisor/tests/schedule/world.rs"]
#[expect(dead_code, reason = "the tests look closer at it")]
mod world;

use std::process::ExitCode;

use temper::Temper;

/// Cycles of each kind.
const CYCLES: u32 = 50;

fn main() -> ExitCode {
    let parts: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |part: &str| {
        let named = parts.iter().filter(|name| !name.starts_with('-'));
        parts.iter().any(|name| name == part) || named.count() == 0
    };
    if wanted("cycles") {
        cycles(1.0);
        cycles(1.5);
    }
    if wanted("delays") {
        delays();
    }
    if wanted("cost") {
        cost::print();
    }
    if wanted("idle") {
        idle::print();
    }
    if wanted("real") && !real::print() {
        println!("THE LIMIT WAS MISSED");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn delays() {
    use Temper::{Crashing, Failing, Falling, Hanging, Healthy, Hungry};
    let mean = |played: &[Temper]| {
        let all = (0..5).map(|seed| neighbours::delays(played, seed));
        let sum = all.fold((0.0, 0.0, 0.0), |sum, one| {
            let (first, then) = (one.first.as_secs_f64(), one.then.as_secs_f64());
            (sum.0 + first, sum.1 + then, sum.2 + f64::from(one.trials))
        });
        (sum.0 / 5.0, sum.1 / 5.0, sum.2 / 5.0)
    };
    let undisturbed = mean(&[Healthy]);
    println!(
        "mean start delay of healthy accounts among 30 % that do harm for ever, against {:.1} s undisturbed",
        undisturbed.1
    );
    let all: [&[Temper]; 6] = [
        &[Crashing],
        &[Falling],
        &[Hungry],
        &[Failing],
        &[Hanging],
        &[Crashing, Falling, Hungry, Failing, Hanging],
    ];
    for tempers in all {
        let (first, then, trials) = mean(tempers);
        println!(
            "  {tempers:?}: {then:.1} s: {:.3} (goal 1.1, target 1.05), with {trials:.0} attempts on trial; in \
             the hour before, in which they begin: {first:.1} s, {:.2}",
            then / undisturbed.1,
            first / undisturbed.0
        );
    }
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
    let arrival = mean(&|seed| {
        let (cycle, _) = makespan::ours(sigma, false, seed);
        let [.., (_, arrival), _] = makespan::others(&cycle);
        arrival.as_secs_f64() / makespan::bound(&cycle).as_secs_f64()
    });
    println!("  ours, each account takes what it took before: {known:.3} (goal 1.06, target 1.01)");
    println!(
        "  ours, each account takes another time: {unknown:.3} (goal 1.06); the same in order of arrival: {arrival:.3}"
    );
}
