//! Queries that are refused, defaults, and how pages are cut.

use super::*;
use crate::sim::clock::stamp;

const NOW: i64 = 1_782_000_000_000;

fn ask(list: List, query: &[(&str, &str)]) -> Result<Ask, u32> {
    let pairs: Vec<_> = query
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    parse(list, &pairs, NOW).map_err(|refusal| refusal.id)
}

fn range(name: &str, from: i64, to: i64) -> String {
    format!("{name}:[{}..{}]", stamp(NOW + from), stamp(NOW + to))
}

#[test]
fn wrong_queries_get_the_contracts_error_ids() {
    let of = |text: &str| ("filter", text.to_owned());
    let dated = |from, to| ("filter", range("transactionDate", from, to));
    let cases = [
        (("limit", "1001".to_owned()), 135_003),
        (("limit", "0".to_owned()), 135_003),
        (("offset", "-1".to_owned()), 135_003),
        (("sort", "transactionDate".to_owned()), 135_005),
        (("page", "1".to_owned()), 2004),
        (of("payoutDate:[..]"), 2004),
        (of("transactionType:{GIFT}"), 135_006),
        (of("transactionStatus:PAYOUT"), 135_007),
        (of("transactionId:{1}"), 135_009),
        (of("transactionDate:x"), 135_008),
        (of("transactionDate:[2026-06-18T00:00:00Z..]"), 135_008),
        (of("transactionDate:[..2026-06-18T00:00:00.000Z]"), 135_008),
        (dated(-1, -2), 135_008),
        (dated(-1200 * DAY_MS, 0), 135_008),
        (dated(-1900 * DAY_MS, -1890 * DAY_MS), 135_008),
    ];
    for ((name, value), id) in cases {
        let found = ask(List::Transactions, &[(name, &value)]);
        assert_eq!(found, Err(id), "{name}={value}");
    }
    let failed = range("lastAttemptedPayoutDate", -5, 0);
    let cases = [
        ("limit", "201", 135_003),
        ("sort", "amount", 135_005),
        ("filter", "payoutStatus:{PAID}", 135_002),
        ("filter", failed.as_str(), 135_002),
        ("filter", "payoutDate:[a..b]", 135_004),
        ("filter", "transactionType:{SALE}", 2004),
    ];
    for (name, value, id) in cases {
        let found = ask(List::Payouts, &[(name, value)]);
        assert_eq!(found, Err(id), "{name}={value}");
    }
}

#[test]
fn defaults_and_open_ranges() {
    let plain = ask(List::Transactions, &[]).unwrap();
    assert_eq!((plain.limit, plain.offset), (20, 0));
    assert_eq!((plain.from, plain.to), (NOW - 90 * DAY_MS, NOW));
    for (days, end) in [(200, NOW - 110 * DAY_MS), (20, NOW)] {
        let open = format!("transactionDate:[{}..]", stamp(NOW - days * DAY_MS));
        let open = ask(List::Transactions, &[("filter", &open)]).unwrap();
        assert_eq!(open.to, end, "{days}");
    }
    let query = [
        ("filter", "transactionId:{7}"),
        ("filter", "transactionType:{SALE}"),
        ("limit", "5"),
    ];
    let one = ask(List::Transactions, &query).unwrap();
    assert_eq!(one.limit, 1000, "the limit is ignored");
    assert_eq!(
        one.link(3),
        "filter=transactionId:{7}&filter=transactionType:{SALE}&limit=1000&offset=3"
    );
}

#[test]
fn pages_are_cut_from_either_end() {
    let hits = [1, 2, 3, 4, 5];
    let hits: Vec<&i32> = hits.iter().collect();
    let page = |list, sort: &[(&str, &str)]| {
        let query = [&[("limit", "2"), ("offset", "1")], sort].concat();
        let page = ask(list, &query).unwrap().page(&hits);
        page.into_iter().copied().collect::<Vec<_>>()
    };
    assert_eq!(page(List::Transactions, &[]), [4, 3]);
    assert_eq!(page(List::Payouts, &[]), [2, 3]);
    assert_eq!(page(List::Payouts, &[("sort", "payoutDate")]), [4, 3]);
}
