//! The kinds of sync, one file each, behind one shape.

pub mod active_inventory;
pub mod body;
pub mod cases;
pub mod finances;
mod finances_api;
#[cfg(test)]
mod fixture;
pub mod inquiries;
pub mod keyed;
pub mod messages;
pub mod offers;
pub mod orders;
mod paging;
mod post_order;
pub mod purchases;
pub mod read;
pub mod registry;
pub mod rescan;
pub mod returns;
pub mod snapshot;
pub mod step;
pub mod trading;
pub mod transactions;
mod values;
pub mod window;
