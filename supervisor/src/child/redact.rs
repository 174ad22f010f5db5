//! Takes access tokens out of what a child wrote, before anybody keeps it.
//!
//! A child has its token in memory and may print it in an error or a panic; what it prints goes
//! into reports, the log and the database, where no token may be. Whole tokens are known by how
//! they begin; a piece of one, where text was cut, by the tokens that were given.

use shared::failure::Failure;
use shared::secret::Secret;

/// How eBay's access tokens begin.
const TOKEN: &str = "v^1.";
/// What stands in the place of one.
const GONE: &str = "v^1.…";

/// The text with every token cut to its beginning. A token ends at white space or a quote.
pub fn without_tokens(text: &str) -> String {
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

/// What a child said of its failure, without tokens.
pub fn failure(mut failure: Failure) -> Failure {
    let (what, place) = match &mut failure {
        Failure::Transient { what, place }
        | Failure::BadData { what, place }
        | Failure::TooLarge { what, place }
        | Failure::Incomplete { what, place } => (what, Some(place)),
        Failure::Throttled { what, .. }
        | Failure::Unauthorized { what }
        | Failure::Forbidden { what }
        | Failure::Bug { what } => (what, None),
    };
    *what = without_tokens(what);
    if let Some(place) = place {
        place.request = without_tokens(&place.request);
        place.path = without_tokens(&place.path);
    }
    failure
}

/// The shortest piece of a token that is looked for, in bytes: a shorter one tells nothing.
const PIECE: usize = 8;

/// Where text goes on in the middle of a token, the text after that.
pub(super) fn without_rest<'a>(text: &'a [u8], given: &[Secret]) -> &'a [u8] {
    let rest = |token: &Secret| {
        let token = token.expose().as_bytes();
        let longest = token.len().min(text.len());
        (PIECE..=longest)
            .rev()
            .find(|len| text.get(..*len) == token.get(token.len() - len..))
    };
    let cut = given.iter().filter_map(rest).max().unwrap_or(0);
    text.get(cut..).unwrap_or_default()
}

/// Where text ends in the middle of a token, the text before that.
pub(super) fn without_start<'a>(text: &'a [u8], given: &[Secret]) -> &'a [u8] {
    let start = |token: &Secret| {
        let token = token.expose().as_bytes();
        let longest = token.len().min(text.len());
        (1..=longest)
            .rev()
            .find(|len| text.get(text.len() - len..) == token.get(..*len))
    };
    let cut = given.iter().filter_map(start).max().unwrap_or(0);
    text.get(..text.len() - cut).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_given_tokens_go() {
        let given = ["v^1.1#i^1#abcdefgh", "v^1.1#other"].map(|text| Secret::new(text.to_owned()));
        let cases = [
            ("", "", ""),
            ("abcdefgh refused", " refused", "abcdefgh refused"),
            ("1#i^1#abcdefgh", "", "1#i^1#abcdefgh"),
            ("defgh refused", "defgh refused", "defgh refused"),
            ("^1.1#other!", "!", "^1.1#other!"),
            ("Bearer v^1.1#i^1#ab", "Bearer v^1.1#i^1#ab", "Bearer "),
            ("Bearer v^", "Bearer v^", "Bearer "),
            ("Bearer", "Bearer", "Bearer"),
        ];
        for (text, after, before) in cases {
            assert_eq!(
                without_rest(text.as_bytes(), &given),
                after.as_bytes(),
                "{text}"
            );
            assert_eq!(
                without_start(text.as_bytes(), &given),
                before.as_bytes(),
                "{text}"
            );
        }
    }

    #[test]
    fn a_failure_tells_no_token() {
        let what = "refused v^1.1#abc".to_owned();
        let place = shared::failure::Place {
            request: "GET /a?t=v^1.1#abc".to_owned(),
            path: "v^1.1#abc".to_owned(),
            ..shared::failure::Place::default()
        };
        for said in [
            Failure::Incomplete {
                what: what.clone(),
                place,
            },
            Failure::Bug { what },
        ] {
            let text = failure(said).to_string();
            assert!(
                !text.contains("abc") && text.contains("refused v^1.…"),
                "{text}"
            );
        }
    }

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
