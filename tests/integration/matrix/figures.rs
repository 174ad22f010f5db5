//! The figures of a run: printed always, held where a noisy machine cannot break them.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use crate::delays::Delays;
use crate::verdicts::Judged;

/// Of a hundred deaths so many must be called by their names.
const EXACT: usize = 99;
/// Until a report is there. The goal is one second; a machine that does other things besides may take
/// a while for a file.
const REPORTED: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));
/// How much later the healthy may start: the goal, and in milliseconds what a machine that does other
/// things besides may add. They are due every three seconds.
const LATER: (f64, f64) = (1.1, 1_000.0);

/// What a run has shown.
pub(crate) struct Figures<'a> {
    judged: &'a [Judged],
    calm: &'a Delays,
    storm: &'a Delays,
    reported: Vec<Duration>,
}

impl<'a> Figures<'a> {
    pub(crate) fn new(judged: &'a [Judged], calm: &'a Delays, storm: &'a Delays) -> Self {
        let mut reported: Vec<Duration> = judged
            .iter()
            .flat_map(|one| one.reported_after.iter().copied())
            .collect();
        reported.sort_unstable();
        Self {
            judged,
            calm,
            storm,
            reported,
        }
    }

    /// Prints them, also where a test that passes is silent.
    pub(crate) fn print(&self) {
        let all = self.judged.len();
        let count = |of: fn(&Judged) -> bool| self.judged.iter().filter(|one| of(one)).count();
        let exact = count(Judged::exact);
        let shared = self.judged.iter().filter(|one| one.runs > 1).count();
        tell(&format!(
            "{all} deaths, {shared} of them of children with several runs"
        ));
        tell(&format!(
            "exact cause: {exact} ({}), exact confidence: {}, proven and wrong: {}",
            percent(exact, all),
            count(Judged::as_sure),
            count(Judged::wrong_but_confident),
        ));
        let at = |share: usize| self.reported_at(share).as_millis();
        tell(&format!(
            "{} reports, present after death: median {} ms, 99 % {} ms, last {} ms; within 1 s: {}",
            self.reported.len(),
            at(500),
            at(990),
            at(1000),
            percent(
                self.reported
                    .iter()
                    .filter(|span| **span <= REPORTED.0)
                    .count(),
                self.reported.len()
            ),
        ));
        self.print_delays();
        self.print_causes();
    }

    fn print_delays(&self) {
        for (name, delays) in [("undisturbed", self.calm), ("beside deaths", self.storm)] {
            tell(&format!(
                "start delay of the healthy, {name}: median {} ms, 95 % {} ms ({} starts)",
                delays.per_mille(500),
                delays.per_mille(950),
                delays.count(),
            ));
        }
        let ratio = millis(self.storm) / millis(self.calm).max(1.0);
        tell(&format!(
            "ratio of the medians: {ratio:.2} (goal: at most {})",
            LATER.0
        ));
    }

    fn print_causes(&self) {
        let mut causes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for one in self.judged {
            *causes.entry((&one.cause, &one.confidence)).or_default() += 1;
        }
        for ((cause, confidence), count) in causes {
            tell(&format!("{count:5} {cause} ({confidence})"));
        }
        for one in self
            .judged
            .iter()
            .filter(|one| !one.exact() || !one.as_sure())
        {
            tell(&format!(
                "NOT AS EXPECTED: attempt {}, {}: {} ({}) instead of {} ({}): {}",
                one.attempt,
                one.row.name,
                one.cause,
                one.confidence,
                one.row.cause,
                one.row.confidence,
                one.evidence
            ));
        }
    }

    /// Holds them.
    pub(crate) fn assert(&self) {
        let all = self.judged.len();
        let exact = self.judged.iter().filter(|one| one.exact()).count();
        assert!(exact * 100 >= all * EXACT, "{exact} of {all} are exact");
        for one in self.judged {
            assert!(!one.wrong_but_confident(), "proven and wrong: {one:?}");
        }
        let late = self.reported_at(990);
        assert!(
            late <= REPORTED.1,
            "99 % of the reports only after {late:?}"
        );
        let (calm, storm) = (millis(self.calm), millis(self.storm));
        assert!(
            storm <= calm * LATER.0 + LATER.1,
            "the healthy start {storm} ms late instead of {calm} ms"
        );
    }

    fn reported_at(&self, share: usize) -> Duration {
        let at = (self.reported.len() * share / 1000).min(self.reported.len() - 1);
        self.reported[at]
    }
}

fn millis(delays: &Delays) -> f64 {
    f64::from(i32::try_from(delays.per_mille(500)).unwrap())
}

fn percent(some: usize, all: usize) -> String {
    format!("{}.{:02} %", some * 100 / all, some * 10_000 / all % 100)
}

/// Says a line on standard error, which the test harness does not capture.
pub(crate) fn tell(line: &str) {
    let line = format!("crash matrix: {line}\n");
    io::stderr().write_all(line.as_bytes()).unwrap();
}
