//! The queries of the Finances API: what is asked, or the error that eBay answers with.

use super::world::{Payout, Transaction};
use crate::sim::{
    clock::{DAY_MS, parse as parse_time},
    refusal::Refusal,
};

const TYPES: [&str; 11] = [
    "SALE",
    "REFUND",
    "CREDIT",
    "DISPUTE",
    "NON_SALE_CHARGE",
    "SHIPPING_LABEL",
    "TRANSFER",
    "ADJUSTMENT",
    "WITHDRAWAL",
    "LOAN_REPAYMENT",
    "PURCHASE",
];

const STATUSES: [&str; 6] = [
    "PAYOUT",
    "FUNDS_PROCESSING",
    "FUNDS_AVAILABLE_FOR_PAYOUT",
    "FUNDS_ON_HOLD",
    "COMPLETED",
    "FAILED",
];

const PAYOUT_STATUSES: [&str; 5] = [
    "INITIATED",
    "SUCCEEDED",
    "RETRYABLE_FAILED",
    "TERMINAL_FAILED",
    "REVERSED",
];

/// Which of the two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    Transactions,
    Payouts,
}

impl List {
    fn most(self) -> usize {
        match self {
            Self::Transactions => 1000,
            Self::Payouts => 200,
        }
    }

    fn bad_date(self, why: &str) -> Refusal {
        match self {
            Self::Transactions => refuse(
                135_008,
                format!("The value of transaction date filter is invalid. {why}"),
            ),
            Self::Payouts => refuse(
                135_004,
                format!("The value of payout date filter is invalid. {why}"),
            ),
        }
    }
}

/// A valid query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    list: List,
    /// The range of dates, both ends included.
    from: i64,
    to: i64,
    /// Whether the dates are those of the last attempt.
    attempts: bool,
    newest_first: bool,
    /// Filters of texts by name.
    wanted: Vec<(String, String)>,
    /// The filters as they came, for links.
    filters: Vec<String>,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
}

fn refuse(id: u32, message: impl Into<String>) -> Refusal {
    Refusal {
        status: 400,
        id,
        domain: "API_FINANCES",
        message: message.into(),
    }
}

/// What the gateway of the REST APIs says to a request that it does not understand.
fn unknown(what: &str) -> Refusal {
    Refusal {
        domain: "ACCESS",
        ..refuse(2004, format!("Invalid request: unknown {what}"))
    }
}

/// Reads the decoded pairs of a query at time `now`.
pub(crate) fn parse(list: List, pairs: &[(String, String)], now: i64) -> Result<Ask, Refusal> {
    let mut ask = Ask {
        list,
        from: now - 90 * DAY_MS,
        to: now,
        attempts: false,
        newest_first: list == List::Transactions,
        wanted: Vec::new(),
        filters: Vec::new(),
        limit: 20,
        offset: 0,
    };
    for (name, value) in pairs {
        let pagination = || refuse(135_003, "The value of pagination is invalid.");
        match name.as_str() {
            "limit" => {
                let limit = value.parse().ok();
                let limit = limit.filter(|limit| (1..=list.most()).contains(limit));
                ask.limit = limit.ok_or_else(pagination)?;
            }
            "offset" => ask.offset = value.parse().map_err(|_| pagination())?,
            "sort" if list == List::Payouts && SORTS.contains(&value.as_str()) => {
                ask.newest_first = true;
            }
            "sort" => return Err(refuse(135_005, "The value of sorting is invalid.")),
            "filter" => {
                ask.filter(value, now)?;
                ask.filters.push(value.clone());
            }
            other => return Err(unknown(&format!("parameter {other}"))),
        }
    }
    ask.check()?;
    Ok(ask)
}

/// What payouts can be sorted by; it means newest first.
const SORTS: [&str; 2] = ["payoutDate", "lastAttemptedPayoutDate"];

impl Ask {
    fn filter(&mut self, text: &str, now: i64) -> Result<(), Refusal> {
        let (name, value) = text.split_once(':').unwrap_or((text, ""));
        match (self.list, name) {
            (List::Transactions, "transactionDate") | (List::Payouts, "payoutDate") => {
                (self.from, self.to) = self.dates(value, now)?;
            }
            (List::Payouts, "lastAttemptedPayoutDate") => {
                (self.from, self.to) = self.dates(value, now)?;
                self.attempts = true;
            }
            (
                List::Transactions,
                "transactionType"
                | "transactionStatus"
                | "buyerUsername"
                | "salesRecordReference"
                | "payoutId"
                | "transactionId"
                | "orderId",
            )
            | (List::Payouts, "payoutStatus") => {
                let inner = value
                    .strip_prefix('{')
                    .and_then(|rest| rest.strip_suffix('}'));
                let inner = inner.unwrap_or_default();
                self.wanted.push((name.to_owned(), inner.to_owned()));
            }
            _ => return Err(unknown(&format!("filter {name}"))),
        }
        Ok(())
    }

