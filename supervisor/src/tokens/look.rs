//! What an access token looks like. Pure.

/// The longest token, in bytes.
pub(super) const MAX_TOKEN: usize = 16 * 1024;
/// How eBay's access tokens begin.
const PREFIX: &str = "v^1.1#";
/// What no token has, besides what is not printed.
const QUOTES: [char; 3] = ['"', '\'', '`'];

/// Why this cannot be an access token, which stood in `size` bytes; `None` if it can.
pub(super) fn fault(token: &str, size: usize) -> Option<&'static str> {
    if token.is_empty() {
        Some("it is empty")
    } else if size > MAX_TOKEN {
        Some("it is larger than 16 KiB")
    } else if token.starts_with("ENC:") {
        Some("it is still encrypted (ENC:…)")
    } else if !is_plain(token) {
        Some("it has white space, quotes or other characters that no token has")
    } else if !token.starts_with(PREFIX) {
        Some("an access token begins with v^1.1#")
    } else {
        None
    }
}

/// Whether it has only characters that tokens have: where a child's words are searched for tokens,
/// one ends at any other.
pub(super) fn is_plain(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_graphic()) && !token.contains(QUOTES)
}
