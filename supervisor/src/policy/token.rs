//! What the death of a token child costs, and how many of its reports are kept.
//!
//! It is charged to no worker: none of them ran in it. The account waits as for any token that it
//! cannot get, ever longer; an account that dies again and again at the same place is told of a few
//! times, not each time.

use std::time::Duration;

use shared::time::Timestamp;

use super::PolicyConfig;
use crate::outcome::{Decision, DecisionKind, ExchangeKind};

/// What is done about the death of a token child; `next` is when it is asked again by itself.
pub fn token_death(kind: ExchangeKind, next: Timestamp) -> Decision {
    let (decision, why) = match kind {
        ExchangeKind::Refresh | ExchangeKind::WebApp => (
            DecisionKind::Backoff,
            "the account waits for a token, ever longer, and all others go on",
        ),
        ExchangeKind::WebAppRefresh => (
            DecisionKind::Backoff,
            "the web app is asked again as often as before",
        ),
        ExchangeKind::Code => (
            DecisionKind::AwaitToken,
            "nothing was stored; nobody but the person at the terminal waited for it",
        ),
    };
    Decision {
        kind: decision,
        due_at: next,
        charged: false,
        why: why.to_owned(),
    }
}

/// How many reports of the same death of one account are kept, and within what time: as many as
/// would put a worker into quarantine. Further ones are told of by the newest.
pub fn token_reports(config: &PolicyConfig) -> (usize, Duration) {
    let enough = usize::try_from(config.quarantine_after.max(1)).unwrap_or(usize::MAX);
    (enough, config.tally_window.duration())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_charged_and_what_nobody_waits_for_is_not_asked_again() {
        let cases = [
            (ExchangeKind::Refresh, DecisionKind::Backoff),
            (ExchangeKind::WebApp, DecisionKind::Backoff),
            (ExchangeKind::WebAppRefresh, DecisionKind::Backoff),
            (ExchangeKind::Code, DecisionKind::AwaitToken),
        ];
        for (kind, expected) in cases {
            let decision = token_death(kind, Timestamp(7));
            assert_eq!(decision.kind, expected, "{kind:?}");
            assert_eq!((decision.due_at, decision.charged), (Timestamp(7), false));
        }
        let config = PolicyConfig {
            quarantine_after: 0,
            ..PolicyConfig::default()
        };
        assert_eq!(token_reports(&config).0, 1, "never none");
        assert_eq!(token_reports(&PolicyConfig::default()).0, 3);
    }
}
