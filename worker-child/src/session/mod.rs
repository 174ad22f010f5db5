//! One attempt from its first frame to its last.

pub mod clock;
pub mod drive;
mod exchange;
mod pass;
mod polled;
mod pump;
mod run;
pub mod start;
mod stdin;

use shared::attempt::Attempt;

use crate::emit::Wire;
use crate::fetch::Client;

/// What all runs of the attempt share.
#[derive(Debug)]
struct Context {
    attempt: Attempt,
    client: Client,
    wire: Wire,
}
