//! XML as a stream of items, each a small tree.
//!
//! `items` cuts the input into windows, `scan` takes them apart with `words`, `document` and `tag`
//! make trees of the parts, `build` and `node` are the tree written and read, `canonical` its JSON
//! text.

mod asides;
mod build;
mod canonical;
mod document;
mod escape;
mod items;
mod node;
mod scan;
mod tag;
mod words;

#[cfg(test)]
mod tests;

pub use asides::{AsideError, Asides};
pub use canonical::{members_to_json, tree_to_json};
pub use items::{XmlItems, XmlStep, XmlSummary};
pub use node::Node;
