//! What eBay says in the body of an answer that is not a success.

use std::fmt::Write as _;

use serde_json::Value;

use super::redact;

/// Most of an error body that is read, in bytes.
pub const ERROR_BODY_BYTES: usize = 64 * 1024;
/// Most errors of a body that are kept.
const KEPT: usize = 8;

/// One error of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// `errorId`.
    pub id: Option<i64>,
    /// `longMessage`, else `message`; bounded and printable.
    pub message: String,
}

/// The errors of a body; none if it has none of the shapes that eBay's families use: `errors`,
/// `error` and `errorMessage.error`, each a list or a single object, and OAuth's `error` with
/// `error_description`.
pub fn parse_errors(body: &[u8]) -> Vec<ApiError> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return Vec::new();
    };
    let lists = [
        body.get("errors"),
        body.get("error"),
        body.pointer("/errorMessage/error"),
    ];
    let errors = lists.into_iter().flatten().flat_map(|found| match found {
        Value::Array(list) => list.iter().map(api_error).collect(),
        Value::Object(_) => vec![api_error(found)],
        Value::String(name) => vec![oauth_error(name, &body)],
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    });
    errors.take(KEPT).collect()
}

/// OAuth's errors have names instead of numbers.
fn oauth_error(name: &str, body: &Value) -> ApiError {
    let description = body.get("error_description").and_then(Value::as_str);
    let message = match description {
        Some(description) => format!("{name}: {description}"),
        None => name.to_owned(),
    };
    ApiError {
        id: None,
        message: redact::saying(&message),
    }
}

fn api_error(entry: &Value) -> ApiError {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    let message = match text("longMessage") {
        "" => text("message"),
        long => long,
    };
    let id = match entry.get("errorId") {
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(digits)) => digits.parse().ok(),
        _ => None,
    };
    ApiError {
        id,
        message: redact::saying(message),
    }
}

/// Status and errors as one bounded fragment: `409: 160025 You have exceeded …`.
pub fn describe(status: u16, errors: &[ApiError]) -> String {
    let mut text = format!("eBay answered {status}");
    for (position, error) in errors.iter().enumerate() {
        text.push_str(if position == 0 { ":" } else { ";" });
        if let Some(id) = error.id {
            // Writing to a String cannot fail.
            write!(text, " {id}").ok();
        }
        if !error.message.is_empty() {
            text.push(' ');
            text.push_str(&error.message);
        }
    }
    redact::saying(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        let cases = [
            (
                r#"{"errors":[{"errorId":1001,"message":"Invalid access token"}]}"#,
                "eBay answered 401: 1001 Invalid access token",
            ),
            (
                r#"{"errors":[{"errorId":"7","message":"a","longMessage":"b\nc"},{"message":"d"}]}"#,
                "eBay answered 401: 7 b c; d",
            ),
            (r#"{"errors":{"errorId":1}}"#, "eBay answered 401: 1"),
            (
                r#"{"error":[{"errorId":1},{"errorId":2,"message":"b"}]}"#,
                "eBay answered 401: 1; 2 b",
            ),
            (r#"{"error":{"errorId":3}}"#, "eBay answered 401: 3"),
            (
                r#"{"errorMessage":{"error":[{"errorId":4,"message":"d"}]}}"#,
                "eBay answered 401: 4 d",
            ),
            (
                r#"{"errorMessage":{"error":{"errorId":5,"longMessage":"e"}}}"#,
                "eBay answered 401: 5 e",
            ),
            (
                r#"{"error":"invalid_grant","error_description":"no more"}"#,
                "eBay answered 401: invalid_grant: no more",
            ),
            (
                r#"{"error":"invalid_scope"}"#,
                "eBay answered 401: invalid_scope",
            ),
            (r#"{"errors":null,"error":7}"#, "eBay answered 401"),
            (r#"{"errors":[null,1]}"#, "eBay answered 401:;"),
            (r#"{"message":"m"}"#, "eBay answered 401"),
            ("<html>", "eBay answered 401"),
            ("", "eBay answered 401"),
        ];
        for (body, expected) in cases {
            assert_eq!(describe(401, &parse_errors(body.as_bytes())), expected);
        }
    }
}
