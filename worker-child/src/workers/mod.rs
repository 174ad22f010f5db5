//! The kinds of sync, one file each, behind one shape.

pub mod active_inventory;
pub mod orders;
pub mod registry;
pub mod step;
mod values;
