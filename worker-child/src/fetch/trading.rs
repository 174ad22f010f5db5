//! What a Trading answer says of itself: HTTP 200 says nothing, `Ack` and `Errors` decide.
//!
//! By code and class only: the words are in the language of the site.

use std::fmt::Write as _;

use super::redact;
use crate::parse::xml::{AsideError, Asides};

/// Codes of a token that is missing, invalid, expired, revoked or without the scope.
const TOKEN_REFUSED: [&str; 6] = ["930", "931", "932", "17470", "21916984", "21917053"];
/// The account is suspended.
const SUSPENDED: &str = "841";
/// The application has made all calls of its day.
const CALLS_USED_UP: &str = "518";
/// The page is past the end of the set.
const PAST_THE_END: &str = "340";
/// eBay's own mistake.
const INTERNAL: &str = "10007";

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// It is good, perhaps with warnings.
    Fine,
    /// The access token is no good.
    TokenRefused,
    /// The account may not do this.
    Suspended,
    /// No call helps before the quota's reset.
    CallsUsedUp,
    /// The page is past the end of the set: the set has shrunk.
    PastTheEnd,
    /// eBay could not, and may be able to in a moment.
    Internal,
    /// The request or the answer makes no sense.
    Wrong,
}

/// Judges an answer that was read to its end.
///
/// A partial failure is none that we could use: which part is missing is not told. Neither is an
/// answer that acknowledges success and reports an error, or one that acknowledges nothing.
pub fn meaning(asides: &Asides) -> Meaning {
    let good = |ack: &String| matches!(ack.as_str(), "Success" | "Warning");
    let acknowledged = !asides.acks.is_empty() && asides.acks.iter().all(good);
    if acknowledged && asides.errors.iter().all(is_warning) {
        return Meaning::Fine;
    }
    let any = |what: &dyn Fn(&AsideError) -> bool| {
        asides.errors.iter().any(|e| !is_warning(e) && what(e))
    };
    let code = |wanted: &'static str| any(&|error| error.code == wanted);
    if any(&|error| TOKEN_REFUSED.contains(&error.code.as_str())) {
        Meaning::TokenRefused
    } else if code(SUSPENDED) {
        Meaning::Suspended
    } else if code(CALLS_USED_UP) {
        Meaning::CallsUsedUp
    } else if code(INTERNAL) || any(&|error| error.class == "SystemError") {
        Meaning::Internal
    } else if code(PAST_THE_END) {
        Meaning::PastTheEnd
    } else {
        Meaning::Wrong
    }
}

fn is_warning(error: &AsideError) -> bool {
    error.severity == "Warning"
}

/// `Ack` and errors as one bounded fragment: `Ack is Failure: 37 Input data is invalid.`
pub fn describe(asides: &Asides) -> String {
    let mut text = match asides.acks.first() {
        Some(ack) => format!("Ack is {ack}"),
        None => "there is no Ack".to_owned(),
    };
    let errors = asides.errors.iter().filter(|error| !is_warning(error));
    for (position, error) in errors.enumerate() {
        text.push_str(if position == 0 { ":" } else { ";" });
        for part in [&error.code, long_or_short(error)] {
            if !part.is_empty() {
                // Writing to a String cannot fail.
                write!(text, " {}", part.trim()).ok();
            }
        }
    }
    redact::saying(&text)
}

const fn long_or_short(error: &AsideError) -> &String {
    if error.long.is_empty() {
        &error.short
    } else {
        &error.long
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str, severity: &str, class: &str) -> AsideError {
        AsideError {
            code: code.to_owned(),
            severity: severity.to_owned(),
            class: class.to_owned(),
            short: "s".to_owned(),
            long: String::new(),
        }
    }

    fn answer(acks: &[&str], errors: &[AsideError]) -> Asides {
        Asides {
            acks: acks.iter().map(|ack| (*ack).to_owned()).collect(),
            errors: errors.to_vec(),
            error_count: errors.len() as u64,
        }
    }

    #[test]
    fn acks_and_codes() {
        let request = |code: &str| error(code, "Error", "RequestError");
        let warning = error("21927", "Warning", "RequestError");
        #[rustfmt::skip]
        let cases = [
            (&["Success"][..], vec![], Meaning::Fine),
            (&["Warning"], vec![warning.clone()], Meaning::Fine),
            (&["Success"], vec![warning.clone()], Meaning::Fine),
            (&[], vec![], Meaning::Wrong),
            (&[""], vec![], Meaning::Wrong),
            (&["success"], vec![], Meaning::Wrong),
            (&["CustomCode"], vec![], Meaning::Wrong),
            (&["Failure"], vec![], Meaning::Wrong),
            (&["PartialFailure"], vec![warning.clone()], Meaning::Wrong),
            (&["Success", "Failure"], vec![], Meaning::Wrong),
            (&["Success"], vec![request("37")], Meaning::Wrong),
            (&["Success"], vec![error("37", "", "")], Meaning::Wrong),
            (&["Failure"], vec![request("37")], Meaning::Wrong),
            (&["Failure"], vec![request("")], Meaning::Wrong),
            (&["Failure"], vec![request("930")], Meaning::TokenRefused),
            (&["Failure"], vec![request("931")], Meaning::TokenRefused),
            (&["Failure"], vec![request("932")], Meaning::TokenRefused),
            (&["Failure"], vec![request("17470")], Meaning::TokenRefused),
            (&["Failure"], vec![request("21916984")], Meaning::TokenRefused),
            (&["PartialFailure"], vec![request("21917053")], Meaning::TokenRefused),
            (&["Failure"], vec![warning.clone(), request("932")], Meaning::TokenRefused),
            (&["Failure"], vec![error("932", "Warning", "")], Meaning::Wrong),
            (&["Failure"], vec![request("841")], Meaning::Suspended),
            (&["Failure"], vec![request("518")], Meaning::CallsUsedUp),
            (&["Failure"], vec![error("518", "Error", "SystemError")], Meaning::CallsUsedUp),
            (&["Failure"], vec![request("340")], Meaning::PastTheEnd),
            (&["Failure"], vec![request("10007")], Meaning::Internal),
            (&["Failure"], vec![error("20170", "Error", "SystemError")], Meaning::Internal),
            (&["Failure"], vec![error("1", "Warning", "SystemError"), request("37")], Meaning::Wrong),
        ];
        for (acks, errors, expected) in cases {
            let asides = answer(acks, &errors);
            assert_eq!(meaning(&asides), expected, "{asides:?}");
        }
    }

    #[test]
    fn words() {
        let warning = error("9", "Warning", "");
        let long = AsideError {
            long: "IAF token v^1.1#CANARY is invalid. ".to_owned(),
            ..error("21916984", "Error", "")
        };
        let bare = AsideError {
            short: String::new(),
            ..error("", "Error", "")
        };
        let cases = [
            (answer(&[], &[]), "there is no Ack"),
            (
                answer(&["Failure"], &[warning, long]),
                "Ack is Failure: 21916984 IAF token [token] is invalid.",
            ),
            (
                answer(&["PartialFailure"], &[error("37", "Error", ""), bare]),
                "Ack is PartialFailure: 37 s;",
            ),
        ];
        for (asides, expected) in cases {
            assert_eq!(describe(&asides), expected);
        }
    }
}
