//! Where requests may go: HTTPS anywhere, plain HTTP to this machine only.

use std::net::IpAddr;

use reqwest::Url;
use shared::attempt::Endpoints;

use crate::confine::Doors;

/// Why a base URL is not accepted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not a URL of the kind that is wanted.
    #[error("endpoint {0} is not an http or https base URL")]
    Url(String),
    /// The token would travel in the clear.
    #[error("endpoint {0} is plain http to another machine")]
    Plain(String),
}

/// Checks both base URLs; says what they need of the outside.
pub fn doors(endpoints: &Endpoints) -> Result<Doors, EndpointError> {
    doors_of(&[&endpoints.api, &endpoints.apiz])
}

/// Checks URLs, which may have a path; says what they need of the outside.
pub fn doors_of(urls: &[&str]) -> Result<Doors, EndpointError> {
    let mut doors = Doors::default();
    for &base in urls {
        doors.roots |= is_https(base)?;
        let url = Url::parse(base).map_err(|_| EndpointError::Url(base.to_owned()))?;
        doors.names |= url.domain().is_some();
        doors.ports.extend(url.port_or_known_default());
    }
    doors.ports.sort_unstable();
    doors.ports.dedup();
    Ok(doors)
}

fn is_https(base: &str) -> Result<bool, EndpointError> {
    let wrong = || EndpointError::Url(base.to_owned());
    let url = Url::parse(base).map_err(|_| wrong())?;
    let host = url.host_str().ok_or_else(wrong)?;
    let nothing_else = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && !base.ends_with('/');
    match url.scheme() {
        "https" if nothing_else => Ok(true),
        "http" if nothing_else && is_loopback(host) => Ok(false),
        "http" if nothing_else => Err(EndpointError::Plain(base.to_owned())),
        _ => Err(wrong()),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors_are_those_of_both_endpoints() {
        let cases = [
            (
                ["https://api.ebay.com", "https://apiz.ebay.com:8443"],
                (vec![443, 8443], true, true),
            ),
            (
                ["http://127.0.0.1:8080", "http://[::1]:8080"],
                (vec![8080], false, false),
            ),
            (
                ["http://localhost", "https://127.0.0.1"],
                (vec![80, 443], true, true),
            ),
        ];
        for ([api, apiz], (ports, names, roots)) in cases {
            let endpoints = Endpoints {
                api: api.to_owned(),
                apiz: apiz.to_owned(),
            };
            let expected = Doors {
                ports,
                names,
                roots,
            };
            assert_eq!(doors(&endpoints), Ok(expected), "{api} {apiz}");
        }
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        let plain = |base: &str| Err(EndpointError::Plain(base.to_owned()));
        let wrong = |base: &str| Err(EndpointError::Url(base.to_owned()));
        let cases = [
            ("https://api.ebay.com", Ok(true)),
            ("http://127.0.0.1:80", Ok(false)),
            ("http://[::1]:8080", Ok(false)),
            ("http://localhost:1", Ok(false)),
            ("http://api.ebay.com", plain("http://api.ebay.com")),
            ("http://10.0.0.1", plain("http://10.0.0.1")),
            (
                "http://localhost.example",
                plain("http://localhost.example"),
            ),
            ("https://api.ebay.com/", wrong("https://api.ebay.com/")),
            (
                "https://u:p@api.ebay.com",
                wrong("https://u:p@api.ebay.com"),
            ),
            ("ftp://127.0.0.1", wrong("ftp://127.0.0.1")),
            ("", wrong("")),
        ];
        for (base, expected) in cases {
            assert_eq!(is_https(base), expected, "{base}");
        }
    }
}
