//! Tells what happens as it happens, and keeps what the summary needs.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::worker::Worker;

use super::script::Role;
use crate::attempt::{End, Finished, RanRun};
use crate::cli::args::Format;
use crate::cli::live;
use crate::cli::output::{Output, mib, print};
use crate::outcome::{MemorySlot, Outcome};
use crate::scheduler::Event;

/// One account after one cycle.
#[derive(Debug, Clone, Serialize)]
pub(super) struct AccountCycle {
    pub account: &'static str,
    pub role: Role,
    pub cycle: u32,
    /// The last outcome of each worker in this cycle.
    pub outcomes: BTreeMap<Worker, &'static str>,
    /// What is not as it must be; empty if all is.
    pub differences: Vec<String>,
    /// Whether isolation held for this account in this cycle.
    pub held: bool,
}

/// The demo so far.
#[derive(Debug)]
pub(super) struct Story {
    silent: bool,
    pub cycles: Vec<AccountCycle>,
}

impl Story {
    pub(super) const fn new(silent: bool) -> Self {
        Self {
            silent,
            cycles: Vec::new(),
        }
    }

    /// Whether somebody looks on at a terminal.
    pub(super) fn is_watched(&self) -> bool {
        !self.silent && live::is_wanted(Output::new(Format::Text))
    }

    pub(super) fn say(&self, line: &str) -> anyhow::Result<()> {
        if self.silent {
            Ok(())
        } else {
            print(&format!("{line}\n"))
        }
    }

    pub(super) fn event(&self, event: &Event) -> anyhow::Result<()> {
        match event {
            Event::Started {
                account,
                workers,
                slot,
                memory,
                progress: _,
            } => {
                let names: Vec<&str> = workers.iter().map(|worker| worker.name()).collect();
                let slot = match slot {
                    MemorySlot::Normal => "",
                    MemorySlot::Big => ", alone in the big slot",
                };
                self.say(&format!(
                    "  {account:<8} starts {} under {}{slot}",
                    names.join(" and "),
                    mib(*memory)
                ))
            }
            Event::Finished(finished) => self.finished(finished),
        }
    }

    fn finished(&self, finished: &Finished) -> anyhow::Result<()> {
        let name = &finished.account_name;
        match &finished.end {
            End::Ran(ran) => {
                for run in &ran.runs {
                    self.say(&format!(
                        "  {name:<8} {}",
                        words(run, ran.verdict.confidence.name())
                    ))?;
                }
                Ok(())
            }
            End::NoToken(problem) => self.say(&format!("  {name:<8} was not started: {problem}")),
            End::Store(error) => self.say(&format!("  {name:<8} was not stored: {error}")),
        }
    }

    pub(super) fn cycle(&mut self, found: AccountCycle) -> anyhow::Result<()> {
        if let Some(first) = found.differences.first() {
            let more = found.differences.len() - 1;
            let more = if more > 0 {
                format!(" (and {more} more)")
            } else {
                String::new()
            };
            self.say(&format!(
                "  {:<8} IS NOT AS IT MUST BE: {first}{more}",
                found.account
            ))?;
        }
        self.cycles.push(found);
        Ok(())
    }

    /// Whether isolation held everywhere, always.
    pub(super) fn held(&self) -> bool {
        !self.cycles.is_empty() && self.cycles.iter().all(|cycle| cycle.held)
    }
}

fn words(run: &RanRun, confidence: &str) -> String {
    let worker = run.worker;
    let counters = &run.counters;
    match &run.outcome {
        Outcome::Completed => format!(
            "{worker} completed: {} created, {} updated, {} ended, {} unchanged",
            counters.created, counters.updated, counters.ended, counters.unchanged
        ),
        Outcome::Died(cause) => format!(
            "{worker} DIED of {} ({confidence}); {}",
            cause.name(),
            run.decision.why
        ),
        Outcome::Failed(failure) => format!("{worker} failed: {failure}; {}", run.decision.why),
        Outcome::Interrupted => format!(
            "{worker} was interrupted by the death beside it, free of charge; again at once"
        ),
        Outcome::Snoozed { until } => format!("{worker} comes back at {until}"),
        Outcome::Cancelled | Outcome::Drained => format!("{worker} was stopped"),
    }
}
