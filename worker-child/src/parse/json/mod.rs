//! JSON as a stream of items: a page's array is split while only one element is held.
//!
//! An item is a [`Json`], a value in a flat tree that borrows the page's text; what is valid in it,
//! and its canonical text, is as `serde_json` has it, at a fraction of the time.
//!
//! A worker that reads `serde_json::Value` from an item's text is switched over in three places:
//! its `record.rs` takes `Json<'_>` (`field` and `values` read both; `item.get(name)`,
//! `item.as_array()` and `item.canonical()` stand for `Value`'s `get`, `as_array` and
//! [`canonical`]), its `push` reads text through `values::tree(text)?.root()` instead of
//! `values::json`, and its `ReadSpan` has a method `parsed` besides `records`. An item whose parts
//! are rows of their own is written once by [`Json::canonical_parts`].

mod grammar;
mod items;
mod outside;
mod plain;
mod reader;
mod shapes;
mod skim;
mod text;
mod tree;
mod write;

#[cfg(test)]
mod tests;

pub use items::{Envelope, JsonItems, JsonStep};
pub use outside::Member;
pub(crate) use text::push_json_escaped;
pub use text::{canonical, push_json_string};
pub use tree::{Elements, Json, JsonTree, JsonValue};
