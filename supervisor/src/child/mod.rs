//! Child processes: starting, talking, watching, ending and reaping them.
//!
//! *Invariants:* nothing else spawns or reaps `worker-child`; nothing here decides what an end
//! means.

pub mod flight;
pub mod link;
pub mod process;
pub mod redact;
pub mod spawner;
pub mod stderr;
pub mod terminate;
