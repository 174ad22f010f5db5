//! The end of a token child: what is known of it, without any secret, and what is concluded.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use shared::death::{self, Cause, Evidence, Limits, MemorySlot, Outside, Verdict};
use shared::flight::Flight;
use shared::secret::Secret;
use shared::time::Timestamp;
use shared::wire::message::{Ask, Exchanged, FromChild};

use crate::child::link::LinkError;
use crate::crash;
use crate::outcome::{ExchangeKind, KillReason};

/// The longest build that a child may tell, in characters.
const MAX_BUILD: usize = 100;

/// What an exchange is about.
#[derive(Debug)]
pub(super) struct About {
    pub(super) kind: ExchangeKind,
    /// Whom it asks: scheme, host and port.
    pub(super) host: String,
    /// What its child was given, for taking it out of what it leaves.
    secrets: Vec<Secret>,
}

/// A token child that gave no answer, as far as anything is known of it. It holds no secret.
#[derive(Debug)]
pub(super) struct Dead {
    pub(super) kind: ExchangeKind,
    pub(super) host: String,
    pub(super) evidence: Evidence,
    pub(super) verdict: Verdict,
    pub(super) pid: Option<u32>,
    pub(super) child_build: Option<String>,
    pub(super) died_at: Option<Timestamp>,
    pub(super) peak_resident: Option<u64>,
}

/// What is known of a child's end.
pub(super) struct End {
    pub(super) answer: Option<Exchanged>,
    pub(super) hello: bool,
    pub(super) child_build: Option<String>,
    pub(super) kill: Option<KillReason>,
    pub(super) status: Option<ExitStatus>,
    pub(super) spawn_error: Option<String>,
    pub(super) pid: Option<u32>,
    pub(super) died_at: Option<Timestamp>,
    pub(super) limits: Option<Limits>,
    pub(super) flight: Result<Flight, String>,
    pub(super) peak_resident: Option<u64>,
    pub(super) outside: Outside,
    pub(super) signals_sent: Vec<i32>,
}

impl Default for End {
    fn default() -> Self {
        Self {
            answer: None,
            hello: false,
            child_build: None,
            kill: None,
            status: None,
            spawn_error: None,
            pid: None,
            died_at: None,
            limits: None,
            flight: Err("there is none".to_owned()),
            peak_resident: None,
            outside: Outside::default(),
            signals_sent: Vec::new(),
        }
    }
}

impl About {
    /// What this question is about.
    pub(super) fn of(ask: &Ask, url: &str) -> Self {
        let secrets = match ask {
            Ask::Refresh {
                client_secret,
                refresh_token,
                ..
            } => vec![client_secret.clone(), refresh_token.clone()],
            Ask::Code {
                client_secret,
                code,
                ..
            } => vec![client_secret.clone(), code.clone()],
            Ask::WebApp { key, .. } | Ask::WebAppRefresh { key } => vec![key.clone()],
        };
        Self {
            kind: ExchangeKind::of(ask),
            host: host_of(url),
            secrets,
        }
    }

    fn without_secrets(&self, text: &str) -> String {
        crash::without(text, &self.secrets)
    }
}

/// Scheme, host and port of a URL: no name and password, no path, no query.
fn host_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    match scheme {
        "http" | "https" => format!("{scheme}://{host}"),
        _ => host.to_owned(),
    }
}

impl End {
    pub(super) fn unborn(what: String) -> Self {
        Self {
            spawn_error: Some(what),
            ..Self::default()
        }
    }

    #[must_use]
    pub(super) fn kill(mut self, reason: KillReason) -> Self {
        self.kill = Some(reason);
        self
    }

    /// It said something else, or nothing any more.
    pub(super) fn broken(self, heard: Result<Option<FromChild>, LinkError>) -> Self {
        let what = match heard {
            Ok(Some(message)) => format!("{} is no answer", message.name()),
            Err(error) if error.is_violation() => error.to_string(),
            // The stream ended: so does the process, and its status says why.
            Ok(None) | Err(_) => return self,
        };
        self.kill(KillReason::Violation { what, run: None })
    }

