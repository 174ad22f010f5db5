//! What to do after one try of a request: a pure decision.

use std::time::Duration;

use chrono::DateTime;
use fastrand::Rng;
use shared::attempt::Network;
use shared::failure::{Failure, Place};
use shared::time::Timestamp;

use super::errors::{ApiError, describe};
use super::quota::next_reset;
use super::redact;
use super::request::{Auth, Request, Shape};
use super::trading::{self, Meaning};
use crate::parse::xml::Asides;

/// The longest backoff between two tries; `Retry-After` may ask for more.
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// `errorId` of 429: the day's quota is used up, and minutes do not help.
const QUOTA_USED_UP: i64 = 2001;
/// The paths of the Inventory API.
const INVENTORY: &str = "/sell/inventory/";
/// `errorId`s of 409: too many tasks at once, or in the day.
const TOO_MANY_TASKS: [i64; 2] = [160_024, 160_025];

/// What one try came to.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// eBay answered.
    Answered {
        /// HTTP status.
        status: u16,
        /// The `Retry-After` header.
        retry_after: Option<&'a str>,
        /// Errors in the body, for a status that is not a success.
        errors: &'a [ApiError],
    },
    /// A Trading answer was read to its end; what it says of itself.
    Read(&'a Asides),
    /// There was no whole answer: no connection, no headers in time, a body cut off. In words.
    Broken(&'a str),
}

/// What came before this decision, and when it is made.
#[derive(Debug, Clone, Copy)]
pub struct Tries {
    /// How often the request was tried again already.
    pub retried: u32,
    /// How long the run may still wait.
    pub budget_left: Duration,
    /// The time.
    pub now: Timestamp,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The answer is good: read its body.
    Done,
    /// What was asked for does not exist, and the worker wants to know.
    Missing,
    /// There is nothing, and the worker wants to know.
    Empty,
    /// Try again after this long.
    Retry {
        /// How long to wait.
        after: Duration,
        /// Whether it counts as one of the tries; a `Retry-After` only costs budget.
        counted: bool,
    },
    /// The access token may be too old: ask once with a fresher one, else give up with this.
    Refresh(Failure),
    /// Give up.
    Fail(Failure),
}

/// Judges one try of a request.
pub fn decide(
    event: Event<'_>,
    request: &Request,
    tries: Tries,
    network: &Network,
    rng: &mut Rng,
) -> Verdict {
    let (status, retry_after, errors) = match event {
        Event::Broken(what) => return back_off(what, request, tries, network, rng),
        Event::Read(asides) => return read(asides, request, tries, network, rng),
        Event::Answered {
            status,
            retry_after,
            errors,
        } => (status, retry_after, errors),
    };
    let what = describe(status, errors);
    let has_id = |wanted: i64| errors.iter().any(|error| error.id == Some(wanted));
    match status {
        200..=203 => Verdict::Done,
        204 if request.shape == Shape::Nothing => Verdict::Done,
        204 if request.may_be_empty => Verdict::Empty,
        401 => Verdict::Refresh(Failure::Unauthorized { what }),
        // This API says so of an expired token, too.
        403 if request.path.starts_with(INVENTORY) => Verdict::Refresh(Failure::Forbidden { what }),
        403 => Verdict::Fail(Failure::Forbidden { what }),
        // A Trading call has other words for what is missing.
        404 if request.may_be_missing
            && request.auth != Auth::Trading
            && request.missing_id.is_none_or(has_id) =>
        {
            Verdict::Missing
        }
        408 | 500..=599 => back_off(&what, request, tries, network, rng),
        409 if TOO_MANY_TASKS.into_iter().any(has_id) => {
            Verdict::Fail(Failure::Throttled { until: None, what })
        }
        429 => throttled(what, retry_after, has_id(QUOTA_USED_UP), tries, network),
        _ => Verdict::Fail(Failure::BadData {
            what,
            place: place(request),
        }),
    }
}

/// Judges a Trading answer that was read to its end.
fn read(
    asides: &Asides,
    request: &Request,
    tries: Tries,
    network: &Network,
    rng: &mut Rng,
) -> Verdict {
    let what = trading::describe(asides);
    match trading::meaning(asides) {
        Meaning::Fine => Verdict::Done,
        Meaning::TokenRefused => Verdict::Refresh(Failure::Unauthorized { what }),
        Meaning::Suspended => Verdict::Fail(Failure::Forbidden { what }),
        Meaning::CallsUsedUp => Verdict::Fail(Failure::Throttled {
            until: Some(next_reset(tries.now)),
            what,
        }),
        Meaning::PastTheEnd if request.may_be_missing => Verdict::Missing,
        Meaning::Internal => back_off(&what, request, tries, network, rng),
        Meaning::PastTheEnd | Meaning::Wrong => Verdict::Fail(Failure::BadData {
            what,
            place: place(request),
        }),
    }
}

fn place(request: &Request) -> Place {
    Place {
        request: redact::request_text(request),
        ..Place::default()
    }
}

/// Full jitter: somewhere between nothing and a bound that doubles.
fn back_off(
    what: &str,
    request: &Request,
    tries: Tries,
    network: &Network,
    rng: &mut Rng,
) -> Verdict {
    let bound = network
        .retry_base_ms
        .saturating_mul(1_u64.checked_shl(tries.retried).unwrap_or(u64::MAX));
    let bound = Duration::from_millis(bound).min(MAX_BACKOFF);
    let after = bound.mul_f64(rng.f64());
    if tries.retried >= network.retries || after > tries.budget_left {
        let what = match tries.retried {
            0 => what.to_owned(),
            retried => format!("{what} (tried {} times)", u64::from(retried) + 1),
        };
        return Verdict::Fail(Failure::Transient {
            what,
            place: place(request),
        });
    }
    Verdict::Retry {
        after,
        counted: true,
    }
}

fn throttled(
    what: String,
    retry_after: Option<&str>,
    quota: bool,
    tries: Tries,
    network: &Network,
) -> Verdict {
    if quota {
        return Verdict::Fail(Failure::Throttled {
            until: Some(next_reset(tries.now)),
            what,
        });
    }
    match retry_after.and_then(|text| parse_retry_after(text, tries.now)) {
        Some(wait) => {
            // A wait of nothing would go round for ever without touching the budget.
            let least = Duration::from_millis(network.retry_base_ms.max(1));
            let after = wait.max(least);
            if after <= tries.budget_left {
                return Verdict::Retry {
                    after,
                    counted: false,
                };
            }
            Verdict::Fail(Failure::Throttled {
                until: Some(tries.now.plus(wait)),
                what,
            })
        }
        None => Verdict::Fail(Failure::Throttled { until: None, what }),
    }
}

/// Seconds, or an HTTP date.
fn parse_retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(u64::from(seconds)));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    Some(Timestamp(date.timestamp_millis()).since(now))
}

#[cfg(test)]
mod tests;
