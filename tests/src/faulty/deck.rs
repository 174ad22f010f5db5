//! A deck of deaths: a file whose lines each name a worker and what its run does. Every attempt draws
//! the first line that one of its runs can follow, and notes that in `<deck>.log` before anything
//! else, so that a test knows what was done to which attempt.
//!
//! In every other of these attempts the other runs have ended before that one strikes. When no line is
//! left, or no file is there, all is well.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use shared::attempt::Attempt;
use shared::worker::Worker;

use super::script::{Behaviour, Script, behaviour};

/// Where it is noted what was drawn.
pub fn log_of(deck: &Path) -> PathBuf {
    deck.with_extension("log")
}

/// The script with what this attempt draws; the error says what is wrong with the deck.
pub(super) fn draw(mut script: Script, attempt: &Attempt) -> Result<Script, String> {
    let Some(deck) = script.deck.clone() else {
        return Ok(script);
    };
    let Ok(lines) = fs::read_to_string(&deck) else {
        return Ok(script);
    };
    let log = log_of(&deck);
    let drawn = fs::read_to_string(&log).unwrap_or_default();
    let drawn: BTreeSet<usize> = drawn
        .lines()
        .filter_map(|line| line.split_once(' ')?.1.parse().ok())
        .collect();
    for (number, line) in lines.lines().enumerate() {
        let (worker, name) = line
            .split_once(' ')
            .and_then(|(worker, name)| Some((Worker::from_name(worker)?, name)))
            .ok_or_else(|| format!("'{line}' is no line of a deck"))?;
        let ordered = attempt.runs.iter().any(|order| order.worker == worker);
        if drawn.contains(&number) || !ordered {
            continue;
        }
        if number % 2 == 1 {
            for order in &attempt.runs {
                script.set_behaviour(order.worker, Behaviour::First);
            }
        }
        let what = behaviour(name).ok_or_else(|| format!("'{name}' is not understood"))?;
        script.set_behaviour(worker, what);
        note(&log, &format!("{} {number}\n", attempt.id))
            .map_err(|error| format!("what was drawn cannot be noted: {error}"))?;
        return Ok(script);
    }
    Ok(script)
}

fn note(log: &Path, line: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(log)?;
    file.write_all(line.as_bytes())
}
