//! The whole system under test: harness, simulated eBay, faulty child.

pub mod faulty;
pub mod harness;
pub mod mirrored;
pub mod sim;
