//! The supervisor as a library: `main` only starts it.
