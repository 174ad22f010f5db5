//! What a crash left for its replay: the report, the orders and the recording.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::attempt::Attempt;
use shared::death::{Limits, MemorySlot, Verdict};
use shared::failure::Failure;
use shared::flight::RecordingStopped;
use shared::id::RunNo;
use shared::recording::{self, RecordingError, Summary, summarise};
use shared::worker::Worker;

use super::Options;

/// What a replay needs to know of a crash report; there is more in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Report {
    /// Its id, for example `17-orders`.
    pub id: String,
    /// The worker whose run it was.
    pub worker: Worker,
    /// Build that it died in.
    pub build: String,
    /// How the process ended.
    pub verdict: Verdict,
    /// The failure, if the run ended by its own word.
    pub failure: Option<Failure>,
    /// Limits that were in force.
    pub limits: Option<Limits>,
    /// Which memory slot it had.
    pub slot: MemorySlot,
    /// Groups equal deaths.
    pub fingerprint: String,
}

/// Why a directory is no case.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// A file cannot be read.
    #[error("reading {} failed: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what its name says.
    #[error("{} makes no sense: {source}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The report is about a worker that the attempt did not run.
    #[error("the attempt has no run of {0}")]
    Worker(Worker),
}

/// A crash that can be replayed, or why not.
#[derive(Debug)]
pub struct Case {
    /// What was reported.
    pub report: Report,
    /// Where the recording is.
    pub(super) recording: PathBuf,
    /// What the recording holds, if it is one.
    pub(super) summary: Result<Summary, RecordingError>,
    attempt: Attempt,
}

impl Case {
    /// Reads the directory of a crash.
    pub fn open(directory: &Path) -> Result<Self, CaseError> {
        let report: Report = json(&directory.join("report.json"))?;
        let attempt: Attempt = json(&directory.join("attempt.json"))?;
        let recording = directory.join(recording::FILE_NAME);
        let recording = fs::canonicalize(&recording).unwrap_or(recording);
        let opened = File::open(&recording).map_err(RecordingError::Io);
        let summary = opened.and_then(|file| summarise(BufReader::new(file)));
        let case = Self {
            report,
            recording,
            summary,
            attempt,
        };
        case.has(case.report.worker)?;
        Ok(case)
    }

    /// Whether the attempt ran this worker.
    pub fn has(&self, worker: Worker) -> Result<(), CaseError> {
        let run = self.run(worker);
        run.map(|_| ()).ok_or(CaseError::Worker(worker))
    }

    /// The run of a worker, as the recording numbers it.
    pub(super) fn run(&self, worker: Worker) -> Option<RunNo> {
        let mut runs = self.attempt.runs.iter();
        let order = runs.find(|order| order.worker == worker);
        order.map(|order| order.run)
    }

    /// The orders; of one run, they are those of an attempt that has no other.
    pub(super) fn attempt(&self, only: Option<Worker>) -> Attempt {
        let mut attempt = self.attempt.clone();
        if let Some(only) = only {
            attempt.runs.retain(|order| order.worker == only);
            for order in &mut attempt.runs {
                // A run's randomness begins with both numbers.
                attempt.seed ^= u64::from(order.run.0);
                order.run = RunNo(0);
            }
        }
        attempt
    }

    /// How many entries there are to play.
    pub(super) fn entries(&self, only: Option<Worker>) -> u64 {
        let Ok(summary) = &self.summary else {
            return 0;
        };
        match only.and_then(|only| self.run(only)) {
            Some(run) => summary.of_run.get(run.index()).copied().unwrap_or(0),
            None => summary.entries,
        }
    }

    /// Whether a death, or someone else, cut the last entry off.
    pub(super) fn is_cut(&self) -> bool {
        self.summary.as_ref().is_ok_and(|summary| summary.cut)
    }

    /// Why there is no use in trying.
    pub(super) fn hindrance(&self, options: Options) -> Option<String> {
        let summary = match &self.summary {
            Err(RecordingError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                return Some("there is no recording".to_owned());
            }
            Err(error) => return Some(error.to_string()),
            Ok(summary) => summary,
        };
        let entries = summary.entries;
        let incomplete = summary.stopped.map(|why| match why {
            RecordingStopped::Cap => format!("its cap was reached after {entries} entries"),
            RecordingStopped::Write => format!("it could not be written after {entries} entries"),
        });
        if let Some(why) = incomplete {
            return Some(format!("recording incomplete ({why})"));
        }
        let worker = self.report.worker;
        match options.only {
            Some(only) if only != worker && self.report.failure.is_some() => Some(format!(
                "the report is about a failure of {worker}, not of {only}"
            )),
            _ => None,
        }
    }
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T, CaseError> {
    let text = fs::read(path).map_err(|source| CaseError::Read {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_slice(&text).map_err(|source| CaseError::Content {
        path: path.to_owned(),
        source,
    })
}
