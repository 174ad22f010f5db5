//! What each death must be called, and what must be decided: `expected.json`.

use serde::Deserialize;

/// One account that dies.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// Which test plays it.
    pub test: String,
    /// The account's name; one that begins with `faulty.` misbehaves before `Hello`.
    pub account: String,
    /// Its only worker.
    pub worker: String,
    /// What that worker's run does; empty is `good`.
    #[serde(default)]
    pub script: String,
    /// Lines of the account's own configuration.
    #[serde(default)]
    pub settings: Vec<String>,
    /// What the attempt must be called.
    pub cause: String,
    /// How sure that is.
    pub confidence: String,
    /// What the evidence must say, each in one of its sentences.
    pub evidence: Vec<String>,
    /// What became of the run.
    #[serde(default = "died")]
    pub outcome: String,
    /// What was decided.
    pub decision: String,
    /// Whether it was charged.
    pub charged: bool,
    /// Whether there is a crash report.
    #[serde(default = "yes")]
    pub report: bool,
}

fn died() -> String {
    "died".to_owned()
}

fn yes() -> bool {
    true
}

/// The cases of one test.
pub(crate) fn cases(test: &str) -> Vec<Case> {
    let all: Vec<Case> = serde_json::from_str(include_str!("expected.json")).unwrap();
    let cases: Vec<Case> = all.into_iter().filter(|case| case.test == test).collect();
    assert!(!cases.is_empty(), "no cases for {test}");
    cases
}
