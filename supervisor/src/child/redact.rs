//! Takes access tokens out of what a child wrote, before anybody keeps it.
//!
//! A child has its token in memory and may print it in an error or a panic; what it prints goes
//! into reports, the log and the database, where no token may be.

/// How eBay's access tokens begin.
const TOKEN: &str = "v^1.";
/// What stands in the place of one.
const GONE: &str = "v^1.…";

/// The text with every token cut to its beginning. A token ends at white space or a quote.
pub(super) fn without_tokens(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once(TOKEN) {
        out.push_str(before);
        out.push_str(GONE);
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`');
        rest = from.find(ends).and_then(|at| from.get(at..)).unwrap_or("");
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::without_tokens;

    #[test]
    fn tokens_go_and_the_rest_stays() {
        let cases = [
            ("", ""),
            ("no token, version 1.1", "no token, version 1.1"),
            ("Bearer v^1.1#i^1#abc refused", "Bearer v^1.… refused"),
            ("\"v^1.1#a\" and 'v^1.1#b'", "\"v^1.…\" and 'v^1.…'"),
            ("v^1.1#cut off", "v^1.… off"),
            ("v^1.1#end", "v^1.…"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_tokens(text), expected);
        }
    }
}
