//! Was the end of the replay the end that was reported? Pure.

use shared::death::{Cause, Limits, Outcome, Verdict};
use shared::worker::Worker;

use super::case::Report;

/// How a replay ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Whose run was looked at.
    pub worker: Worker,
    /// How the process ended.
    pub verdict: Verdict,
    /// What became of the run.
    pub outcome: Outcome,
    /// Groups equal deaths.
    pub fingerprint: String,
    /// Entries that were played.
    pub entries: u64,
    /// Entries of the recording.
    pub of: u64,
    /// Limits that were in force; none if none were set.
    pub limits: Option<Limits>,
    /// The end of standard error.
    pub stderr: String,
}

/// Why a replay was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Astray {
    /// It did something else than was recorded.
    Diverged(String),
    /// Nobody took what the recording had next.
    Stuck,
}

/// What a replay shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// It ended the same way.
    Same(Replayed),
    /// It did not.
    Differs {
        /// What differs, a sentence each.
        differences: Vec<String>,
        /// How it ended.
        replayed: Replayed,
    },
    /// What was reported cannot come again.
    NotReproducible {
        /// Why.
        why: String,
        /// How the replay ended, if there was one.
        replayed: Option<Replayed>,
    },
}

/// Holds the end of a replay against the report.
pub fn conclude(report: &Report, astray: Option<&Astray>, replayed: Replayed) -> Conclusion {
    let Replayed { entries, of, .. } = replayed;
    let mut differences = Vec::new();
    match astray {
        Some(Astray::Diverged(what)) => {
            differences.push(format!("the replay left the recording {what}"));
        }
        Some(Astray::Stuck) => differences.push(format!(
            "the replay stood still after {entries} of {of} entries, where the recording goes on"
        )),
        None if report.failure.is_some() => {
            differences.extend(failed_otherwise(report, &replayed));
        }
        None => {
            let cause = &report.verdict.cause;
            if let Some(why) = cause.beyond_replay() {
                let name = cause.name();
                let why = format!("{name}: {why}; the replay played {entries} of {of} entries");
                let replayed = Some(replayed);
                return Conclusion::NotReproducible { why, replayed };
            }
            differences.extend(died_otherwise(report, &replayed));
        }
    }
    if differences.is_empty() {
        Conclusion::Same(replayed)
    } else {
        Conclusion::Differs {
            differences,
            replayed,
        }
    }
}

fn failed_otherwise(report: &Report, replayed: &Replayed) -> Vec<String> {
    let recorded = report.failure.as_ref();
    let recorded = recorded.map_or_else(String::new, ToString::to_string);
    if let Outcome::Failed(_) = replayed.outcome
        && replayed.fingerprint == report.fingerprint
    {
        return Vec::new();
    }
    vec![format!(
        "{} {}, and had failed with \"{recorded}\"",
        report.worker,
        became(&replayed.outcome)
    )]
}

fn died_otherwise(report: &Report, replayed: &Replayed) -> Vec<String> {
    let mut differences = Vec::new();
    let (was, is) = (&report.verdict.cause, &replayed.verdict.cause);
    if was != is {
        differences.push(format!(
            "the cause is {}, and was {}",
            shown(is),
            shown(was)
        ));
    } else if replayed.worker != report.worker {
        differences.push(format!(
            "{} alone ended like this, and the report is about {}",
            replayed.worker, report.worker
        ));
    } else if !matches!(replayed.outcome, Outcome::Died(_)) && !both_only_suspect(report, replayed)
    {
        differences.push(format!(
            "{} {}, and had died of it",
            replayed.worker,
            became(&replayed.outcome)
        ));
    } else if replayed.fingerprint != report.fingerprint {
        differences.push(format!(
            "the fingerprint is {}, and was {}: it died at another place",
            replayed.fingerprint, report.fingerprint
        ));
    }
    differences
}

/// A death that names no culprit has a report for each run that could have done it.
fn both_only_suspect(report: &Report, replayed: &Replayed) -> bool {
    report.verdict.culprit.is_none()
        && replayed.verdict.culprit.is_none()
        && replayed.outcome == Outcome::Interrupted
}

fn became(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Completed => "completed".to_owned(),
        Outcome::Snoozed { until } => format!("snoozed until {until}"),
        Outcome::Failed(failure) => format!("failed with \"{failure}\""),
        Outcome::Died(cause) => format!("died of {}", shown(cause)),
        Outcome::Interrupted => "was interrupted".to_owned(),
        Outcome::Cancelled => "was cancelled".to_owned(),
        Outcome::Drained => "was drained".to_owned(),
    }
}

/// The cause with what tells it from others of its kind.
fn shown(cause: &Cause) -> String {
    let name = cause.name();
    if let Cause::Signal { name: signal, .. } = cause {
        format!("{name} ({signal})")
    } else if let Cause::Failed { code, .. } = cause {
        format!("{name} (exit code {code})")
    } else if let Cause::ProtocolViolation { what } | Cause::SpawnFailed { what } = cause {
        format!("{name} ({what})")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests;
