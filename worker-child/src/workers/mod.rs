//! The kinds of sync, one file each, behind one shape.

pub mod active_inventory;
pub mod body;
#[cfg(test)]
mod fixture;
pub mod orders;
mod paging;
pub mod read;
pub mod registry;
pub mod snapshot;
pub mod step;
mod values;
pub mod window;
