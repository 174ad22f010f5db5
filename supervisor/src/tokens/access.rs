//! An access token in memory: whether it is believed, and how long it serves. Pure.

use std::time::Duration;

use shared::secret::Secret;
use shared::time::Timestamp;

use super::look;
use super::problem::{Kind, TokenProblem};

/// A token that is good for less than this is replaced before it is given to anybody.
const FRESH: Duration = Duration::from_mins(10);
/// The longest that a token is believed to be good for.
const LONGEST: Duration = Duration::from_hours(24);

/// An access token in memory.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) token: Secret,
    expires_at: Timestamp,
    /// The number of the refresh token that it came from; 0 without one.
    number: i64,
}

impl Access {
    /// Whether it may be given to an attempt now: it came from the refresh token of this number, is good
    /// for long enough, and is not the one that was refused.
    pub(super) fn serves(&self, number: i64, refused: Option<&Secret>, now: Timestamp) -> bool {
        self.number == number && self.expires_at >= now.plus(FRESH) && refused != Some(&self.token)
    }
}

/// A token, if it is one and good for a while.
pub(super) fn believed(
    token: Secret,
    expires_at: Timestamp,
    number: i64,
    now: Timestamp,
) -> Result<Access, TokenProblem> {
    if let Some(why) = look::fault(token.expose(), token.expose().len()) {
        let what = format!("what came is no access token: {why}");
        return Err(TokenProblem::new(Kind::Unavailable, what));
    }
    if expires_at <= now {
        let what = format!("the token that came ended at {expires_at}");
        return Err(TokenProblem::new(Kind::Unavailable, what));
    }
    Ok(Access {
        token,
        expires_at: expires_at.min(now.plus(LONGEST)),
        number,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_serves_while_it_is_good_for_long_enough() {
        let now = Timestamp(1_000_000);
        let secret = |text: &str| Secret::new(text.to_owned());
        let (own, other) = (secret("v^1.1#a"), secret("v^1.1#b"));
        let access = believed(own.clone(), now.plus(FRESH), 3, now).unwrap();
        let cases = [
            (3, None, now, true, "just long enough"),
            (3, None, Timestamp(now.0 + 1), false, "no longer"),
            (3, Some(&other), now, true, "another was refused"),
            (3, Some(&own), now, false, "it was refused"),
            (4, None, now, false, "the account was connected anew"),
        ];
        for (number, refused, now, expected, why) in cases {
            assert_eq!(access.serves(number, refused, now), expected, "{why}");
        }
    }

    #[test]
    fn only_a_token_that_is_good_is_believed() {
        let now = Timestamp(1_000_000);
        let in_a_minute = now.plus(Duration::from_mins(1));
        let cases = [
            ("v^1.1#a", in_a_minute, true),
            ("v^1.1#a", now, false),
            ("v^1.1#a", Timestamp(i64::MAX), true),
            ("ENC:canary", in_a_minute, false),
            ("", in_a_minute, false),
            ("v^1.1#a b", in_a_minute, false),
        ];
        for (text, expires_at, good) in cases {
            let access = believed(Secret::new(text.to_owned()), expires_at, 0, now);
            assert_eq!(access.is_ok(), good, "{text} {expires_at}");
            match access {
                Ok(access) => assert!(access.expires_at <= now.plus(LONGEST)),
                Err(problem) => assert!(!problem.what.contains("canary"), "{problem}"),
            }
        }
    }
}
