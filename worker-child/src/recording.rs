//! What happens to the runs, in one order: written down as it happens, or played from a recording.
//!
//! Whatever a run cannot know by itself passes here: the time, answers and their bodies, when it goes
//! on after others had their turn, what the supervisor says. A run that gets the same of these in the
//! same order does the same.

mod ballast;
mod frame;
mod mask;
mod tape;
mod writer;

use std::time::Duration;

use shared::id::RunNo;
use shared::recording::Kind;
use shared::time::Timestamp;

pub use tape::{Diverged, Tape};
pub use writer::{Recorder, RecorderError};

/// Where what happens comes from. Clones share it.
#[derive(Debug, Clone)]
pub enum Events {
    /// From the world; it is recorded.
    World(Recorder),
    /// From a recording.
    Tape(Tape),
}

impl Events {
    /// What time it is for this run.
    pub async fn clock(&self, run: RunNo) -> Timestamp {
        match self {
            Self::World(recorder) => recorder.clock(run),
            Self::Tape(tape) => tape.take(run, &[Kind::Clock]).await.at,
        }
    }

    /// Lets the others have their turn.
    pub async fn turn(&self, run: RunNo) {
        match self {
            Self::World(recorder) => {
                tokio::task::yield_now().await;
                recorder.note(run, Kind::Turn, &[]);
            }
            Self::Tape(tape) => drop(tape.take(run, &[Kind::Turn]).await),
        }
    }

    /// Does nothing for this long; a replay does not wait.
    pub async fn wait(&self, run: RunNo, span: Duration) {
        match self {
            Self::World(recorder) => {
                tokio::time::sleep(span).await;
                recorder.note(run, Kind::Woke, &[]);
            }
            Self::Tape(tape) => drop(tape.take(run, &[Kind::Woke]).await),
        }
    }
}
