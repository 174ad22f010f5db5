//! What is left of the life of a child when it is over.

use std::process::ExitStatus;

use shared::death::Outside;
use shared::flight::Flight;
use shared::secret::Secret;
use shared::time::Timestamp;

use super::directory::Directory;
use super::said::Said;
use crate::ingest::Passed;
use crate::os::Limits;
use crate::os::cgroup::CgroupEnd;
use crate::outcome::{KillReason, StderrText};
use crate::store::{Peaks, RunCounters};
use crate::tokens::TokenProblem;

/// What is left of a life when it is over.
#[derive(Debug)]
pub(super) struct Life {
    pub pid: Option<u32>,
    /// When its end was seen.
    pub died_at: Option<Timestamp>,
    pub spawn_error: Option<String>,
    pub status: Option<ExitStatus>,
    pub kill: Option<KillReason>,
    pub signals_sent: Vec<i32>,
    pub hello: bool,
    pub child_build: Option<String>,
    pub bye: bool,
    pub flight: Result<Flight, String>,
    pub limits: Option<Limits>,
    pub peak_resident: Option<u64>,
    pub outside: Outside,
    pub cgroup: CgroupEnd,
    pub stderr: StderrText,
    pub said: Said,
    pub counters: Vec<RunCounters>,
    /// What each run passed over.
    pub passed: Vec<Vec<Passed>>,
    /// The token that eBay refused for good, and why there was no fresher one, if that was why.
    pub refused: Option<(Secret, Option<TokenProblem>)>,
    pub directory: Option<Directory>,
}

impl Life {
    /// A process that never was.
    pub(super) fn unborn(why: String, directory: Option<Directory>) -> Self {
        Self {
            pid: None,
            died_at: None,
            spawn_error: Some(why),
            status: None,
            kill: None,
            signals_sent: Vec::new(),
            hello: false,
            child_build: None,
            bye: false,
            flight: Err("no process was started".to_owned()),
            limits: None,
            peak_resident: None,
            outside: Outside::default(),
            cgroup: CgroupEnd::default(),
            stderr: StderrText::default(),
            said: Said::new(0),
            counters: Vec::new(),
            passed: Vec::new(),
            refused: None,
            directory,
        }
    }

    /// What each run did and what it passed over.
    pub(super) fn take_work(&mut self) -> (Vec<RunCounters>, Vec<Vec<Passed>>) {
        let passed = std::mem::take(&mut self.passed);
        (std::mem::take(&mut self.counters), passed)
    }

    /// The most memory that it needed.
    pub(super) fn peaks(&self) -> Peaks {
        Peaks {
            resident: self.peak_resident,
            heap: self.flight.as_ref().ok().map(|flight| flight.heap_peak),
        }
    }
}
