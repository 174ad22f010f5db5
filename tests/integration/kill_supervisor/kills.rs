//! Where a kill is aimed, and where it landed.

use std::collections::BTreeMap;
use std::time::Duration;

use integration_tests::harness::state::State;
use integration_tests::harness::wait::LONG;
use nix::sys::signal::Signal;

/// Every fourth kill comes from outside, at a random moment.
const OUTSIDE: usize = 4;
/// How an outside kill is called in the histogram.
const ANY_MOMENT: &str = "any moment";
/// Named steps are counted up to this: after a kill less is left to do than an undisturbed pass
/// does, and an aim beyond it would miss.
const NTH: u64 = 5;
/// The step that only a start after a kill reaches: what was left open has its end.
const RESCUED: &str = "rescue.committed";

/// How often the last undisturbed pass that reached a step did so.
pub(crate) type Steps = BTreeMap<String, u64>;

/// Runs a pass to its end and counts the steps that it reaches.
pub(crate) fn steps_of(state: &State) -> Steps {
    let trace = state.path("trace");
    // What an earlier pass reached is not to be counted again.
    std::fs::remove_file(&trace).ok();
    let mut command = state.command(&["run", "--once"]);
    command.env("BULKHEAD_KILL_TRACE", &trace);
    let ended = state.run(command);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let mut steps = Steps::from([(RESCUED.to_owned(), 1)]);
    for line in std::fs::read_to_string(trace).unwrap().lines() {
        *steps.entry(line.to_owned()).or_default() += 1;
    }
    steps
}

/// Where a kill is aimed.
#[derive(Debug)]
pub(crate) enum Aim {
    /// When a step is reached for the n-th time.
    Step(String, u64),
    /// So long after the start.
    Moment(Duration),
}

impl Aim {
    /// The next aim: the step that was hit least, or a moment. The rescue is reached only right after
    /// a kill; aimed at otherwise it would be missed, and be the least hit, for ever.
    pub(crate) fn next(
        (steps, after_a_kill): (&Steps, bool),
        kills: &Kills,
        rng: &mut fastrand::Rng,
    ) -> Self {
        if kills.total() % OUTSIDE == OUTSIDE - 1 {
            return Self::Moment(Duration::from_millis(rng.u64(20..250)));
        }
        let hits = |step: &String| kills.histogram.get(step).copied().unwrap_or(0);
        let within_reach = || {
            let all = steps.iter();
            all.filter(|(step, _)| after_a_kill || *step != RESCUED)
        };
        let least = within_reach()
            .map(|(step, _)| hits(step))
            .min()
            .unwrap_or(0);
        let rare: Vec<(&String, &u64)> = within_reach()
            .filter(|(step, _)| hits(step) == least)
            .collect();
        let (step, reached) = rng.choice(rare).unwrap();
        Self::Step(step.clone(), rng.u64(1..=NTH.min(*reached)))
    }
}

/// Where kills landed.
#[derive(Debug, Default)]
pub(crate) struct Kills {
    histogram: BTreeMap<String, usize>,
}

impl Kills {
    /// How many there were.
    pub(crate) fn total(&self) -> usize {
        self.histogram.values().sum()
    }

    /// How many landed at named steps.
    pub(crate) fn named(&self) -> usize {
        self.total() - self.histogram.get(ANY_MOMENT).copied().unwrap_or(0)
    }

    /// Counts those of another world with these.
    pub(crate) fn add(&mut self, other: &Self) {
        for (step, count) in &other.histogram {
            *self.histogram.entry(step.clone()).or_default() += count;
        }
    }

    /// How often each step was hit.
    pub(crate) const fn histogram(&self) -> &BTreeMap<String, usize> {
        &self.histogram
    }

    /// Runs a pass with this aim; false if it came to its end unharmed.
    pub(crate) fn strike(&mut self, state: &State, aim: &Aim) -> bool {
        let mut command = state.command(&["run", "--once"]);
        let (name, ended) = match aim {
            Aim::Step(step, nth) => {
                command.env("BULKHEAD_KILL_AT", format!("{step}:{nth}"));
                (step.clone(), state.run(command))
            }
            Aim::Moment(after) => {
                let mut running = state.start(command);
                // The moment is the point here, not a condition.
                std::thread::sleep(*after);
                if !running.has_ended() {
                    running.signal(Signal::SIGKILL);
                }
                (ANY_MOMENT.to_owned(), running.end(LONG))
            }
        };
        if ended.signal == Some(Signal::SIGKILL as i32) {
            *self.histogram.entry(name).or_default() += 1;
            return true;
        }
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        false
    }
}
