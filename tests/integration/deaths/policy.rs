//! What deaths cost from pass to pass.
