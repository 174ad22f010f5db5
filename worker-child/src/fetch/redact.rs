//! Text about requests and answers that is safe to show: bounded, printable, without tokens.

use shared::failure::{Failure, Place};

use super::request::{CALL_NAME, Request};

/// Longest text of a request, in bytes: what the flight recorder has room for.
pub const REQUEST_BYTES: usize = shared::flight::REQUEST_TEXT;
/// Longest text taken from eBay's answer, in bytes.
pub const SAYING_BYTES: usize = 300;

/// How eBay's tokens begin: `v^1.1#…`, plain or percent-encoded.
const TOKEN_STARTS: [&str; 3] = ["v^1.", "v%5E1.", "v%5e1."];

/// Method, path, name of the Trading call and query of a request; never another header, never a
/// body.
pub fn request_text(request: &Request) -> String {
    let mut text = format!("{} {}", request.method.name(), request.path);
    if let Some((_, call)) = request.headers.iter().find(|(name, _)| *name == CALL_NAME) {
        text.push(' ');
        text.push_str(call);
    }
    for (position, (name, value)) in request.query.iter().enumerate() {
        text.push(if position == 0 { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    bounded(&text, REQUEST_BYTES)
}

/// The text of a request with eBay's own id of it.
pub fn with_request_id(text: &str, id: &str) -> String {
    let id = bounded(id, 80);
    let room = REQUEST_BYTES.saturating_sub(id.len() + 6);
    format!("{} [id {id}]", bounded(text, room))
}

/// Something that eBay said, for a failure.
pub fn saying(text: &str) -> String {
    bounded(text, SAYING_BYTES)
}

/// A failure fit to be sent: its words may quote what eBay sent.
pub fn failure(mut failure: Failure) -> Failure {
    let what = match &mut failure {
        Failure::Transient { what, .. }
        | Failure::Throttled { what, .. }
        | Failure::Unauthorized { what }
        | Failure::Forbidden { what }
        | Failure::BadData { what, .. }
        | Failure::TooLarge { what, .. }
        | Failure::Incomplete { what, .. }
        | Failure::Bug { what } => what,
    };
    *what = saying(what);
    if let Some(place) = place_mut(&mut failure) {
        place.path = saying(&place.path);
        place.request = bounded(&place.request, REQUEST_BYTES);
    }
    failure
}

/// The place of a failure of the kinds that have one.
pub const fn place_mut(failure: &mut Failure) -> Option<&mut Place> {
    match failure {
        Failure::Transient { place, .. }
        | Failure::BadData { place, .. }
        | Failure::TooLarge { place, .. }
        | Failure::Incomplete { place, .. } => Some(place),
        Failure::Throttled { .. }
        | Failure::Unauthorized { .. }
        | Failure::Forbidden { .. }
        | Failure::Bug { .. } => None,
    }
}

/// At most `limit` bytes, control characters replaced by spaces, tokens by `[token]`.
fn bounded(text: &str, limit: usize) -> String {
    let mut clean = String::with_capacity(text.len().min(limit));
    let mut rest = text;
    while !rest.is_empty() && clean.len() < limit {
        if TOKEN_STARTS.iter().any(|start| rest.starts_with(start)) {
            clean.push_str("[token]");
            let end = rest.find(ends_token).unwrap_or(rest.len());
            rest = rest.get(end..).unwrap_or_default();
            continue;
        }
        let mut chars = rest.chars();
        let next = chars.next().unwrap_or(' ');
        clean.push(if next.is_control() { ' ' } else { next });
        rest = chars.as_str();
    }
    while clean.len() > limit {
        clean.pop();
    }
    clean
}

fn ends_token(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '&' | '<' | ',' | ';' | ')' | ']' | '}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::request::Shape;

    #[test]
    fn tokens_and_control_characters_go() {
        let cases = [
            ("plain", "plain"),
            ("bad\r\n\u{7}line", "bad   line"),
            (
                "token v^1.1#i^1#p^3#CANARY= refused",
                "token [token] refused",
            ),
            (r#"{"t":"v^1.1#CANARY","x":1}"#, r#"{"t":"[token]","x":1}"#),
            ("v%5E1.1%23CANARY&limit=1", "[token]&limit=1"),
        ];
        for (text, expected) in cases {
            assert_eq!(saying(text), expected);
        }
        assert_eq!(saying(&"é".repeat(400)).len(), SAYING_BYTES);
    }

    #[test]
    fn a_failure_quotes_no_token() {
        let raw = Failure::BadData {
            what: "expected a time, found \"v^1.1#CANARY\"".to_owned(),
            place: Place {
                path: "v^1.1#CANARY.x".to_owned(),
                ..Place::default()
            },
        };
        assert_eq!(
            failure(raw).to_string(),
            "bad_data: expected a time, found \"[token]\" at [token]"
        );
    }

    #[test]
    fn a_request_shows_neither_headers_nor_body() {
        let request = Request::post("/task", "CANARY".to_owned(), Shape::Nothing)
            .header("X-EBAY-C-MARKETPLACE-ID", "CANARY")
            .with("a", "[1..2]");
        let text = request_text(&request);
        assert_eq!(text, "POST /task?a=[1..2]");
        assert_eq!(
            with_request_id(&text, "r\n1"),
            "POST /task?a=[1..2] [id r 1]"
        );
        let call = Request::post("/ws/api.dll", "CANARY".to_owned(), Shape::Nothing)
            .header("X-EBAY-API-SITEID", "CANARY")
            .header(CALL_NAME, "GetOrders");
        assert_eq!(request_text(&call), "POST /ws/api.dll GetOrders");
        let long = with_request_id(&"x".repeat(500), "id");
        assert_eq!(long.len(), REQUEST_BYTES);
        assert!(long.ends_with(" [id id]"), "{long}");
    }
}
