//! The wire protocol: messages, their bytes, frames, and which one is legal when.

pub mod codec;
pub mod frame;
pub mod message;
pub mod session;
