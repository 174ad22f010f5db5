//! What a run sends: frames in legal order, records in batches, acknowledgements awaited.

pub mod batch;
pub mod wire;

pub use batch::Emitter;
pub use wire::{Wire, WireError};
