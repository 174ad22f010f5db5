//! Who dies when of what: drawn from a seed, every row at least once.

use std::fs;

use fastrand::Rng;
use integration_tests::faulty::deck::log_of;

use crate::rows::{Pace, Row, rows};
use crate::stage::{DYING, STILL, Stage, dying, still};

/// How often each row is drawn that waits for a limit.
const STILL_DRAWS: usize = 2;
/// How often each row is drawn that uses much of the processor.
const HEAVY_DRAWS: usize = 2;

/// The deaths of one account, in the order in which they are offered to its attempts.
#[derive(Debug)]
pub(crate) struct Deck {
    /// The account.
    pub account: String,
    /// What its lines stand for.
    pub rows: Vec<Row>,
    stage_file: std::path::PathBuf,
}

impl Deck {
    /// Attempt and line of every death that was drawn.
    pub(crate) fn drawn(&self) -> Vec<(i64, usize)> {
        let log = fs::read_to_string(log_of(&self.stage_file)).unwrap_or_default();
        let line = |line: &str| {
            let (attempt, number) = line.split_once(' ').unwrap();
            (attempt.parse().unwrap(), number.parse().unwrap())
        };
        log.lines().map(line).collect()
    }

    fn write(&self) {
        let line = |row: &Row| format!("{} {}\n", row.worker, row.script);
        let text: String = self.rows.iter().map(line).collect();
        // A child finds all of it or nothing.
        let draft = self.stage_file.with_extension("part");
        fs::write(&draft, text).unwrap();
        fs::rename(draft, &self.stage_file).unwrap();
    }
}

/// Deals so many deaths to the accounts; those before `Hello` come on top.
pub(crate) fn deal(stage: &Stage, deaths: usize, rng: &mut Rng) -> Vec<Deck> {
    let of = |pace: Pace| -> Vec<Row> {
        let all = rows().into_iter();
        all.filter(|row| row.pace() == pace).collect()
    };
    let (limited, heavy, quick) = (of(Pace::Still), of(Pace::Heavy), of(Pace::Quick));
    let mut slow: Vec<Row> = std::iter::repeat_n(limited, STILL_DRAWS)
        .flatten()
        .collect();
    let mut fast: Vec<Row> = std::iter::repeat_n(heavy, HEAVY_DRAWS).flatten().collect();
    fast.extend(quick.iter().cloned());
    while slow.len() + fast.len() < deaths {
        fast.extend(rng.choice(&quick).cloned());
    }
    rng.shuffle(&mut slow);
    rng.shuffle(&mut fast);
    let mut decks: Vec<Deck> = DYING
        .map(|number| (dying(number), Vec::new()))
        .chain(STILL.iter().map(|worker| (still(worker), Vec::new())))
        .map(|(account, rows)| Deck {
            stage_file: stage.deck_file(&account),
            account,
            rows,
        })
        .collect();
    for (position, row) in fast.into_iter().enumerate() {
        decks[position % DYING.len()].rows.push(row);
    }
    for row in slow {
        let account = still(&row.worker);
        let deck = decks.iter_mut().find(|deck| deck.account == account);
        deck.unwrap().rows.push(row);
    }
    for deck in &decks {
        deck.write();
    }
    decks
}
