//! When most attempts of several accounts die alike, it is not the accounts: starting pauses, and one
//! attempt at a time finds out whether it is over. Pure: a state machine of what ended, and when.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::id::AccountId;
use shared::time::Timestamp;

use super::PolicyConfig;

/// The global breaker.
#[derive(Debug, Default)]
pub struct Breaker {
    /// The last attempts that ended while it was closed, newest last.
    recent: VecDeque<Seen>,
    pause: Option<Pause>,
    /// Whose attempt is the probe.
    probe: Option<AccountId>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Whose.
    pub account: AccountId,
    /// The fingerprints of its deaths; none if it lived.
    pub fingerprints: Vec<String>,
}

/// What is paused for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The fingerprint that the deaths share.
    pub fingerprint: String,
    /// How many accounts had it.
    pub accounts: usize,
    /// When the next probe may start.
    pub until: Timestamp,
    /// How long this pause is, in milliseconds; the next one is twice as long.
    pub pause_ms: u64,
}

/// What may start now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// Everything.
    All,
    /// One attempt: the probe.
    Probe,
    /// Nothing.
    Nothing,
}

/// What the end of an attempt did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Starting is paused from now on.
    Opened(Pause),
    /// The probe died of the same; the pause is longer now.
    Stays(Pause),
    /// The probe did not: it is over.
    Closed(Pause),
}

/// Whether its time has come. One that is further away than it was long is of a clock that was set back.
fn is_over(pause: &Pause, now: Timestamp) -> bool {
    now >= pause.until || pause.until.since(now) > Duration::from_millis(pause.pause_ms)
}

impl Breaker {
    /// What may start at `now`.
    pub fn leave(&self, now: Timestamp) -> Leave {
        match &self.pause {
            None => Leave::All,
            Some(pause) if self.probe.is_none() && is_over(pause, now) => Leave::Probe,
            Some(_) => Leave::Nothing,
        }
    }

    /// What it is open for, if it is.
    pub fn pause(&self) -> Option<&Pause> {
        self.pause.as_ref()
    }

    /// This account's attempt is the probe.
    pub fn probing(&mut self, account: AccountId) {
        self.probe = Some(account);
    }

    /// The attempt of this account could not be started, or nothing can be learned from its end.
    pub fn no_end(&mut self, account: AccountId) {
        if self.probe == Some(account) {
            self.probe = None;
        }
    }

    /// An attempt has ended by itself.
    pub fn ended(&mut self, seen: Seen, now: Timestamp, config: &PolicyConfig) -> Option<Change> {
        let Some(open) = &self.pause else {
            return self.count(seen, now, config);
        };
        // Others that end meanwhile were started before.
        if self.probe != Some(seen.account) {
            return None;
        }
        self.probe = None;
        if !seen.fingerprints.contains(&open.fingerprint) {
            return self.pause.take().map(Change::Closed);
        }
        let longest = config.breaker_pause_cap.duration();
        let pause = (Duration::from_millis(open.pause_ms) * 2).min(longest);
        let next = Pause {
            fingerprint: open.fingerprint.clone(),
            ..paused(open.accounts, pause, now)
        };
        self.pause = Some(next.clone());
        Some(Change::Stays(next))
    }

    fn count(&mut self, seen: Seen, now: Timestamp, config: &PolicyConfig) -> Option<Change> {
        let window = usize::try_from(config.breaker_attempts).unwrap_or(usize::MAX);
        let prints = seen.fingerprints.clone();
        self.recent.push_back(seen);
        while self.recent.len() > window {
            self.recent.pop_front();
        }
        for fingerprint in prints {
            let alike = self.recent.iter();
            let alike = alike.filter(|seen| seen.fingerprints.contains(&fingerprint));
            let accounts: BTreeSet<AccountId> = alike.clone().map(|seen| seen.account).collect();
            let (deaths, accounts) = (alike.count(), accounts.len());
            let several = usize::try_from(config.breaker_accounts).unwrap_or(usize::MAX);
            if window > 0 && deaths * 2 >= window && accounts >= several {
                let pause = Pause {
                    fingerprint,
                    ..paused(accounts, config.breaker_pause.duration(), now)
                };
                self.recent.clear();
                self.pause = Some(pause.clone());
                return Some(Change::Opened(pause));
            }
        }
        None
    }
}

