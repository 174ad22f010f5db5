//! The queries of the three searches: what is asked, or the error that eBay answers with.

use chrono::{DateTime, Months};

use super::{Dispute, Kind, trouble::Trouble};
use crate::sim::clock::{DAY_MS, parse as parse_time};

/// How wide a range of creation dates may be.
const WIDEST: i64 = 90 * DAY_MS;
/// How far back a range may begin.
const LOOK_BACK: Months = Months::new(18);

const RETURN_STATES: [&str; 8] = [
    "ALL_OPEN",
    "ALL_OPEN_RETURN",
    "ALL_OPEN_REPLACEMENT",
    "CLOSED",
    "ITEM_DELIVERED",
    "ITEM_SHIPPED",
    "RETURN_STARTED",
    "UNKNOWN",
];
const CASE_STATUSES: [&str; 8] = [
    "CLOSED",
    "CS_CLOSED",
    "ON_HOLD",
    "OPEN",
    "OTHER",
    "REFUND_AGREED_BUT_FAILED",
    "WAITING_CS",
    "WAITING_DELIVERY",
];
const INQUIRY_STATUSES: [&str; 8] = [
    "CLOSED",
    "CLOSED_WITH_ESCALATION",
    "CS_CLOSED",
    "OPEN",
    "OTHER",
    "PENDING",
    "WAITING_BUYER_RESPONSE",
    "WAITING_SELLER_RESPONSE",
];

/// Names that differ between the three.
struct Names {
    from: &'static str,
    to: &'static str,
    status: &'static str,
    statuses: &'static [&'static str],
}

impl Names {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Return => Self {
                from: "creation_date_range_from",
                to: "creation_date_range_to",
                status: "return_state",
                statuses: &RETURN_STATES,
            },
            Kind::Inquiry => Self {
                from: "inquiry_creation_date_range_from",
                to: "inquiry_creation_date_range_to",
                status: "inquiry_status",
                statuses: &INQUIRY_STATUSES,
            },
            Kind::Case => Self {
                from: "case_creation_date_range_from",
                to: "case_creation_date_range_to",
                status: "case_status_filter",
                statuses: &CASE_STATUSES,
            },
        }
    }
}

/// A valid query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    from: i64,
    to: i64,
    status: Option<String>,
    /// Of a return.
    states: Option<Vec<String>>,
    item: Option<String>,
    transaction: Option<String>,
    /// Nothing here belongs to an order, and only a return to a return.
    order: Option<String>,
    return_id: Option<String>,
    /// Oldest first instead of newest first.
    pub(crate) ascending: bool,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            from: 0,
            to: 0,
            status: None,
            states: None,
            item: None,
            transaction: None,
            order: None,
            return_id: None,
            ascending: false,
            limit: 25,
            offset: 0,
        }
    }
}

impl Ask {
    /// Reads a parameter whose name is the same in all three; an error is eBay's id of it.
    fn take(&mut self, kind: Kind, name: &str, value: &str) -> Result<(), u32> {
        let of_return = kind == Kind::Return;
        let text = || Some(value.to_owned());
        match (name, value) {
            ("limit", _) => {
                let limit = value.parse().ok().filter(|limit| (1..=200).contains(limit));
                self.limit = limit.ok_or(1612_u32)?;
            }
            ("offset", _) => self.offset = value.parse().map_err(|_| 1613_u32)?,
            ("item_id", _) => self.item = text(),
            ("transaction_id", _) => self.transaction = text(),
            ("order_id", _) => self.order = text(),
            ("return_id", _) if kind != Kind::Inquiry => self.return_id = text(),
            ("states", _) if of_return => {
                self.states = Some(value.split(',').map(str::to_owned).collect());
            }
            ("fieldgroups", "DEFAULT" | "SUMMARY") if !of_return => {}
            ("sort", "FILING_DATE" | "+FILING_DATE") if of_return => self.ascending = true,
            ("sort", "-FILING_DATE") if of_return => self.ascending = false,
            ("sort", _) => return Err(1614),
            ("fieldgroups", _) if !of_return => return Err(1614),
            _ => return Err(1620),
        }
        Ok(())
    }

    /// Whether one is asked for; both ends of the range count.
    pub(crate) fn wants(&self, dispute: &Dispute) -> bool {
        let same = |asked: &Option<String>, id: u64| {
            asked.as_ref().is_none_or(|asked| *asked == id.to_string())
        };
        (self.from..=self.to).contains(&dispute.created)
            && same(&self.item, dispute.item)
            && same(&self.transaction, dispute.transaction)
            && self.order.is_none()
            && match dispute.kind {
                Kind::Return => same(&self.return_id, dispute.id),
                Kind::Inquiry | Kind::Case => self.return_id.is_none(),
            }
            && self
                .states
                .as_ref()
                .is_none_or(|states| states.iter().any(|state| state == dispute.stage.state))
            && self
                .status
                .as_ref()
                .is_none_or(|status| has(dispute, status))
    }
}

