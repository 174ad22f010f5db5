//! Runs a dead attempt once more, offline: a child of its own under the limits of then plays the
//! recording, and its end is judged as the supervisor judged the first.
//!
//! *Not here:* a network, a token, a database. The child that plays has no client.

mod case;
mod conclude;
mod life;
mod place;
mod still;
mod streams;

pub use case::{Case, CaseError, Report};
pub use conclude::{Conclusion, Replayed, conclude};
pub use life::{LifeError, Lived};
pub use place::DIVERGED;

use shared::death;
use shared::id::RunNo;
use shared::worker::Worker;

/// How to replay.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Set no limits, to look further.
    pub no_limits: bool,
    /// Play only this worker's run.
    pub only: Option<Worker>,
}

/// Replays a case to its end and says whether it is the same.
pub fn replay(case: &Case, options: Options) -> Result<Conclusion, LifeError> {
    if let Some(why) = case.hindrance(options) {
        return Ok(Conclusion::NotReproducible {
            why,
            replayed: None,
        });
    }
    let attempt = case.attempt(options.only);
    let of = case.entries(options.only);
    let lived = life::live(case, &attempt, options)?;
    let evidence = lived.evidence(case.report.slot, &attempt);
    let verdict = death::classify(&evidence);
    let outcomes = death::outcomes(&evidence, &verdict, &lived.said);
    let worker = options.only.unwrap_or(case.report.worker);
    let run = attempt
        .runs
        .iter()
        .find(|order| order.worker == worker)
        .map_or(RunNo(0), |order| order.run);
    let outcome = outcomes.runs.get(run.index()).cloned();
    let outcome = outcome.unwrap_or(death::Outcome::Interrupted);
    let fingerprint = death::fingerprint_of(worker, run, &evidence, &verdict, &outcome);
    let replayed = Replayed {
        worker,
        verdict,
        outcome,
        fingerprint,
        entries: evidence.flight.as_ref().map_or(0, |flight| flight.replayed),
        of,
        limits: evidence.limits,
        stderr: evidence.stderr_tail,
    };
    let mut conclusion = conclude(&case.report, lived.astray.as_ref(), replayed);
    if let Conclusion::Differs { differences, .. } = &mut conclusion
        && case.is_cut()
    {
        differences.push("the last entry of the recording is cut off".to_owned());
    }
    Ok(conclusion)
}
