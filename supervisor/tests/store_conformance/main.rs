//! What the store promises, on a database in a temporary directory.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

mod attempts;
mod audit;
mod checkpoints;
mod cursors;
mod damages;
mod flips;
mod folds;
mod harness;
mod killed;
mod letters;
mod passes;
mod peaks;
mod probes;
mod queries;
mod reshaped;
mod rows;
mod secrets;
mod token_deaths;
mod upgrade;
