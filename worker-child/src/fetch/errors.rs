//! What eBay says in the body of an answer that is not a success.

use std::fmt::Write as _;

use serde_json::Value;

use super::redact;

/// Most of an error body that is read, in bytes.
pub const ERROR_BODY_BYTES: usize = 64 * 1024;
/// Most errors of a body that are kept.
const KEPT: usize = 8;

/// One entry of `errors`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// `errorId`.
    pub id: Option<i64>,
    /// `longMessage`, else `message`; bounded and printable.
    pub message: String,
}

/// The errors of a body of the common shape `{"errors":[…]}`; none if it has another.
pub fn parse_errors(body: &[u8]) -> Vec<ApiError> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return Vec::new();
    };
    let list = match body.get("errors") {
        Some(Value::Array(list)) => list.as_slice(),
        _ => return Vec::new(),
    };
    list.iter().take(KEPT).map(api_error).collect()
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
            (r#"{"errors":{"errorId":1}}"#, "eBay answered 401"),
            ("<html>", "eBay answered 401"),
            ("", "eBay answered 401"),
        ];
        for (body, expected) in cases {
            assert_eq!(describe(401, &parse_errors(body.as_bytes())), expected);
        }
    }
}
