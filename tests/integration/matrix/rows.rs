//! The kinds of death: the rows of `../deaths/expected.json`, as far as they can be played together.

use integration_tests::faulty::script::EARLY;
use serde::Deserialize;

/// One kind of death, and what it must be called.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Row {
    /// The name of the row; for a death before `Hello` also that of its account.
    #[serde(rename = "account")]
    pub name: String,
    /// Which group it belongs to.
    pub test: String,
    /// Whose run dies.
    pub worker: String,
    /// What that run does.
    #[serde(default)]
    pub script: String,
    /// What it must be called.
    pub cause: String,
    /// How sure that must be.
    pub confidence: String,
    /// Whether it is reported.
    #[serde(default = "yes")]
    pub report: bool,
}

/// Which accounts can play a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Dies before `Hello`, by the name of its account.
    Early,
    /// Dies after a limit of silence or time, and needs short ones.
    Still,
    /// Uses much of the processor before it dies; rarely drawn.
    Heavy,
    /// Dies at once.
    Quick,
}

fn yes() -> bool {
    true
}

/// Every row that needs nobody from outside.
pub(crate) fn rows() -> Vec<Row> {
    let all: Vec<Row> = serde_json::from_str(include_str!("../deaths/expected.json")).unwrap();
    // There the test itself sends the signal.
    all.into_iter()
        .filter(|row| row.test != "killed_externally")
        .collect()
}

impl Row {
    /// Which accounts can play it.
    pub(crate) fn pace(&self) -> Pace {
        if self.name.starts_with(EARLY) {
            return Pace::Early;
        }
        match self.test.as_str() {
            "hung" | "deadline" => Pace::Still,
            _ if ["spin", "burn", "flood", "lie-never_reads"].contains(&self.script.as_str()) => {
                Pace::Heavy
            }
            _ => Pace::Quick,
        }
    }
}
