//! The tables that carry a name: environments (where eBay is) and accounts (what differs there).

use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use shared::attempt::Endpoints;

use super::sections::{LimitsConfig, TimeoutsConfig};
use super::units::{Bytes, Span};

/// `[environments.NAME]`: base URLs without a trailing slash. Plain HTTP only on loopback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentConfig {
    /// Host of most APIs, for example `https://api.ebay.com`.
    pub api: String,
    /// Host of the Finances API, for example `https://apiz.ebay.com`.
    pub apiz: String,
    /// Where sellers give consent, for example `https://auth.ebay.com`; by default as `api`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
}

impl EnvironmentConfig {
    /// The environments that need no configuration.
    pub fn built_in(name: &str) -> Option<Self> {
        let (api, apiz, auth) = match name {
            "production" => (
                "https://api.ebay.com",
                "https://apiz.ebay.com",
                "https://auth.ebay.com",
            ),
            "sandbox" => (
                "https://api.sandbox.ebay.com",
                "https://apiz.sandbox.ebay.com",
                "https://auth.sandbox.ebay.com",
            ),
            _ => return None,
        };
        Some(Self {
            api: api.to_owned(),
            apiz: apiz.to_owned(),
            auth: Some(auth.to_owned()),
        })
    }

    /// As an attempt carries it.
    pub fn endpoints(&self) -> Endpoints {
        Endpoints {
            api: self.api.clone(),
            apiz: self.apiz.clone(),
        }
    }
}

/// `[accounts.NAME]`: what differs for one account; what is not named is as for all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountConfig {
    /// Instead of `limits.memory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
    /// Instead of `limits.big_slot`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub big_slot: Option<Bytes>,
    /// Instead of `limits.cpu`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Span>,
    /// Instead of `timeouts.silence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence: Option<Span>,
    /// Instead of `timeouts.deadline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Span>,
    /// Instead of `timeouts.snapshot_deadline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_deadline: Option<Span>,
}

impl AccountConfig {
    /// The limits with this account's differences.
    pub fn limits(&self, all: &LimitsConfig) -> LimitsConfig {
        LimitsConfig {
            memory: self.memory.unwrap_or(all.memory),
            big_slot: self.big_slot.unwrap_or(all.big_slot),
            cpu: self.cpu.unwrap_or(all.cpu),
            ..*all
        }
    }

    /// The timeouts with this account's differences.
    pub fn timeouts(&self, all: &TimeoutsConfig) -> TimeoutsConfig {
        TimeoutsConfig {
            silence: self.silence.unwrap_or(all.silence),
            deadline: self.deadline.unwrap_or(all.deadline),
            snapshot_deadline: self.snapshot_deadline.unwrap_or(all.snapshot_deadline),
            ..*all
        }
    }
}

/// Why a base URL cannot be used, as the remedy; `None` if it can.
pub(super) fn url_fault(url: &str) -> Option<&'static str> {
    const SHAPE: &str = "write scheme and host only, for example https://api.ebay.com, with no \
                         path and no slash at the end";
    let (plain, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (false, rest),
        (None, Some(rest)) => (true, rest),
        (None, None) => return Some("a base URL begins with https://"),
    };
    let Some((host, port)) = split_port(rest) else {
        return Some(SHAPE);
    };
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let is_v6 = host.parse::<Ipv6Addr>().is_ok();
    if host.is_empty() || !(is_v6 || host.chars().all(legal)) {
        return Some(SHAPE);
    }
    if port.is_some_and(|port| port.parse::<u16>().map_or(true, |number| number == 0)) {
        return Some("a port is a number from 1 to 65535");
    }
    let loopback = host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    (plain && !loopback)
        .then_some("use https://; plain http:// is for 127.0.0.1, [::1] or localhost")
}

// `host`, `host:port`, `[v6]`, `[v6]:port`; the host without brackets.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return match after.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None if after.is_empty() => Some((host, None)),
            None => None,
        };
    }
    match authority.split_once(':') {
        Some((_, port)) if port.contains(':') => None,
        Some((host, port)) => Some((host, Some(port))),
        None => Some((authority, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        for good in [
            "https://api.ebay.com",
            "https://proxy.example:8443",
            "http://127.0.0.1:40001",
            "http://127.9.9.9",
            "http://[::1]:80",
            "http://localhost:1",
        ] {
            assert_eq!(url_fault(good), None, "{good}");
        }
        for bad in [
            "",
            "api.ebay.com",
            "ftp://api.ebay.com",
            "https://",
            "https://api.ebay.com/",
            "https://api.ebay.com/ws",
            "https://user@api.ebay.com",
            "https://api.ebay.com?x",
            "https://api.ebay.com:",
            "https://api.ebay.com:0",
            "https://api.ebay.com:65536",
            "https://[::1",
            "http://api.ebay.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "http://10.0.0.1",
            "http://[::2]",
        ] {
            assert!(url_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn an_account_differs_only_where_it_says_so() {
        let all = LimitsConfig::default();
        let account = AccountConfig {
            memory: Some(Bytes::from_mib(24)),
            ..AccountConfig::default()
        };
        let limits = account.limits(&all);
        assert_eq!(limits.memory, Bytes::from_mib(24));
        assert_eq!(limits.big_slot, all.big_slot);
        let timeouts = TimeoutsConfig::default();
        assert_eq!(account.timeouts(&timeouts), timeouts);
    }
}
