//! One account sync, as a library: `main` only starts it.

pub mod parse;
