//! The kinds of sync, one file each, behind one shape.

pub mod active_inventory;
#[cfg(test)]
mod fixture;
pub mod orders;
pub mod registry;
pub mod step;
mod values;
