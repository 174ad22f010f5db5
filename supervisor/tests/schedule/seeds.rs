//! The seeds of a check: printed when it fails, and played alone when asked for.

/// The seeds of a check: `BULKHEAD_SEED` alone, or the first `count`.
pub(crate) fn seeds(count: u64) -> Vec<u64> {
    match std::env::var("BULKHEAD_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (0..count).collect(),
    }
}

/// Names the seed if the check fails.
pub(crate) fn check(count: u64, check: impl Fn(u64)) {
    for seed in seeds(count) {
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(seed)));
        if let Err(fault) = done {
            // The test's own output: what to do to see it again.
            #[expect(clippy::print_stderr, reason = "a failing seed is told")]
            {
                eprintln!("seed {seed}: run this test with BULKHEAD_SEED={seed} to see it again");
            }
            std::panic::resume_unwind(fault);
        }
    }
}
