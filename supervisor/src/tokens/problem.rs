//! Why an account has no access token, and how long it waits for one. Pure.

use std::fmt;
use std::time::Duration;

use shared::death::Verdict;
use shared::time::Timestamp;
use shared::wire::message::Exchanged;

use super::file::FileProblem;
use super::vault::VaultError;
use crate::child::redact;
use crate::outcome::CrashId;
use crate::policy;
use crate::store::TokenTrouble;

/// The least time until an account is tried again by itself, and the most.
pub(super) const RETRY: (Duration, Duration) = (Duration::from_secs(30), Duration::from_hours(1));
/// The longest words of a child that are repeated, in characters.
const LONGEST: usize = 300;

/// What kind of trouble it is, which says what ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Another token must be given: nothing is tried before.
    NeedsToken,
    /// The seller must give consent again: nothing is tried before.
    NeedsReconnect,
    /// Something on our side is not set up; it is looked at again now and then.
    NeedsSetup,
    /// It is tried again by itself.
    Unavailable,
    /// Nothing is wrong: we were asked to stop.
    Interrupted,
}

impl Kind {
    /// Its name, as `status` shows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NeedsToken => "needs_token",
            Self::NeedsReconnect => "needs_reconnect",
            Self::NeedsSetup => "needs_setup",
            Self::Unavailable => "token_unavailable",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Why there is no token, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenProblem {
    /// What kind of trouble.
    pub kind: Kind,
    /// What happened and what can be done, without any secret.
    pub what: String,
    /// When it is tried again by itself, if that is decided already.
    pub retry_at: Option<Timestamp>,
}

impl fmt::Display for TokenProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl TokenProblem {
    /// A problem in these words.
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            retry_at: None,
        }
    }

    /// The account's environment is not configured.
    pub fn no_environment(environment: &str) -> Self {
        let what = format!(
            "environment {environment} is not configured: add [environments.{environment}] with api and apiz"
        );
        Self::new(Kind::NeedsSetup, what)
    }

    pub(super) fn of_file(account: &str, problem: &FileProblem) -> Self {
        let fix = format!("bulkhead account set-token {account} --token-file FILE");
        Self::new(
            Kind::NeedsToken,
            format!("{problem}; write a fresh token there, or: {fix}"),
        )
    }

    pub(super) fn of_vault(error: &VaultError) -> Self {
        let temporary = matches!(error, VaultError::Store(error) if error.is_temporary());
        let kind = if temporary {
            Kind::Unavailable
        } else {
            Kind::NeedsSetup
        };
        Self::new(kind, error.to_string())
    }

    /// What an exchange that gave no token means for this account.
    pub(super) fn of_exchange(account: &str, exchanged: &Exchanged) -> Self {
        match exchanged {
            Exchanged::Revoked { what } => Self::new(
                Kind::NeedsReconnect,
                format!(
                    "{}: the seller must give consent again: bulkhead account set-token {account} --oauth",
                    words(what)
                ),
            ),
            Exchanged::Unaccepted { what } => Self::new(
                Kind::NeedsSetup,
                format!(
                    "{}: check the application (bulkhead application set) or INTERNAL_API_KEY",
                    words(what)
                ),
            ),
            Exchanged::Unusable { what } | Exchanged::Unavailable { what } => {
                Self::new(Kind::Unavailable, words(what))
            }
            Exchanged::Granted { .. } | Exchanged::Refreshed { .. } => Self::new(
                Kind::Unavailable,
                "the token child answered another question",
            ),
        }
    }

    /// A token child died. When the account is tried again is decided here, so that the report of the
    /// death can say it.
    pub(super) fn of_death(
        before: Option<&TokenTrouble>,
        now: Timestamp,
        rng: &mut fastrand::Rng,
    ) -> Self {
        let died = Self::new(Kind::Unavailable, "");
        let retry_at = died
            .remember(before, String::new(), now, rng)
            .and_then(|trouble| trouble.retry_at);
        Self { retry_at, ..died }
    }

    /// The same, in words: why it died, and where that is told.
    #[must_use]
    pub(super) fn told(self, verdict: &Verdict, report: Option<CrashId>) -> Self {
        let told = report.map_or_else(
            || "its report is in the log only".to_owned(),
            |id| format!("bulkhead crash show {id}"),
        );
        let (cause, sure) = (verdict.cause.name(), verdict.confidence.name());
        Self {
            what: format!("the token child died: {cause} ({sure}): {told}"),
            ..self
        }
    }

    /// What is remembered of it after `before`, what was remembered until now.
    ///
    /// `mark` is the mark of the credentials that were no good: with other ones the wait is over.
    pub(super) fn remember(
        &self,
        before: Option<&TokenTrouble>,
        mark: String,
        now: Timestamp,
        rng: &mut fastrand::Rng,
    ) -> Option<TokenTrouble> {
        let same = before.filter(|before| before.state == self.kind.name());
        let failures = same.map_or(0, |same| same.failures).saturating_add(1);
        let (mark, retry_at) = match self.kind {
            Kind::Interrupted => return None,
            Kind::NeedsToken | Kind::NeedsReconnect => (Some(mark), None),
            Kind::NeedsSetup | Kind::Unavailable => {
                let decided = self.retry_at;
                let fresh = || now.plus(policy::token_backoff(RETRY, failures, rng));
                (None, Some(decided.unwrap_or_else(fresh)))
            }
        };
        Some(TokenTrouble {
            state: self.kind.name().to_owned(),
            detail: Some(self.what.clone()),
            mark,
            retry_at,
            failures,
        })
    }
}

