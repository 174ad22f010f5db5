//! A cycle of our scheduler against the least that is possible.

use fastrand::Rng;

use crate::makespan::{bound, draw, others, ratio};
use crate::seeds::check;

#[test]
fn a_cycle_takes_little_more_than_the_least_that_is_possible() {
    for (sigma, most) in [(1.0, 1.01), (1.5, 1.02)] {
        check(10, |seed| {
            let ratio = ratio(sigma, true, seed);
            assert!(ratio <= most, "sigma {sigma}: {ratio:.3}");
        });
    }
    // Where every account takes another time than before, nothing can be known.
    let mean = (0..20).map(|seed| ratio(1.0, false, seed)).sum::<f64>() / 20.0;
    assert!(mean <= 1.06, "{mean:.3}");
}

#[test]
fn the_draws_and_the_other_ways_are_what_they_were_measured_as() {
    // Means over many cycles, as the table of goals has them.
    let mut rng = Rng::with_seed(1);
    let mut sums = [0.0; 5];
    let cycles = 200;
    for _ in 0..cycles {
        let cycle = draw(1.0, &mut rng);
        let bound = bound(&cycle).as_secs_f64();
        for (sum, (_, took)) in sums.iter_mut().zip(others(&cycle)) {
            *sum += took.as_secs_f64() / bound / f64::from(cycles);
        }
    }
    let expected = [14.6, 5.0, 1.89, 1.02, 1.00];
    for (found, expected) in sums.iter().zip(expected) {
        assert!((found / expected - 1.0).abs() < 0.03, "{sums:?}");
    }
}
