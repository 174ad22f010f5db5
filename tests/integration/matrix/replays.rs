//! Every death again, from its recording.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use integration_tests::harness::crash::Report;
use integration_tests::harness::simulated::Simulated;

use crate::figures::tell;
use crate::real::Death;

/// Replays at once; most of the time of some is waiting.
const AT_ONCE: usize = 3;

/// What the replays have shown.
#[derive(Debug, Default)]
pub(crate) struct Replays {
    /// Reports that were replayed.
    pub played: usize,
    /// What did not end the same way at the first try, and how it ended.
    pub others: Vec<String>,
    /// How long all of them took.
    pub took: Duration,
    /// All that they said.
    pub said: String,
}

/// Replays every report once.
pub(crate) fn all(stage: &Simulated, deaths: &[Death]) -> Replays {
    let reports: Vec<&Report> = deaths.iter().flat_map(|death| &death.reports).collect();
    let began = Instant::now();
    let next = AtomicUsize::new(0);
    let mut whole = Replays::default();
    thread::scope(|scope| {
        let player = || {
            let mut mine = Replays::default();
            while let Some(report) = reports.get(next.fetch_add(1, Ordering::Relaxed)) {
                mine.play(stage, report);
            }
            mine
        };
        let players: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(player)).collect();
        for player in players {
            let part = player.join().unwrap();
            whole.played += part.played;
            whole.others.extend(part.others);
            whole.said += &part.said;
        }
    });
    whole.took = began.elapsed();
    whole
}

impl Replays {
    fn play(&mut self, stage: &Simulated, report: &Report) {
        let ended = stage.replay_as(&stage.home(report), &["--output", "json"]);
        self.played += 1;
        self.said += &ended.stdout;
        self.said += &ended.stderr;
        let answer: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
        let again = &answer["replayed"];
        let same = ended.code == Some(0)
            && answer["conclusion"] == "same"
            && again["cause"] == report.json["verdict"]["cause"]
            && again["fingerprint"] == report.json["fingerprint"]
            && again["entries"].as_u64() > Some(0);
        if !same {
            self.others.push(format!("{}: {ended:?}", report.id));
        }
    }
}

/// Prints what was seen.
pub(crate) fn tell_figures(deaths: &[Death], died: Duration, replays: &Replays) {
    let mut causes: BTreeMap<&str, usize> = BTreeMap::new();
    for death in deaths {
        *causes.entry(&death.trap.kind).or_default() += 1;
    }
    let shared = deaths.iter().filter(|death| of_several(death)).count();
    let kinds: Vec<String> = causes
        .iter()
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    let (all, same) = (replays.played, replays.played - replays.others.len());
    tell(&format!(
        "{} deaths of the real child, {shared} of them of children with several runs, in {:.1} s",
        deaths.len(),
        died.as_secs_f64(),
    ));
    tell(&format!("{} kinds: {}", causes.len(), kinds.join(", ")));
    tell(&format!(
        "{all} replays, the same end at the first try: {same}, in {:.1} s",
        replays.took.as_secs_f64(),
    ));
    for other in &replays.others {
        tell(&format!("NOT THE SAME: {other}"));
    }
}

fn of_several(death: &Death) -> bool {
    death.reports[0].json["runs"]
        .as_array()
        .is_some_and(|runs| runs.len() > 1)
}
