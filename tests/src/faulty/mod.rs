//! A stand-in for `worker-child` that does what the access token tells it: sync a small world of
//! its own making, or die in a known way.
//!
//! It speaks the real wire and writes the real flight recorder, both through `shared`, and nothing
//! of `worker-child`: what the supervisor concludes rests on the bytes alone.

mod deaths;
pub mod deck;
mod exchange;
mod flight;
mod good;
mod lies;
mod life;
pub mod script;
pub mod staged;
mod talk;
pub mod world;

pub use life::{linger, live};
