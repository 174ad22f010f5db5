//! JSON as a stream of items: a page's array is split while only one element is held.

mod grammar;
mod items;
mod outside;
mod skim;
mod text;

#[cfg(test)]
mod tests;

pub use items::{Envelope, JsonItems, JsonStep};
pub use outside::Member;
pub(crate) use text::push_json_escaped;
pub use text::{canonical, push_json_string};