    /// Reads `[A..B]`; without B it is 90 days later, or now.
    fn dates(&self, range: &str, now: i64) -> Result<(i64, i64), Refusal> {
        let bad = |why| self.list.bad_date(why);
        let inner = range
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let (from, to) = inner
            .and_then(|inner| inner.split_once(".."))
            .ok_or_else(|| bad("A range is [start..end]."))?;
        let time = |text: &str| {
            // Milliseconds are not optional.
            let whole = Some(text).filter(|text| text.len() == "2018-10-23T00:00:01.000Z".len());
            let time = whole.and_then(parse_time);
            time.ok_or_else(|| bad("A date is YYYY-MM-DDTHH:MM:SS.SSSZ."))
        };
        let from = time(from)?;
        let to = if to.is_empty() {
            now.min(from + 90 * DAY_MS)
        } else {
            time(to)?
        };
        if from > to {
            return Err(bad("The start is after the end."));
        }
        if to - from > 36 * 31 * DAY_MS {
            return Err(bad("A range is at most 36 months."));
        }
        if from < now - 5 * 366 * DAY_MS {
            return Err(bad("The start is more than 5 years ago."));
        }
        Ok((from, to))
    }

    fn wanted(&self, name: &str) -> Option<&str> {
        let found = self.wanted.iter().find(|(wanted, _)| wanted == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What one filter demands of another.
    fn check(&mut self) -> Result<(), Refusal> {
        let unlisted = |name: &str, known: &[&str]| {
            let value = self.wanted(name);
            value.is_some_and(|value| !known.contains(&value))
        };
        if unlisted("transactionType", &TYPES) {
            let message = "The value of transaction type filter is invalid.";
            return Err(refuse(135_006, message));
        }
        if unlisted("transactionStatus", &STATUSES) {
            let message = "The value of transaction status filter is invalid.";
            return Err(refuse(135_007, message));
        }
        let retryable = self.wanted("payoutStatus") == Some("RETRYABLE_FAILED");
        if unlisted("payoutStatus", &PAYOUT_STATUSES) || (self.attempts && !retryable) {
            let message = "The value of payout status filter is invalid.";
            return Err(refuse(135_002, message));
        }
        if self.wanted("transactionId").is_some() && self.wanted("transactionType").is_none() {
            return Err(refuse(135_009, "Transaction type filter is missing."));
        }
        let one = ["orderId", "transactionId", "payoutId"];
        if one.iter().any(|name| self.wanted(name).is_some()) {
            self.limit = self.list.most();
        }
        Ok(())
    }

    /// Whether the transaction is asked for.
    pub(crate) fn wants(&self, one: &Transaction) -> bool {
        (self.from..=self.to).contains(&one.date)
            && self.wanted.iter().all(|(name, value)| {
                let found = match name.as_str() {
                    "transactionType" => Some(one.kind),
                    "transactionStatus" => Some(one.status),
                    "buyerUsername" => one.buyer.as_deref(),
                    "payoutId" => one.payout.as_deref(),
                    "transactionId" => Some(one.id.as_str()),
                    "orderId" => one.order.as_deref(),
                    _ => Some("0"),
                };
                found == Some(value)
            })
    }

    /// Whether the payout is asked for.
    pub(crate) fn wants_payout(&self, one: &Payout) -> bool {
        let date = if self.attempts {
            one.attempted
        } else {
            Some(one.date)
        };
        date.is_some_and(|date| (self.from..=self.to).contains(&date))
            && self.wanted.iter().all(|(_, status)| one.status == status)
    }

    /// The page of these hits, which are in ascending order.
    pub(crate) fn page<'a, T>(&self, hits: &[&'a T]) -> Vec<&'a T> {
        let chosen = |hits: &mut dyn Iterator<Item = &&'a T>| {
            let page = hits.skip(self.offset).take(self.limit);
            page.copied().collect()
        };
        if self.newest_first {
            chosen(&mut hits.iter().rev())
        } else {
            chosen(&mut hits.iter())
        }
    }

    /// The query of the same question at another offset.
    pub(crate) fn link(&self, offset: usize) -> String {
        let mut link = String::new();
        for filter in &self.filters {
            link.push_str("filter=");
            link.push_str(&filter.replace('[', "%5B").replace(']', "%5D"));
            link.push('&');
        }
        format!("{link}limit={}&offset={offset}", self.limit)
    }
}

#[cfg(test)]
mod tests;
