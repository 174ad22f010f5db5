//! What an answer to a question for tokens means.
//!
//! *Invariant:* nothing of an answer goes into words but its status and an error's short name.

use std::time::Duration;

use serde_json::Value;
use shared::secret::Secret;
use shared::time::Timestamp;
use shared::wire::message::{Ask, Exchanged};

/// Errors of OAuth (RFC 6749) that mean our side is not accepted.
const OURS: [&str; 4] = [
    "invalid_client",
    "unauthorized_client",
    "invalid_scope",
    "unsupported_grant_type",
];
/// The longest name of an error that is repeated, in bytes.
const LONGEST_NAME: usize = 40;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// What the answer means, at the time `now`.
pub fn judge(ask: &Ask, answered: &Answered, now: Timestamp) -> Exchanged {
    let body: Option<Value> = serde_json::from_slice(&answered.body).ok();
    let body = body.filter(Value::is_object);
    match ask {
        Ask::Refresh { .. } | Ask::Code { .. } => identity(answered.status, body.as_ref(), now),
        Ask::WebApp { .. } => web_app(answered.status, body.as_ref()),
        Ask::WebAppRefresh { .. } => refreshed(answered.status, body.as_ref()),
    }
}

fn identity(status: u16, body: Option<&Value>, now: Timestamp) -> Exchanged {
    if status != 200 {
        let name = body.and_then(|body| short(body.get("error")?.as_str()?));
        let what = match name {
            Some(name) => format!("eBay answered {name} (status {status})"),
            None => format!("eBay answered with status {status}"),
        };
        return match name {
            Some("invalid_grant") if status == 400 => Exchanged::Revoked { what },
            Some(name) if OURS.contains(&name) => Exchanged::Unaccepted { what },
            _ if status == 401 => Exchanged::Unaccepted { what },
            _ => Exchanged::Unavailable { what },
        };
    }
    let Some(body) = body else {
        return unavailable("eBay's answer is no JSON object");
    };
    let Some(access) = token(body, "access_token") else {
        return unavailable("eBay's answer has no access token");
    };
    let Some(seconds) = body.get("expires_in").and_then(Value::as_u64) else {
        return unavailable("eBay's answer does not say when the token ends");
    };
    Exchanged::Granted {
        access,
        expires_at: now.plus(Duration::from_secs(seconds)),
        refresh: token(body, "refresh_token"),
    }
}

fn web_app(status: u16, body: Option<&Value>) -> Exchanged {
    let body = match of_web_app(status, body) {
        Ok(body) => body,
        Err(exchanged) => return exchanged,
    };
    let Some(access) = token(body, "access_token") else {
        return unusable("the web app's answer has no access token");
    };
    if access.expose().starts_with("ENC:") {
        return unusable("the web app gave a token that is still encrypted (ENC:…)");
    }
    let ends = body.get("expires_at").and_then(Value::as_str);
    let Some(expires_at) = ends.and_then(Timestamp::parse) else {
        return unusable("the web app's answer does not say when the token ends");
    };
    Exchanged::Granted {
        access,
        expires_at,
        refresh: None,
    }
}

fn refreshed(status: u16, body: Option<&Value>) -> Exchanged {
    let body = match of_web_app(status, body) {
        Ok(body) => body,
        Err(exchanged) => return exchanged,
    };
    let count = |name| body.get(name).and_then(Value::as_u64);
    let counts = count("refreshed_count").zip(count("failed_count"));
    match (body.get("success").and_then(Value::as_bool), counts) {
        // True although every account failed: the counts say how it is.
        (Some(true), Some((refreshed, failed))) => Exchanged::Refreshed { refreshed, failed },
        (Some(false), _) => unavailable("the web app says that refreshing failed"),
        _ => unusable("the web app's answer does not say what was refreshed"),
    }
}

fn of_web_app(status: u16, body: Option<&Value>) -> Result<&Value, Exchanged> {
    match (status, body) {
        (200, Some(body)) => Ok(body),
        (200, None) => Err(unusable("the web app's answer is no JSON object")),
        (401 | 403, _) => Err(Exchanged::Unaccepted {
            what: format!("the web app refused the key (status {status})"),
        }),
        (404, _) => Err(unusable(
            "the web app does not know the account, or has no such path (status 404)",
        )),
        _ => Err(unavailable(&format!(
            "the web app answered with status {status}"
        ))),
    }
}

fn token(body: &Value, name: &str) -> Option<Secret> {
    let text = body.get(name)?.as_str()?;
    (!text.is_empty()).then(|| Secret::new(text.to_owned()))
}

/// The name of an error, if it is one: what is longer or has other characters may be anything.
fn short(name: &str) -> Option<&str> {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    (name.len() <= LONGEST_NAME && !name.is_empty() && name.bytes().all(legal)).then_some(name)
}

fn unavailable(what: &str) -> Exchanged {
    Exchanged::Unavailable {
        what: what.to_owned(),
    }
}

