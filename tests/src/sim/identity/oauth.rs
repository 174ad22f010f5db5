//! `POST /identity/v1/oauth2/token`: the grants `refresh_token` and `authorization_code`.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};

use super::super::Hub;
use super::{gate, in_json, mint};

/// Seconds for which eBay's refresh tokens are good.
const REFRESH_SECONDS: u64 = 47_304_000;

pub(super) async fn token(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = fields(&String::from_utf8_lossy(&body));
    let field = |name: &str| {
        let mut values = form.iter().filter(|(known, _)| known == name);
        values.next().map_or("", |(_, value)| value)
    };
    let is_code = field("grant_type") == "authorization_code";
    let question = if is_code { "code" } else { "refresh" };
    if let Some(answer) = gate(&hub, question).await {
        return answer;
    }
    let (known, account) = {
        let desk = &mut hub.world().desk;
        let application = desk.application.as_ref();
        let known = application.is_some_and(|application| {
            let pair = format!("{}:{}", application.client_id, application.client_secret);
            let basic = format!("Basic {}", base64(pair.as_bytes()));
            let given = headers.get(header::AUTHORIZATION);
            let redirects = !is_code || field("redirect_uri") == application.ru_name;
            given.is_some_and(|given| given.as_bytes() == basic.as_bytes()) && redirects
        });
        let account = if !known {
            None
        } else if is_code {
            desk.codes.remove(field("code"))
        } else {
            desk.consents.get(field("refresh_token")).cloned()
        };
        (known, account)
    };
    if !known {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let Some(account) = account else {
        return refused(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    let (access, seconds) = mint(&hub, &account);
    let mut answer = json!({
        "access_token": access,
        "expires_in": seconds.max(0),
        "token_type": "User Access Token",
    });
    if is_code && let Value::Object(members) = &mut answer {
        let desk = &mut hub.world().desk;
        let refresh = desk.next("refresh");
        desk.consents.insert(refresh.clone(), account);
        members.insert("refresh_token".to_owned(), json!(refresh));
        members.insert(
            "refresh_token_expires_in".to_owned(),
            json!(REFRESH_SECONDS),
        );
    }
    in_json(StatusCode::OK, &answer)
}

fn refused(status: StatusCode, error: &str) -> Response {
    let body = json!({ "error": error, "error_description": "the simulator says no" });
    in_json(status, &body)
}

fn fields(form: &str) -> Vec<(String, String)> {
    let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte.unwrap_or(b'0')).to_digit(16).unwrap_or(0);
        bytes.push(match byte {
            b'%' => {
                let value = digit(rest.next()) * 16 + digit(rest.next());
                u8::try_from(value).unwrap_or_default()
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Base64 as RFC 4648 has it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let mut bits = 0_usize;
        for place in 0..3 {
            bits = bits << 8 | usize::from(three.get(place).copied().unwrap_or(0));
        }
        for place in 0..4 {
            let digit = bits >> (18 - 6 * place) & 63;
            let is_there = place <= three.len();
            let byte = DIGITS.get(digit).copied().filter(|_| is_there);
            text.push(char::from(byte.unwrap_or(b'=')));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_the_standard() {
        let cases = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, encoded) in cases {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn a_form_is_decoded() {
        let expected = [("a", "v^1 &"), ("b", "")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(fields("a=v%5E1+%26&b="), expected);
    }
}
