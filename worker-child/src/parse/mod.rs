//! Streaming parsers for what eBay sends: archive bytes to text, text to one item at a time.
//!
//! Everything here is pure: no I/O, no clock, no runtime. The caller pushes
//! bytes in and takes pieces out, so that it can yield between the two, and
//! memory stays within [`Caps`] whatever the size of the response. The input
//! is hostile: each parser ends in a [`ParseError`] that names the place.
//!
//! The way of a response is [`Unpack`] → [`XmlItems`] or [`JsonItems`] → the
//! worker, which reads single values through [`field`].
#![forbid(unsafe_code)]

pub mod caps;
pub mod error;
pub mod field;
pub mod json;
mod rank;
pub mod unpack;
pub mod xml;

pub use caps::Caps;
pub use error::{ParseError, ParseErrorKind};
pub use json::{Envelope, JsonItems, JsonStep, Member};
pub use unpack::{Format, Progress, Unpack, Unpacked};
pub use xml::{Node, XmlItems, XmlStep, XmlSummary, tree_to_json};
