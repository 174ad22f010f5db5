//! The query of `GET /order`: what is asked, or the error that eBay answers with.

use super::{
    clock::{DAY_MS, parse as parse_time},
    order::Order,
    refusal::Refusal,
};

/// A valid query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    by_creation: bool,
    from: i64,
    to: i64,
    order_ids: Option<Vec<String>>,
    filter: Option<String>,
    field_groups: Option<String>,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
}

impl Ask {
    /// Whether the order is asked for; both ends of the range count.
    pub(crate) fn wants(&self, order: &Order) -> bool {
        if let Some(ids) = &self.order_ids {
            return ids.contains(&order.id);
        }
        let date = if self.by_creation {
            order.created
        } else {
            order.modified
        };
        (self.from..=self.to).contains(&date)
    }

    /// The query of the same question at another offset.
    pub(crate) fn link(&self, offset: usize) -> String {
        let filter = self.filter.as_ref().map_or_else(String::new, |filter| {
            format!("filter={}&", filter.replace('[', "%5B").replace(']', "%5D"))
        });
        let groups = self.field_groups.as_ref();
        let groups = groups.map_or_else(String::new, |groups| format!("fieldGroups={groups}&"));
        format!("{filter}{groups}limit={}&offset={offset}", self.limit)
    }
}

/// Reads the decoded pairs of a query at time `now`.
pub(crate) fn parse(pairs: &[(String, String)], now: i64) -> Result<Ask, Refusal> {
    let mut ask = Ask {
        by_creation: true,
        from: now - 90 * DAY_MS,
        to: now,
        order_ids: None,
        filter: None,
        field_groups: None,
        limit: 50,
        offset: 0,
    };
    for (name, value) in pairs {
        match name.as_str() {
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=200).contains(limit));
                let wrong = || Refusal::order(31_100, format!("Invalid limit: {value}"));
                ask.limit = limit.ok_or_else(wrong)?;
            }
            "offset" => {
                let wrong = |_| Refusal::order(31_000, format!("Invalid offset: {value}"));
                ask.offset = value.parse().map_err(wrong)?;
            }
            "fieldGroups" if value == "TAX_BREAKDOWN" => ask.field_groups = Some(value.clone()),
            "fieldGroups" => {
                return Err(Refusal::order(
                    32_800,
                    format!("Invalid field group: {value}"),
                ));
            }
            "filter" => {
                filter(&mut ask, value, now)?;
                ask.filter = Some(value.clone());
            }
            "orderIds" => {
                let ids: Vec<String> = value.split(',').map(str::to_owned).collect();
                if ids.len() > 50 {
                    return Err(Refusal::order(
                        30_900,
                        "Exceeded maximum number of order IDs",
                    ));
                }
                ask.order_ids = Some(ids);
            }
            other => {
                return Err(Refusal::order(
                    30_700,
                    format!("Invalid filter name: {other}"),
                ));
            }
        }
    }
    Ok(ask)
}

/// Reads `lastmodifieddate:[A..B]` or `creationdate:[A..B]`; with both only the latter counts.
fn filter(ask: &mut Ask, text: &str, now: i64) -> Result<(), Refusal> {
    let mut created = false;
    for part in text.split(',') {
        let (name, range) = part.split_once(':').unwrap_or((part, ""));
        let by_creation = match name {
            "lastmodifieddate" => false,
            "creationdate" => true,
            _ => {
                return Err(Refusal::order(
                    30_700,
                    format!("Invalid filter name: {name}"),
                ));
            }
        };
        let (from, to) = dates(name, range, now)?;
        if by_creation || !created {
            (ask.by_creation, ask.from, ask.to) = (by_creation, from, to);
        }
        created |= by_creation;
    }
    Ok(())
}

fn dates(name: &str, range: &str, now: i64) -> Result<(i64, i64), Refusal> {
    let inner = range
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let Some((from, to)) = inner.and_then(|inner| inner.split_once("..")) else {
        let message = format!("Invalid filter value {range} for filter {name}");
        return Err(Refusal::order(30_800, message));
    };
    if from.is_empty() {
        return Err(Refusal::order(30_820, "Start date is missing"));
    }
    let time =
        |text: &str| parse_time(text).ok_or_else(|| Refusal::order(30_810, "Invalid date format"));
    let from = time(from)?;
    let to = if to.is_empty() { now } else { time(to)? };
    if from > now || to > now {
        return Err(Refusal::order(
            30_850,
            "Start and end dates can't be in the future",
        ));
    }
    if from > to {
        return Err(Refusal::order(
            30_840,
            "Start date should be before end date",
        ));
    }
    if from < now - 731 * DAY_MS {
        let message = "Time range between start date and end date must be within '2' years.";
        return Err(Refusal::order(30_830, message));
    }
    Ok((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::clock::stamp;

    const NOW: i64 = 1_782_000_000_000;

    fn ask(query: &[(&str, &str)]) -> Result<Ask, u32> {
        let pairs: Vec<_> = query
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        parse(&pairs, NOW).map_err(|refusal| refusal.id)
    }

    fn range(from: i64, to: i64) -> String {
        format!(
            "lastmodifieddate:[{}..{}]",
            stamp(NOW + from),
            stamp(NOW + to)
        )
    }

    #[test]
    fn wrong_queries_get_the_contracts_error_ids() {
        let cases = [
            (("limit", "201".to_owned()), 31_100),
            (("limit", "0".to_owned()), 31_100),
            (("offset", "-1".to_owned()), 31_000),
            (("fieldGroups", "ALL".to_owned()), 32_800),
            (("page", "1".to_owned()), 30_700),
            (("filter", "price:[1..2]".to_owned()), 30_700),
            (("filter", "lastmodifieddate:x".to_owned()), 30_800),
            (
                ("filter", "lastmodifieddate:[2026..2027]".to_owned()),
                30_810,
            ),
            (("filter", "lastmodifieddate:[..]".to_owned()), 30_820),
            (("filter", range(-800 * DAY_MS, 0)), 30_830),
            (("filter", range(-1, -2)), 30_840),
            (("filter", range(-1, 1)), 30_850),
        ];
        for ((name, value), id) in cases {
            assert_eq!(ask(&[(name, &value)]), Err(id), "{name}={value}");
        }
    }

    #[test]
    fn both_ends_of_the_range_are_included() {
        let ask = ask(&[
            ("filter", &range(-10, -5)),
            ("limit", "200"),
            ("offset", "7"),
        ])
        .unwrap();
        assert_eq!((ask.limit, ask.offset), (200, 7));
        let mut order = Order::make(&mut fastrand::Rng::with_seed(1), NOW - 20, NOW - 20);
        for (back, wanted) in [(11, false), (10, true), (5, true), (4, false)] {
            order.modified = NOW - back;
            assert_eq!(ask.wants(&order), wanted, "{back}");
        }
        assert!(ask.link(14).starts_with("filter=lastmodifieddate:%5B2026-"));
        assert!(ask.link(14).ends_with("Z%5D&limit=200&offset=14"));
    }

    #[test]
    fn creation_date_beats_modification_date() {
        let both = format!("creationdate:[{}..],{}", stamp(NOW - 9), range(-5, 0));
        let ask = ask(&[("filter", &both)]).unwrap();
        assert_eq!((ask.by_creation, ask.from, ask.to), (true, NOW - 9, NOW));
    }
}
