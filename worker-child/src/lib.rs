//! One account sync, as a library: `main` only starts it.
//!
//! Floors, a module names lower ones only: `limits`, `stage` · `confine`, `fault`, `memory`, `parse`,
//! `recording` · `fetch`, `trap` · `workers` · `emit` · `session`, `replay` · `cli`.

pub mod cli;
pub mod confine;
pub mod emit;
pub mod fault;
pub mod fetch;
pub mod limits;
pub mod memory;
pub mod parse;
pub mod recording;
pub mod replay;
pub mod session;
pub mod stage;
pub mod trap;
pub mod workers;
