//! One attempt from its first frame to its last.

pub mod by_hand;
pub mod clock;
pub mod drive;
mod exchange;
pub mod get_token;
mod inbox;
mod pass;
mod polled;
mod pump;
mod run;
pub mod start;
mod stdin;

use shared::attempt::Attempt;

use crate::emit::Wire;
use crate::fetch::Client;
use crate::recording::Events;

/// What all runs of the attempt share.
#[derive(Debug)]
struct Context {
    attempt: Attempt,
    client: Client,
    events: Events,
    wire: Wire,
}
