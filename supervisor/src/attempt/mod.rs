//! One attempt: one life of one child, from its orders to its end in the store.

pub mod watchdog;
