//! The query of `GET /inventory_task`: what is asked, or the error that eBay answers with.

use super::{
    clock::{DAY_MS, parse as parse_time},
    refusal::Refusal,
};

/// The only feed type there is.
pub(crate) const FEED_TYPE: &str = "LMS_ACTIVE_INVENTORY_REPORT";

/// A valid query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskAsk {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
    range: String,
}

impl TaskAsk {
    /// The query of the same question at another offset.
    pub(crate) fn link(&self, offset: usize) -> String {
        let Self { limit, range, .. } = self;
        format!("feed_type={FEED_TYPE}{range}&limit={limit}&offset={offset}")
    }
}

fn refuse<T>(id: u32, message: &str) -> Result<T, Refusal> {
    Err(Refusal::feed(400, id, message))
}

/// Reads the decoded pairs of a query at time `now`.
pub(crate) fn parse(pairs: &[(String, String)], now: i64) -> Result<TaskAsk, Refusal> {
    let get = |name: &str| {
        pairs
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    };
    match (get("feed_type"), get("schedule_id")) {
        (None, None) => return refuse(160_004, "Submit either a 'feed_type' or 'schedule_id'."),
        (Some(_), Some(_)) => return refuse(160_005, "Both 'feed_type' and 'schedule_id' given."),
        (None, Some(_)) => return refuse(160_007, "The 'schedule_id' is invalid."),
        (Some(FEED_TYPE), None) => {}
        (Some(_), None) => return refuse(160_006, "The 'feed_type' is invalid."),
    }
    let (from, to, range) = match (get("look_back_days"), get("date_range")) {
        (Some(_), Some(_)) => {
            return refuse(
                160_008,
                "Both 'look_back_days' and 'date_range' were provided.",
            );
        }
        (days, None) => {
            let days = days.unwrap_or("7");
            match days.parse::<i64>() {
                Ok(count @ 1..=90) => {
                    (now - count * DAY_MS, now, format!("&look_back_days={days}"))
                }
                _ => return refuse(160_011, "The 'look_back_days' value must be 1 to 90."),
            }
        }
        (None, Some(text)) => {
            let (from, to) = dates(text)?;
            (from, to, format!("&date_range={text}"))
        }
    };
    let Ok(limit @ 1..=500) = get("limit").unwrap_or("10").parse() else {
        return refuse(160_012, "The 'limit' value must be 1 to 500.");
    };
    let Ok(offset) = get("offset").unwrap_or("0").parse::<usize>() else {
        return refuse(160_013, "The 'offset' value cannot be less than zero.");
    };
    if offset % limit != 0 {
        return refuse(
            160_029,
            "The 'offset' value must be a multiple of the 'limit' value.",
        );
    }
    Ok(TaskAsk {
        from,
        to,
        limit,
        offset,
        range,
    })
}

fn dates(text: &str) -> Result<(i64, i64), Refusal> {
    let ends = text
        .split_once("..")
        .map(|(from, to)| (parse_time(from), parse_time(to)));
    match ends {
        Some((Some(from), Some(to))) if to - from > 90 * DAY_MS => refuse(
            160_010,
            "The 'date_range' must be less than or equal to 90 days.",
        ),
        Some((Some(from), Some(to))) if from <= to => Ok((from, to)),
        _ => refuse(160_009, "The format of the 'date_range' is invalid."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_782_000_000_000;

    fn ask(query: &[(&str, &str)]) -> Result<TaskAsk, u32> {
        let pairs: Vec<_> = query
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        parse(&pairs, NOW).map_err(|refusal| refusal.id)
    }

    #[test]
    fn wrong_queries_get_the_contracts_error_ids() {
        assert_eq!(ask(&[]), Err(160_004));
        assert_eq!(ask(&[("feed_type", "X")]), Err(160_006));
        let long = "2026-01-01T00:00:00.000Z..2026-06-01T00:00:00.000Z";
        let cases = [
            (&[("look_back_days", "91")][..], 160_011),
            (&[("look_back_days", "1"), ("date_range", long)], 160_008),
            (&[("date_range", long)], 160_010),
            (&[("date_range", "yesterday")], 160_009),
            (&[("limit", "501")], 160_012),
            (&[("offset", "-1")], 160_013),
            (&[("limit", "10"), ("offset", "5")], 160_029),
        ];
        for (more, id) in cases {
            assert_eq!(
                ask(&[&[("feed_type", FEED_TYPE)], more].concat()),
                Err(id),
                "{more:?}"
            );
        }
    }

    #[test]
    fn without_a_range_the_last_seven_days_are_listed_by_tens() {
        let ask = ask(&[("feed_type", FEED_TYPE)]).unwrap();
        assert_eq!(
            (ask.from, ask.to, ask.limit, ask.offset),
            (NOW - 7 * DAY_MS, NOW, 10, 0)
        );
    }
}
