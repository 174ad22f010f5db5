//! What crosses the process boundary between `bulkhead` and `worker-child`, and nothing else.
//!
//! *Not here:* anything that opens a file, a socket or a database, or asks for the time.
#![forbid(unsafe_code)]

pub mod attempt;
pub mod build;
pub mod death;
pub mod exit;
pub mod failure;
pub mod flight;
pub mod id;
pub mod limit;
pub mod record;
pub mod recording;
pub mod sandbox;
pub mod secret;
pub mod table;
pub mod time;
pub mod window;
pub mod wire;
pub mod worker;