fn unusable(what: &str) -> Exchanged {
    Exchanged::Unusable {
        what: what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn ask(kind: &str) -> Ask {
        match kind {
            "refresh" => Ask::Refresh {
                client_id: String::new(),
                client_secret: secret(""),
                refresh_token: secret("canary"),
            },
            "one" => Ask::WebApp {
                key: secret("canary"),
                ebay_account: "7".to_owned(),
            },
            _ => Ask::WebAppRefresh {
                key: secret("canary"),
            },
        }
    }

    fn name(exchanged: &Exchanged) -> &'static str {
        match exchanged {
            Exchanged::Granted { .. } => "granted",
            Exchanged::Refreshed { .. } => "refreshed",
            Exchanged::Revoked { .. } => "revoked",
            Exchanged::Unaccepted { .. } => "unaccepted",
            Exchanged::Unusable { .. } => "unusable",
            Exchanged::Unavailable { .. } => "unavailable",
        }
    }

    /// A question, status and body of its answer, and what that means.
    const MEANINGS: [(&str, u16, &str, &str); 30] = [
        (
            "refresh",
            200,
            r#"{"access_token":"v^1.1#a","expires_in":7200}"#,
            "granted",
        ),
        (
            "refresh",
            200,
            r#"{"access_token":"v^1.1#a"}"#,
            "unavailable",
        ),
        (
            "refresh",
            200,
            r#"{"access_token":"","expires_in":7200}"#,
            "unavailable",
        ),
        (
            "refresh",
            200,
            r#"{"access_token":7,"expires_in":7200}"#,
            "unavailable",
        ),
        ("refresh", 200, "[]", "unavailable"),
        ("refresh", 200, "<html>", "unavailable"),
        ("refresh", 204, "", "unavailable"),
        ("refresh", 302, "", "unavailable"),
        ("refresh", 400, r#"{"error":"invalid_grant"}"#, "revoked"),
        (
            "refresh",
            500,
            r#"{"error":"invalid_grant"}"#,
            "unavailable",
        ),
        (
            "refresh",
            400,
            r#"{"error":"INVALID_GRANT canary"}"#,
            "unavailable",
        ),
        ("refresh", 400, r#"{"error":"invalid_scope"}"#, "unaccepted"),
        (
            "refresh",
            401,
            r#"{"error":"invalid_client"}"#,
            "unaccepted",
        ),
        ("refresh", 401, "", "unaccepted"),
        ("refresh", 400, "", "unavailable"),
        ("refresh", 429, "", "unavailable"),
        ("refresh", 503, "<html>", "unavailable"),
        (
            "one",
            200,
            r#"{"access_token":"v^1.1#a","expires_at":"2030-01-01T00:00:00Z"}"#,
            "granted",
        ),
        (
            "one",
            200,
            r#"{"access_token":"ENC:canary","expires_at":"2030-01-01T00:00:00Z"}"#,
            "unusable",
        ),
        (
            "one",
            200,
            r#"{"access_token":"v^1.1#a","expires_at":"tomorrow"}"#,
            "unusable",
        ),
        (
            "one",
            200,
            r#"{"expires_at":"2030-01-01T00:00:00Z"}"#,
            "unusable",
        ),
        ("one", 200, "canary", "unusable"),
        ("one", 401, "", "unaccepted"),
        ("one", 404, "", "unusable"),
        ("one", 502, "canary", "unavailable"),
        (
            "all",
            200,
            r#"{"success":true,"refreshed_count":0,"failed_count":3}"#,
            "refreshed",
        ),
        (
            "all",
            200,
            r#"{"success":false,"refreshed_count":0,"failed_count":3}"#,
            "unavailable",
        ),
        ("all", 200, r#"{"success":true}"#, "unusable"),
        ("all", 401, "", "unaccepted"),
        ("all", 504, "", "unavailable"),
    ];

    #[test]
    fn every_answer_has_one_meaning() {
        for (kind, status, body, expected) in MEANINGS {
            let answered = Answered {
                status,
                body: body.as_bytes().to_vec(),
            };
            let exchanged = judge(&ask(kind), &answered, Timestamp(1_000));
            assert_eq!(name(&exchanged), expected, "{kind} {status} {body}");
            let shown = format!("{exchanged:?}");
            assert!(!shown.contains("canary"), "{shown}");
        }
    }

    #[test]
    fn a_grant_has_what_came() {
        let body = br#"{"access_token":"v^1.1#a","expires_in":60,"refresh_token":"v^1.1#r"}"#;
        let answered = Answered {
            status: 200,
            body: body.to_vec(),
        };
        let granted = Exchanged::Granted {
            access: secret("v^1.1#a"),
            expires_at: Timestamp(61_000),
            refresh: Some(secret("v^1.1#r")),
        };
        assert_eq!(judge(&ask("refresh"), &answered, Timestamp(1_000)), granted);
    }
}
