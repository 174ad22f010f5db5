//! Start tags as they are handed over: their attributes, and elements that are taken whole.

use quick_xml::events::BytesStart;

use super::build::{Name, Refused, TreeBuilder};
use super::document::{Document, Place, starts_name};
use super::escape::push_attr_value;
use crate::parse::error::ParseErrorKind;

/// Most attributes of one element.
const ATTRIBUTES: usize = 64;

/// What stands in a start tag behind the name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Attributes<'w> {
    /// Nothing.
    None,
    /// One attribute: its name, and its value as it is.
    One(&'w str, &'w str),
    /// Whatever this tag has, if it is well-formed.
    Many(&'w BytesStart<'w>),
}

/// A whole element with nothing but text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf<'w> {
    pub(super) name: &'w Name<'w>,
    pub(super) attributes: Attributes<'w>,
    /// Stands for itself: no reference, no carriage return.
    pub(super) text: &'w str,
    /// The text can stand in JSON as it is.
    pub(super) is_json: bool,
}

impl Document {
    /// Takes a whole element, which ends before `to`. Says no if it is not inside of an item, or
    /// passes a cap: then it must be taken in parts.
    pub(super) fn leaf(&mut self, leaf: &Leaf<'_>, to: u64) -> bool {
        let (Place::Item(byte, _), 1..) = (self.place, self.items.depth()) else {
            return false;
        };
        let attribute = match leaf.attributes {
            Attributes::None => None,
            Attributes::One(name, value) => Some((name, value)),
            Attributes::Many(_) => return false,
        };
        let weight = self.items.weight() + 1 + usize::from(attribute.is_some());
        let fits = self.depth() < self.caps.depth
            && weight <= self.caps.item_nodes
            && leaf.text.len() <= self.caps.text_bytes
            && to - byte <= self.caps.item_bytes as u64
            && starts_name(leaf.name.local);
        if fits {
            self.items
                .leaf(leaf.name, attribute, leaf.text, leaf.is_json);
        }
        fits
    }
}

/// Adds attributes to the element just opened.
pub(super) fn read_attributes(
    builder: &mut TreeBuilder,
    tag: &BytesStart<'_>,
) -> Result<(), Refused> {
    for (index, attribute) in tag.attributes().enumerate() {
        if index == ATTRIBUTES {
            let what = format!("element with more than {ATTRIBUTES} attributes");
            return Err((ParseErrorKind::TooLarge, what));
        }
        let attribute = attribute.map_err(|error| {
            let what = format!("malformed attribute: {error}");
            (ParseErrorKind::BadData, what)
        })?;
        builder.attr(attribute.key.as_ref(), |out| {
            push_attr_value(&attribute.value, out)
        })?;
    }
    Ok(())
}
