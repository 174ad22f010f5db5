//! The ways in which a secret may stand in a body, a log line or a recording. Pure.

/// The shortest piece that is looked for, in bytes: a shorter one would be found by chance.
pub(super) const SHORTEST: usize = 8;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const FOR_URLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Every dress of a secret, itself first, each once: as it is, percent-encoded, escaped in JSON, and
/// in base64, also where it is a part of what was encoded. None that is too short to be looked for.
pub(super) fn dresses(secret: &str) -> Vec<String> {
    let mut all = vec![secret.to_owned()];
    for plain in ["-._~", "-._*", ""] {
        all.push(percent(secret, plain, |byte| format!("%{byte:02X}")));
        all.push(percent(secret, plain, |byte| format!("%{byte:02x}")));
    }
    all.extend(escaped(secret));
    for alphabet in [STANDARD, FOR_URLS] {
        all.extend((0..3).map(|before| base64_within(secret, before, alphabet)));
    }
    let mut each: Vec<String> = Vec::with_capacity(all.len());
    for dress in all {
        if dress.len() >= SHORTEST && !each.contains(&dress) {
            each.push(dress);
        }
    }
    each
}

fn percent(text: &str, plain: &str, encoded: impl Fn(u8) -> String) -> String {
    let stays = |byte: u8| byte.is_ascii_alphanumeric() || plain.bytes().any(|one| one == byte);
    let dressed = text.bytes().map(|byte| {
        if stays(byte) {
            char::from(byte).to_string()
        } else {
            encoded(byte)
        }
    });
    dressed.collect()
}

/// As JSON may have it: with the escapes that must be, with those that some writers add.
fn escaped(text: &str) -> Vec<String> {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    let inner = quoted.get(1..quoted.len().saturating_sub(1));
    let inner = inner.unwrap_or_default().to_owned();
    let unicode = |which: fn(char) -> bool, hex: fn(u32) -> String| {
        let dressed = text.chars().map(|c| {
            if which(c) {
                hex(u32::from(c))
            } else {
                c.to_string()
            }
        });
        dressed.collect::<String>()
    };
    let lower: fn(u32) -> String = |c| format!("\\u{c:04x}");
    let upper: fn(u32) -> String = |c| format!("\\u{c:04X}");
    let odd: fn(char) -> bool = |c| !c.is_ascii_alphanumeric();
    let of_html: fn(char) -> bool = |c| matches!(c, '<' | '>' | '&' | '\'');
    let caret: fn(char) -> bool = |c| c == '^';
    vec![
        inner.replace('/', "\\/"),
        inner,
        unicode(odd, lower),
        unicode(odd, upper),
        unicode(of_html, lower),
        unicode(of_html, upper),
        unicode(caret, lower),
        unicode(caret, upper),
    ]
}

/// What of the secret is sure to stand in base64 when `before` bytes (of three) stand before it and
/// anything behind it.
fn base64_within(secret: &str, before: usize, alphabet: &[u8; 64]) -> String {
    let bytes: Vec<u8> = std::iter::repeat_n(0, before)
        .chain(secret.bytes())
        .collect();
    let digit = |position: usize| {
        let bits = (0..6).map(|bit| position * 6 + bit);
        let value = bits.fold(0_usize, |value, bit| {
            let byte = bytes.get(bit / 8).copied().unwrap_or(0);
            value << 1 | usize::from(byte >> (7 - bit % 8) & 1)
        });
        alphabet.get(value).copied().map_or('=', char::from)
    };
    // The first digits that have a bit of what stands before, and the last that lack one, are unsure.
    let first = (before * 8).div_ceil(6);
    let end = bytes.len() * 8 / 6;
    (first..end).map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_many_dresses() {
        let all = dresses("PRD-a/b\"c^d&");
        for dress in [
            "PRD-a/b\"c^d&",
            "PRD-a%2Fb%22c%5Ed%26",
            "PRD-a%2fb%22c%5ed%26",
            "PRD%2Da%2Fb%22c%5Ed%26",
            "PRD-a/b\\\"c^d&",
            "PRD-a\\/b\\\"c^d&",
            "PRD-a/b\"c^d\\u0026",
            "PRD\\u002da\\u002fb\\u0022c\\u005ed\\u0026",
            "PRD-a/b\"c\\u005ed&",
        ] {
            assert!(all.iter().any(|one| one == dress), "{dress}: {all:?}");
        }
        assert!(
            dresses("short").is_empty() || dresses("short").iter().all(|one| one.len() >= SHORTEST)
        );
        assert_eq!(dresses(""), Vec::<String>::new());
    }

    #[test]
    fn base64_is_found_wherever_the_secret_stands_in_it() {
        // `App-1:canary-secret`, `xApp-1:canary-secret!` and so on, encoded by another program.
        let encoded = [
            "QXBwLTE6Y2FuYXJ5LXNlY3JldA==",
            "eEFwcC0xOmNhbmFyeS1zZWNyZXQh",
            "eHhBcHAtMTpjYW5hcnktc2VjcmV0ISE=",
        ];
        let all = dresses("canary-secret");
        for text in encoded {
            assert!(
                all.iter().any(|dress| text.contains(dress.as_str())),
                "{text}"
            );
        }
        assert_eq!(
            base64_within("canary-secret", 0, STANDARD),
            "Y2FuYXJ5LXNlY3JldA=="
                .trim_end_matches('=')
                .get(..17)
                .unwrap()
        );
        assert_eq!(base64_within("??>>", 0, STANDARD), "Pz8+P");
        assert_eq!(base64_within("??>>", 0, FOR_URLS), "Pz8-P");
    }
}
