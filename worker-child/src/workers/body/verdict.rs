//! Whether a body that is complete is a success, by what it says besides its items.

use serde_json::Value;

use super::member;
use crate::fetch::errors::parse_errors;
use crate::fetch::request::Shape;
use crate::parse::json::{Envelope, Member};
use crate::parse::{ParseError, XmlSummary};
use crate::workers::read::BodyKind;

/// Refuses a document whose `Ack` or `Errors` say that it failed: a `PartialFailure`, too.
pub(super) fn xml(document: &XmlSummary) -> Result<(), ParseError> {
    let asides = &document.asides;
    let failed = |ack: &&String| !matches!(ack.as_str(), "Success" | "Warning");
    let ack = asides.acks.iter().find(failed);
    let serious: Vec<String> = asides
        .errors
        .iter()
        .filter(|error| error.severity != "Warning")
        .map(|error| {
            let words = [error.long.as_str(), error.short.as_str()];
            let words = words.into_iter().find(|words| !words.is_empty());
            format!("{} {}", error.code, words.unwrap_or("without words"))
        })
        .collect();
    let (what, path) = match (ack, serious.as_slice()) {
        (None, []) => return Ok(()),
        (Some(ack), []) => (format!("body carries Ack {ack}"), "Ack"),
        (_, serious) => (
            format!("body carries errors: {}", serious.join("; ")),
            "Errors",
        ),
    };
    Err(ParseError::bad(document.bytes, what).with_path(path))
}

/// A page must have its list, unless it says that there is nothing. An object that is an item as a
/// whole is returned with the kind that reads it.
pub(super) fn json<'t>(
    page: &Envelope,
    text: &'t [u8],
    kinds: &'static [BodyKind],
) -> Result<Option<(&'static BodyKind, &'t str)>, ParseError> {
    if page.member == Member::Array {
        return Ok(None);
    }
    let errors = parse_errors(text);
    if !errors.is_empty() {
        let words = errors.iter().map(|error| match error.id {
            Some(id) => format!("{id} {}", error.message),
            None => error.message.clone(),
        });
        let what = format!(
            "body carries errors: {}",
            words.collect::<Vec<_>>().join("; ")
        );
        return Err(ParseError::bad(page.bytes, what).with_path("errors"));
    }
    if let Some(kind) = kinds.iter().find(|kind| kind.shape == Shape::Item) {
        let text = std::str::from_utf8(text)
            .map_err(|error| ParseError::bad(error.valid_up_to() as u64, "invalid UTF-8"))?;
        return Ok(Some((kind, text)));
    }
    if page.page.get("total").and_then(Value::as_u64) == Some(0) {
        return Ok(None);
    }
    let members: Vec<&str> = kinds.iter().filter_map(member).collect();
    let what = format!("page has no list {}", members.join(" or "));
    Err(ParseError::bad(page.bytes, what).with_path(members.first().copied().unwrap_or_default()))
}
