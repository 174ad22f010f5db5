//! What is sent for a question for tokens.

use std::fmt::Write as _;

use shared::secret::Secret;
use shared::wire::message::Ask;

/// A form, as HTML has it.
const FORM: &str = "application/x-www-form-urlencoded";
/// JSON.
const JSON: &str = "application/json";

/// What is sent.
#[derive(Debug)]
pub struct Asked<'a> {
    /// User and password of the `Authorization` header.
    pub basic: Option<(&'a str, &'a Secret)>,
    /// The `Content-Type`.
    pub kind: &'static str,
    /// The body; it holds a secret.
    pub body: String,
}

/// What is sent for this question.
pub fn asked(ask: &Ask) -> Asked<'_> {
    match ask {
        Ask::Refresh {
            client_id,
            client_secret,
            refresh_token,
        } => Asked {
            basic: Some((client_id, client_secret)),
            kind: FORM,
            body: form(&[
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh_token.expose()),
            ]),
        },
        Ask::Code {
            client_id,
            client_secret,
            ru_name,
            code,
        } => Asked {
            basic: Some((client_id, client_secret)),
            kind: FORM,
            body: form(&[
                ("grant_type", "authorization_code"),
                ("code", code.expose()),
                ("redirect_uri", ru_name),
            ]),
        },
        Ask::WebApp { key, ebay_account } => {
            let body = serde_json::json!({
                "internal_api_key": key.expose(),
                "ebay_account_id": ebay_account,
            });
            in_json(&body)
        }
        Ask::WebAppRefresh { key } => {
            in_json(&serde_json::json!({ "internal_api_key": key.expose() }))
        }
    }
}

fn in_json(body: &serde_json::Value) -> Asked<'static> {
    Asked {
        basic: None,
        kind: JSON,
        body: body.to_string(),
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (name, value) in fields {
        if !body.is_empty() {
            body.push('&');
        }
        body.push_str(name);
        body.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                body.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                write!(body, "%{byte:02X}").ok();
            }
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_question_in_its_own_words() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let ask = Ask::Refresh {
            client_id: "id".to_owned(),
            client_secret: secret("s"),
            refresh_token: secret("v^1.1#i^1 &"),
        };
        let sent = asked(&ask);
        assert_eq!(sent.basic, Some(("id", &secret("s"))));
        assert_eq!(
            (sent.kind, sent.body.as_str()),
            (
                FORM,
                "grant_type=refresh_token&refresh_token=v%5E1.1%23i%5E1%20%26"
            )
        );
        let ask = Ask::Code {
            client_id: "id".to_owned(),
            client_secret: secret("s"),
            ru_name: "ru".to_owned(),
            code: secret("c"),
        };
        let body = "grant_type=authorization_code&code=c&redirect_uri=ru";
        assert_eq!(asked(&ask).body, body);
        let ask = Ask::WebApp {
            key: secret("k\"1"),
            ebay_account: "7".to_owned(),
        };
        let sent = asked(&ask);
        assert_eq!((sent.basic, sent.kind), (None, JSON));
        assert_eq!(
            sent.body,
            r#"{"ebay_account_id":"7","internal_api_key":"k\"1"}"#
        );
        let ask = Ask::WebAppRefresh { key: secret("k") };
        assert_eq!(asked(&ask).body, r#"{"internal_api_key":"k"}"#);
    }
}
