//! The scheduler and the policy as they are, in simulated time: thousands of accounts, children that
//! finish, fail, die and hang.
//!
//! Every check prints the seed that it fails with; `BULKHEAD_SEED=N` plays that one alone.
#![expect(clippy::unwrap_used, reason = "test code")]
#![expect(clippy::indexing_slicing, reason = "accounts are numbered from 0")]

mod cycle;
mod fair;
mod makespan;
mod neighbours;
mod promises;
mod seeds;
mod temper;
mod world;
