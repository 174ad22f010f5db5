//! The kinds of sync, one file each, behind one shape.

pub mod active_inventory;
#[cfg(test)]
mod fixture;
pub mod messages;
pub mod orders;
mod paging;
pub mod purchases;
pub mod read;
pub mod registry;
pub mod snapshot;
pub mod step;
pub mod trading;
mod values;
pub mod window;