/// A child's words: bounded, printable and without tokens.
fn words(what: &str) -> String {
    let printable = what.chars().filter(|c| !c.is_control());
    redact::without_tokens(&printable.take(LONGEST).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_a_person_waits_for_one_and_the_rest_backs_off() {
        let now = Timestamp(1_000_000);
        let mut rng = fastrand::Rng::with_seed(1);
        let cases = [
            (Kind::NeedsToken, true),
            (Kind::NeedsReconnect, true),
            (Kind::NeedsSetup, false),
            (Kind::Unavailable, false),
        ];
        for (kind, waits_for_change) in cases {
            let problem = TokenProblem::new(kind, "w");
            let mut before: Option<TokenTrouble> = None;
            for count in 1..20 {
                let trouble = problem
                    .remember(before.as_ref(), "m".to_owned(), now, &mut rng)
                    .unwrap();
                assert_eq!(trouble.state, kind.name());
                assert_eq!(trouble.failures, count);
                assert_eq!(trouble.mark.is_some(), waits_for_change, "{kind:?}");
                assert_eq!(trouble.retry_at.is_none(), waits_for_change, "{kind:?}");
                if let Some(at) = trouble.retry_at {
                    let wait = at.since(now);
                    assert!(wait >= RETRY.0 && wait <= RETRY.1, "{wait:?}");
                    assert!(wait <= RETRY.0 * (1 << count), "{count}: {wait:?}");
                }
                before = Some(trouble);
            }
        }
        let stopped = TokenProblem::new(Kind::Interrupted, "w");
        assert_eq!(stopped.remember(None, String::new(), now, &mut rng), None);
    }

    #[test]
    fn a_death_is_tried_again_when_its_report_says() {
        let (now, later) = (Timestamp(1_000_000), Timestamp(9_000_000));
        let mut rng = fastrand::Rng::with_seed(1);
        let mut before: Option<TokenTrouble> = None;
        for count in 1..20 {
            let problem = TokenProblem::of_death(before.as_ref(), now, &mut rng);
            let at = problem.retry_at.unwrap();
            let trouble = problem.remember(before.as_ref(), String::new(), later, &mut rng);
            let trouble = trouble.unwrap();
            assert_eq!((trouble.retry_at, trouble.failures), (Some(at), count));
            assert!(at.since(now) >= RETRY.0 && at.since(now) <= RETRY.1);
            before = Some(trouble);
        }
    }

    #[test]
    fn another_trouble_begins_anew() {
        let mut rng = fastrand::Rng::with_seed(1);
        let before = TokenTrouble {
            state: Kind::NeedsSetup.name().to_owned(),
            detail: None,
            mark: None,
            retry_at: None,
            failures: 9,
        };
        let problem = TokenProblem::new(Kind::Unavailable, "w");
        let trouble = problem.remember(Some(&before), String::new(), Timestamp(0), &mut rng);
        assert_eq!(trouble.unwrap().failures, 1);
    }

    #[test]
    fn every_answer_without_a_token_has_its_trouble() {
        let what = || "v^1.1#canary\nand\u{7} more".to_owned();
        let cases = [
            (Exchanged::Revoked { what: what() }, Kind::NeedsReconnect),
            (Exchanged::Unaccepted { what: what() }, Kind::NeedsSetup),
            (Exchanged::Unusable { what: what() }, Kind::Unavailable),
            (Exchanged::Unavailable { what: what() }, Kind::Unavailable),
        ];
        for (exchanged, kind) in cases {
            let problem = TokenProblem::of_exchange("shop", &exchanged);
            assert_eq!(problem.kind, kind);
            let clean = !problem.what.contains("canary") && !problem.what.contains('\n');
            assert!(clean, "{problem}");
        }
    }
}