/// Whether it has a status in the words of the filter: a case or inquiry exactly that one.
fn has(dispute: &Dispute, status: &str) -> bool {
    let open = !dispute.stage.is_closed();
    match status {
        "ALL_OPEN" | "ALL_OPEN_RETURN" => open,
        "CLOSED" if dispute.kind == Kind::Return => !open,
        "RETURN_STARTED" => dispute.stage.state == "RETURN_REQUESTED",
        _ if dispute.kind == Kind::Return => dispute.stage.state == status,
        _ => dispute.stage.status == status,
    }
}

/// Reads the decoded pairs of a query at time `now`.
pub(crate) fn parse(kind: Kind, pairs: &[(String, String)], now: i64) -> Result<Ask, Trouble> {
    let names = Names::of(kind);
    let mut ask = Ask::default();
    let (mut from, mut to) = (None, None);
    let mut seen = Vec::new();
    for (name, value) in pairs {
        let wrong = |id| Trouble::input(kind, id, format!("Invalid value {value} for {name}."));
        if seen.contains(&name) {
            return Err(wrong(1621));
        }
        seen.push(name);
        let time = || parse_time(value).ok_or_else(|| wrong(1611));
        if name == names.from {
            from = Some(time()?);
        } else if name == names.to {
            to = Some(time()?);
        } else if name == names.status {
            if !names.statuses.contains(&value.as_str()) {
                return Err(wrong(1614));
            }
            ask.status = Some(value.clone());
        } else {
            ask.take(kind, name, value).map_err(wrong)?;
        }
    }
    (ask.from, ask.to) = range(kind, from, to, now)?;
    Ok(ask)
}

/// The range of creation dates: with one end only it reaches 90 days to the other side.
fn range(kind: Kind, from: Option<i64>, to: Option<i64>, now: i64) -> Result<(i64, i64), Trouble> {
    let (from, to) = match (from, to) {
        (None, None) => (now - WIDEST, now),
        (Some(from), None) => (from, from + WIDEST),
        (None, Some(to)) => (to - WIDEST, to),
        (Some(from), Some(to)) => (from, to),
    };
    let oldest = DateTime::from_timestamp_millis(now)
        .and_then(|now| now.checked_sub_months(LOOK_BACK))
        .map_or(now, |oldest| oldest.timestamp_millis());
    let wrong = |id, message| Err(Trouble::input(kind, id, message));
    if from > to {
        return wrong(1615, "The start date must be older than the end date.");
    }
    if from < oldest {
        return wrong(1616, "The start date is more than 18 months in the past.");
    }
    if to - from > WIDEST {
        return wrong(1617, "The date range is more than 90 days.");
    }
    Ok((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::clock::stamp;
    use crate::sim::post_order::stages::KINDS;

    const NOW: i64 = 1_782_000_000_000;

    fn ask(kind: Kind, query: &[(&str, &str)]) -> Result<Ask, u32> {
        let pairs: Vec<_> = query
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        parse(kind, &pairs, NOW).map_err(|trouble| trouble.id)
    }

    #[test]
    fn wrong_queries_are_refused() {
        for kind in KINDS {
            let names = Names::of(kind);
            let day = |days: i64| stamp(NOW - days * DAY_MS);
            let others = KINDS.into_iter().filter(|other| *other != kind);
            for other in others {
                let name = Names::of(other).from;
                assert_eq!(ask(kind, &[(name, &day(1))]), Err(1620), "{name}");
            }
            let cases: [(&[(&str, &str)], u32); 12] = [
                (&[("limit", "201")], 1612),
                (&[("limit", "0")], 1612),
                (&[("offset", "-1")], 1613),
                (&[("offset", "1"), ("offset", "2")], 1621),
                (&[(names.status, "HALF_OPEN")], 1614),
                (&[("lastmodifieddate", "x")], 1620),
                (&[(names.from, "2026")], 1611),
                (&[(names.from, "2026-01-01T00:00:00.000+00:00")], 1611),
                (&[(names.from, &day(1)), (names.to, &day(2))], 1615),
                (&[(names.from, &day(550)), (names.to, &day(500))], 1616),
                (&[(names.from, &day(91)), (names.to, &day(0))], 1617),
                (&[(names.to, &day(500))], 1616),
            ];
            for (query, id) in cases {
                assert_eq!(ask(kind, query), Err(id), "{query:?}");
            }
        }
    }

    #[test]
    fn a_range_with_one_end_reaches_90_days() {
        for kind in KINDS {
            let names = Names::of(kind);
            let (early, late) = (NOW - 500 * DAY_MS, NOW - 410 * DAY_MS);
            let from = ask(kind, &[(names.from, &stamp(early))]).unwrap();
            let to = ask(kind, &[(names.to, &stamp(late))]).unwrap();
            assert_eq!((from.from, from.to), (early, late));
            assert_eq!((to.from, to.to), (early, late));
            let none = ask(kind, &[]).unwrap();
            assert_eq!((none.from, none.to), (NOW - WIDEST, NOW));
            assert_eq!((none.limit, none.offset), (25, 0));
        }
    }
}
