//! Live progress on a terminal: a line for each running account, redrawn in place.
//!
//! What is drawn is what the supervisor has read from the flight recorders anyway; nothing is asked
//! of a child for it.

mod lines;
mod screen;

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::output::Output;
use crate::attempt::Progress;
use crate::os;
use crate::scheduler::Event;
use lines::{Row, area};

pub(super) use screen::{Above, above};

/// Between two drawings.
pub(super) const PACE: Duration = Duration::from_millis(200);
/// Columns and lines of a terminal that does not say.
const USUAL: (usize, usize) = (80, 24);

/// Whether a person looks on: text is asked for, and standard error is a terminal that can move its
/// cursor.
pub(super) fn is_wanted(output: Output) -> bool {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !output.is_json() && !dumb && std::io::stderr().is_terminal()
}

struct Running {
    memory: u64,
    progress: watch::Receiver<Progress>,
}

/// What runs, drawn below everything else that is printed. Gone from the screen when dropped.
#[derive(Default)]
pub(super) struct Live {
    running: BTreeMap<String, Running>,
}

impl Live {
    /// Takes note of what happens.
    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::Started {
                account,
                memory,
                progress,
                ..
            } => {
                let running = Running {
                    memory: *memory,
                    progress: progress.clone(),
                };
                self.running.insert(account.clone(), running);
            }
            Event::Finished(finished) => {
                self.running.remove(&finished.account_name);
            }
        }
    }

    /// Draws how things stand.
    pub(super) fn draw(&self) {
        let rows: Vec<Row> = self
            .running
            .iter()
            .map(|(account, running)| Row {
                account: account.clone(),
                limit: running.memory,
                progress: running.progress.borrow().clone(),
            })
            .collect();
        screen::show(area(&rows, os::terminal_size().unwrap_or(USUAL)));
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        screen::show(Vec::new());
    }
}

/// Draws until there are no more events.
pub(super) async fn show(mut events: UnboundedReceiver<Event>) {
    let mut live = Live::default();
    let mut tick = tokio::time::interval(PACE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => live.event(&event),
                None => return,
            },
            _ = tick.tick() => live.draw(),
        }
    }
}