    /// The answer of a child that lived well, or its death.
    pub(super) fn conclude(self, about: About) -> Result<Exchanged, Box<Dead>> {
        let (answer, pid, died_at, peak) = (
            self.answer.clone(),
            self.pid,
            self.died_at,
            self.peak_resident,
        );
        let child_build = self.child_build.as_deref().map(|build| {
            let plain = build.chars().filter(|c| !c.is_control());
            about.without_secrets(&plain.take(MAX_BUILD).collect::<String>())
        });
        let evidence = self.evidence(&about);
        let verdict = death::classify(&evidence);
        match answer {
            Some(answer) if verdict.cause == Cause::Completed => Ok(answer),
            _ => Err(Box::new(Dead {
                kind: about.kind,
                host: about.host,
                evidence,
                verdict,
                pid,
                child_build,
                died_at,
                peak_resident: peak,
            })),
        }
    }

    fn evidence(self, about: &About) -> Evidence {
        let mut flight = self.flight;
        if let Ok(Flight {
            panic: Some(panic), ..
        }) = &mut flight
        {
            panic.text = about.without_secrets(&panic.text);
        }
        Evidence {
            spawn_error: self.spawn_error,
            ending: self.status.and_then(death::ending),
            raw_status: self.status.map(ExitStatus::into_raw),
            kill: self.kill,
            signals_sent: self.signals_sent,
            hello: self.hello,
            bye: self.answer.is_some(),
            exchange: true,
            flight,
            limits: self.limits,
            slot: MemorySlot::Normal,
            cgroup_oom_kills: None,
            outside: self.outside,
            stderr_tail: String::new(),
            runs: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::flight::{PanicNote, initial, read};

    const URL: &str = "https://me:pass@app.example:8443/base/token?key=canary#x";

    fn about() -> About {
        let secret = |text: &str| Secret::new(text.to_owned());
        let ask = Ask::Refresh {
            client_id: "App-1".to_owned(),
            client_secret: secret("canary-client-secret"),
            refresh_token: secret("v^1.1#canary-refresh"),
        };
        About::of(&ask, URL)
    }

    #[test]
    fn a_url_is_told_by_its_host_alone() {
        let cases = [
            (URL, "https://app.example:8443"),
            ("http://[::1]:80", "http://[::1]:80"),
            ("https://a?b@c", "https://a"),
            ("app.example/x", "app.example"),
        ];
        for (url, expected) in cases {
            assert_eq!(host_of(url), expected);
        }
    }

    #[test]
    fn what_a_dead_child_left_is_kept_without_its_secrets() {
        let mut flight = read(&initial(&[])).unwrap();
        flight.panic = Some(PanicNote {
            text: "no canary-client-secret for v^1.1#canary-refresh, at src/x.rs:1:1".to_owned(),
            run: None,
        });
        let end = End {
            hello: true,
            child_build: Some("canary-client-secret\n".repeat(9)),
            status: Some(ExitStatus::from_raw(6)),
            pid: Some(7),
            flight: Ok(flight),
            ..End::default()
        };
        let dead = end.conclude(about()).unwrap_err();
        assert_eq!(dead.verdict.cause, Cause::Panic);
        let text = format!("{dead:?}");
        assert!(!text.contains("canary"), "{text}");
        assert!(
            text.contains("src/x.rs:1:1"),
            "where it panicked stays: {text}"
        );
    }

    #[test]
    fn an_answer_counts_only_after_a_clean_end() {
        let answered = |status: i32| End {
            hello: true,
            answer: Some(Exchanged::Refreshed {
                refreshed: 1,
                failed: 0,
            }),
            status: Some(ExitStatus::from_raw(status)),
            ..End::default()
        };
        assert!(answered(0).conclude(about()).is_ok());
        let killed = answered(9).conclude(about()).unwrap_err();
        assert_eq!(killed.verdict.cause, Cause::KilledExternally);
    }
}
