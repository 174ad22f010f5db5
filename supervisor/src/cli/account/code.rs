//! The page on which a seller consents, and the code that comes back. Pure.

use std::fmt::Write as _;

use shared::secret::Secret;

/// What Bulkhead may do for the seller: read what its workers read.
const SCOPES: [&str; 4] = [
    "https://api.ebay.com/oauth/api_scope",
    "https://api.ebay.com/oauth/api_scope/sell.fulfillment.readonly",
    "https://api.ebay.com/oauth/api_scope/sell.inventory",
    "https://api.ebay.com/oauth/api_scope/sell.finances",
];
/// The longest code, in bytes.
const MAX_CODE: usize = 4 * 1024;

/// Where the seller consents.
pub(super) fn consent_url(host: &str, client_id: &str, ru_name: &str, state: &str) -> String {
    let fields = [
        ("client_id", client_id),
        ("response_type", "code"),
        ("redirect_uri", ru_name),
        ("scope", &SCOPES.join(" ")),
        ("state", state),
    ];
    let mut url = format!("{host}/oauth2/authorize");
    for (position, (name, value)) in fields.into_iter().enumerate() {
        url.push(if position == 0 { '?' } else { '&' });
        url.push_str(name);
        url.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                url.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                write!(url, "%{byte:02X}").unwrap_or_default();
            }
        }
    }
    url
}

/// The code in what was pasted: the address of a page, or the code as it stands there.
pub(super) fn code_in(pasted: &str, state: &str) -> Result<Secret, &'static str> {
    let pasted = pasted.trim();
    let code = match pasted.split_once('?') {
        None if pasted.contains("://") => return Err("the address has no code in it"),
        None => pasted.to_owned(),
        Some((_, query)) => {
            let query = query.split('#').next().unwrap_or_default();
            let field = |wanted: &str| {
                let fields = query.split('&').filter_map(|field| field.split_once('='));
                let mut values = fields.filter(|(name, _)| *name == wanted);
                values.next().map(|(_, value)| value)
            };
            if field("state").is_some_and(|found| found != state) {
                return Err("the address belongs to another consent: begin again");
            }
            field("code")
                .ok_or("the address has no code in it")?
                .to_owned()
        }
    };
    let code = decoded(&code).ok_or("the code is damaged: paste it once more")?;
    if code.is_empty() || code.len() > MAX_CODE || !code.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return Err("that is no code");
    }
    Ok(Secret::new(code))
}

/// Text with its percent signs resolved; `None` if they make no sense.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let value = digit(rest.next()?)? * 16 + digit(rest.next()?)?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_everything_encoded() {
        let url = consent_url("https://auth.ebay.com", "App-1", "A&B c", "7");
        let head = "https://auth.ebay.com/oauth2/authorize?client_id=App-1&response_type=code&redirect_uri=A%26B%20c&scope=https%3A%2F%2F";
        assert!(url.starts_with(head) && url.ends_with("&state=7"), "{url}");
        assert!(url.contains("%20https"), "{url}");
    }

    #[test]
    fn a_code_alone_or_in_an_address() {
        let cases = [
            ("v%5E1.1%23i%5E1\n", Some("v^1.1#i^1")),
            ("v^1.1#i^1", Some("v^1.1#i^1")),
            ("https://x/?state=7&code=a%2Bb&expires_in=299", Some("a+b")),
            ("https://x/?code=a#part", Some("a")),
            ("https://x/?state=8&code=a", None),
            ("https://x/?error=access_denied", None),
            ("https://x/", None),
            ("", None),
            ("a b", None),
            ("a%2", None),
            ("a%zz", None),
            ("a%20b", None),
        ];
        for (pasted, expected) in cases {
            let code = code_in(pasted, "7").ok();
            let code = code.as_ref().map(Secret::expose);
            assert_eq!(code, expected, "{pasted}");
        }
    }
}
