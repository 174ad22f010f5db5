//! Writing JSON text in the one form that equal content shares.

use super::plain::plain;

/// The canonical text of a value: keys sorted bytewise, no white space.
/// Relies on `serde_json` keeping objects sorted, its `preserve_order` being off.
pub fn canonical(value: &serde_json::Value) -> String {
    // Writing to bytes is twice as fast as formatting; it cannot fail for a value.
    serde_json::to_string(value).unwrap_or_else(|_| value.to_string())
}

/// Appends `text` as a JSON string, escaped exactly as `serde_json` does.
pub fn push_json_string(text: &str, out: &mut String) {
    out.push('"');
    push_json_escaped(text, out);
    out.push('"');
}

/// Appends the inside of a JSON string.
pub(crate) fn push_json_escaped(text: &str, out: &mut String) {
    let mut rest = text;
    loop {
        let length = plain(rest.as_bytes());
        let Some((plain, from)) = rest.split_at_checked(length) else {
            break;
        };
        if from.is_empty() {
            break;
        }
        out.push_str(plain);
        let mut chars = from.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some('\u{8}') => out.push_str("\\b"),
            Some('\u{c}') => out.push_str("\\f"),
            Some(control) => {
                let digit = |n: u32| char::from_digit(n & 15, 16).unwrap_or('0');
                out.push_str("\\u00");
                out.push(digit(u32::from(control) >> 4));
                out.push(digit(u32::from(control)));
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::{canonical, push_json_string};

    #[test]
    fn strings_are_escaped_as_serde_json_escapes_them() {
        let mut all: String = (0u8..0x80).map(char::from).collect();
        all.push_str("é€😀\u{2028}");
        for text in [all.as_str(), "", "plain", "\"", "ends with \\"] {
            let mut ours = String::new();
            push_json_string(text, &mut ours);
            assert_eq!(ours, serde_json::to_string(text).unwrap());
        }
    }

    #[test]
    fn canonical_text_has_sorted_keys_and_no_white_space() {
        let value = serde_json::from_str(r#"{ "b": [1, 2.50], "a": {"z": null, "Z": "x"} }"#);
        assert_eq!(
            canonical(&value.unwrap()),
            r#"{"a":{"Z":"x","z":null},"b":[1,2.5]}"#
        );
    }
}
