//! Attributes of an element on their way into a tree.

use quick_xml::events::BytesStart;

use crate::parse::error::ParseErrorKind;
use crate::parse::xml::build::{Refused, TreeBuilder};
use crate::parse::xml::escape::push_attr_value;

/// Most attributes of one element.
const ATTRIBUTES: usize = 64;

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
