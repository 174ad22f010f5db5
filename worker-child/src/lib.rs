//! One account sync, as a library: `main` only starts it.

pub mod confine;
pub mod fetch;
pub mod limits;
pub mod memory;
pub mod parse;
pub mod stage;
