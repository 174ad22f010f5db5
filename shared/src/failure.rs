//! What a run says when it cannot go on: a closed set. Only `policy` decides what each one costs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Where in eBay's answer something was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Method and path of the request, without secrets; empty if none was made.
    pub request: String,
    /// Byte offset in the unpacked body.
    pub byte: Option<u64>,
    /// Element or JSON path.
    pub path: String,
    /// Index of the item in the body, from 0.
    pub item: Option<u64>,
}

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The network or eBay's servers; trying later may help.
    Transient {
        /// What happened.
        what: String,
        /// Where.
        place: Place,
    },
    /// eBay asks to come back later.
    Throttled {
        /// When, if eBay said so.
        until: Option<Timestamp>,
        /// What happened.
        what: String,
    },
    /// The access token was refused.
    Unauthorized {
        /// eBay's words.
        what: String,
    },
    /// The token is good but may not do this.
    Forbidden {
        /// eBay's words, with the scope if it named one.
        what: String,
    },
    /// eBay's answer does not make sense.
    BadData {
        /// What is wrong.
        what: String,
        /// Where.
        place: Place,
    },
    /// A cap was exceeded.
    TooLarge {
        /// Which cap.
        what: String,
        /// Where.
        place: Place,
    },
    /// Something was not read to its end, or totals do not match.
    Incomplete {
        /// What is missing.
        what: String,
        /// Where.
        place: Place,
    },
    /// Our own mistake, found by a check.
    Bug {
        /// Which check.
        what: String,
    },
}

impl Failure {
    /// The name in database, reports and output.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Transient { .. } => "transient",
            Self::Throttled { .. } => "throttled",
            Self::Unauthorized { .. } => "unauthorized",
            Self::Forbidden { .. } => "forbidden",
            Self::BadData { .. } => "bad_data",
            Self::TooLarge { .. } => "too_large",
            Self::Incomplete { .. } => "incomplete",
            Self::Bug { .. } => "bug",
        }
    }

    /// What happened, in words.
    pub fn what(&self) -> &str {
        match self {
            Self::Transient { what, .. }
            | Self::Throttled { what, .. }
            | Self::Unauthorized { what }
            | Self::Forbidden { what }
            | Self::BadData { what, .. }
            | Self::TooLarge { what, .. }
            | Self::Incomplete { what, .. }
            | Self::Bug { what } => what,
        }
    }

    /// Where it happened, for the kinds that have a place.
    pub const fn place(&self) -> Option<&Place> {
        match self {
            Self::Transient { place, .. }
            | Self::BadData { place, .. }
            | Self::TooLarge { place, .. }
            | Self::Incomplete { place, .. } => Some(place),
            Self::Throttled { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::Bug { .. } => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name(), self.what())?;
        if let Self::Throttled {
            until: Some(until), ..
        } = self
        {
            write!(f, " (until {until})")?;
        }
        match self.place() {
            Some(place) => write!(f, "{place}"),
            None => Ok(()),
        }
    }
}

/// ` at GET /path, byte 17, item 3, orders[3].orderId`; empty when nothing is known.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.request.is_empty() {
            parts.push(self.request.clone());
        }
        if let Some(byte) = self.byte {
            parts.push(format!("byte {byte}"));
        }
        if let Some(item) = self.item {
            parts.push(format!("item {item}"));
        }
        if !self.path.is_empty() {
            parts.push(self.path.clone());
        }
        if parts.is_empty() {
            return Ok(());
        }
        write!(f, " at {}", parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_and_where() {
        let failure = Failure::BadData {
            what: "orders is an object".to_owned(),
            place: Place {
                request: "GET /order".to_owned(),
                byte: Some(17),
                path: "orders".to_owned(),
                item: None,
            },
        };
        assert_eq!(
            failure.to_string(),
            "bad_data: orders is an object at GET /order, byte 17, orders"
        );
        let throttled = Failure::Throttled {
            until: None,
            what: "429".to_owned(),
        };
        assert_eq!(throttled.to_string(), "throttled: 429");
    }
}
