//! What runs when: which attempts start, which end, and what is due after that.

pub mod due;
pub mod slots;