fn paused(accounts: usize, pause: Duration, now: Timestamp) -> Pause {
    Pause {
        fingerprint: String::new(),
        accounts,
        until: now.plus(pause),
        pause_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Span;

    const MINUTE: i64 = 60_000;

    fn config() -> PolicyConfig {
        PolicyConfig {
            breaker_attempts: 6,
            breaker_accounts: 3,
            breaker_pause: Span::from_mins(5),
            breaker_pause_cap: Span::from_mins(12),
            ..PolicyConfig::default()
        }
    }

    fn seen(account: i64, prints: &[&str]) -> Seen {
        Seen {
            account: AccountId(account),
            fingerprints: prints.iter().map(|&print| print.to_owned()).collect(),
        }
    }

    /// Whether these ends, one after the other, open it, and at which of them.
    fn opens_at(ends: &[(i64, &str)]) -> Option<usize> {
        let mut breaker = Breaker::default();
        ends.iter().position(|(account, print)| {
            let prints: Vec<&str> = print.split_whitespace().collect();
            let change = breaker.ended(seen(*account, &prints), Timestamp(0), &config());
            change.is_some()
        })
    }

    /// Ends of attempts, the one that opens it, why.
    type Case = (&'static [(i64, &'static str)], Option<usize>, &'static str);

    #[test]
    fn what_opens_it() {
        let cases: [Case; 7] = [
            (
                &[(1, "x"), (2, "x"), (3, "x")],
                Some(2),
                "half of six on three",
            ),
            (
                &[(1, "x"), (2, "x"), (2, "x"), (1, "x")],
                None,
                "on two accounts",
            ),
            (&[(1, "x"), (2, "y"), (3, "z"), (4, "v")], None, "not alike"),
            (
                &[(1, "x"), (2, ""), (3, ""), (4, "x"), (5, ""), (6, "x")],
                Some(5),
                "others live between them",
            ),
            (
                &[
                    (1, "x"),
                    (2, ""),
                    (3, ""),
                    (4, "x"),
                    (5, ""),
                    (6, ""),
                    (7, "x"),
                ],
                None,
                "the first one is too long ago",
            ),
            (
                &[(1, "x y"), (2, "y"), (3, "z y")],
                Some(2),
                "one of several runs",
            ),
            (&[(1, ""), (2, ""), (3, "")], None, "all is well"),
        ];
        for (ends, expected, why) in cases {
            assert_eq!(opens_at(ends), expected, "{why}");
        }
    }

    #[test]
    fn one_probe_at_a_time_and_pauses_that_grow() {
        let config = config();
        let mut breaker = Breaker::default();
        let mut opened = None;
        for account in 1..=3 {
            assert_eq!(breaker.leave(Timestamp(0)), Leave::All);
            opened = breaker.ended(seen(account, &["x"]), Timestamp(0), &config);
        }
        let Some(Change::Opened(pause)) = opened else {
            panic!("it is open");
        };
        assert_eq!((pause.fingerprint.as_str(), pause.accounts), ("x", 3));
        let mut now = 0;
        for minutes in [5, 10, 12, 12] {
            let due = now + minutes * MINUTE;
            assert_eq!(breaker.leave(Timestamp(due - 1)), Leave::Nothing);
            let back = Timestamp(now - 1);
            assert_eq!(breaker.leave(back), Leave::Probe, "the clock was set back");
            assert_eq!(breaker.leave(Timestamp(due)), Leave::Probe);
            breaker.probing(AccountId(2));
            assert_eq!(
                breaker.leave(Timestamp(due)),
                Leave::Nothing,
                "one at a time"
            );
            let late = breaker.ended(seen(1, &[]), Timestamp(due), &config);
            assert_eq!(late, None, "not the probe");
            let died = breaker.ended(seen(2, &["x"]), Timestamp(due), &config);
            assert!(matches!(died, Some(Change::Stays(_))), "{died:?}");
            now = due;
        }
        let due = Timestamp(now + 12 * MINUTE);
        breaker.probing(AccountId(3));
        breaker.no_end(AccountId(3));
        assert_eq!(breaker.leave(due), Leave::Probe, "it had no token");
        breaker.probing(AccountId(1));
        let lived = breaker.ended(seen(1, &["another"]), due, &config);
        assert!(matches!(lived, Some(Change::Closed(_))), "{lived:?}");
        assert_eq!(breaker.leave(due), Leave::All);
        let next = breaker.ended(seen(1, &["x"]), due, &config);
        assert_eq!(next, None, "it begins anew");
    }

    #[test]
    fn it_can_be_switched_off() {
        let off = PolicyConfig {
            breaker_attempts: 0,
            ..config()
        };
        let mut breaker = Breaker::default();
        for account in 0..20 {
            let change = breaker.ended(seen(account, &["x"]), Timestamp(0), &off);
            assert_eq!(change, None);
        }
    }
}
