//! The Finances API: pages of transactions and of payouts in a range of dates.

pub(crate) mod rows;
pub(crate) mod world;

mod json;
mod query;
mod story;

use axum::{
    extract::Query,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use json::{payout_value, transaction_value};
use query::{Ask, List, parse};
use world::{Payout, Transaction};

use super::{
    body,
    clock::now_ms,
    faults::FaultKind,
    order_json::json_text,
    page::{announced, damage},
    refusal::Refusal,
    serve::Site,
};

pub(crate) const TRANSACTIONS: &str = "/sell/finances/v1/transaction";
pub(crate) const PAYOUTS: &str = "/sell/finances/v1/payout";

type Pairs = Query<Vec<(String, String)>>;

/// `GET /sell/finances/v1/transaction`.
pub(crate) async fn transactions(site: Site, Query(pairs): Pairs) -> Response {
    answer(site, List::Transactions, &pairs)
}

/// `GET /sell/finances/v1/payout`.
pub(crate) async fn payouts(site: Site, Query(pairs): Pairs) -> Response {
    answer(site, List::Payouts, &pairs)
}

/// What a page is made of.
struct Found {
    total: usize,
    items: Vec<Value>,
    /// Whether the page says the total.
    told: bool,
}

fn answer(
    (axum::extract::State(hub), axum::Extension(call)): Site,
    list: List,
    pairs: &[(String, String)],
) -> Response {
    let ask = match parse(list, pairs, now_ms()) {
        Ok(ask) => ask,
        Err(refusal) => return refusal.into_response(),
    };
    let found = {
        let world = hub.world();
        let Ok(account) = world.account(&call.account) else {
            return Refusal::token().into_response();
        };
        let books = &account.finances;
        let (total, items) = match list {
            List::Transactions => {
                let wanted = |one: &&Transaction| ask.wants(one);
                let hits: Vec<_> = books.transactions.iter().filter(wanted).collect();
                let page = ask.page(&hits).into_iter();
                let page = page.map(|one| transaction_value(books, one));
                (hits.len(), page.collect())
            }
            List::Payouts => {
                let wanted = |one: &&Payout| ask.wants_payout(one);
                let hits: Vec<_> = books.payouts.iter().filter(wanted).collect();
                let page = ask.page(&hits).into_iter();
                (
                    hits.len(),
                    page.map(|one| payout_value(books, one)).collect(),
                )
            }
        };
        Found {
            total,
            items,
            told: account.spec.finances_total,
        }
    };
    if found.items.is_empty() {
        return StatusCode::NO_CONTENT.into_response();
    }
    let text = page_text(list, &ask, &hub.base, &found, &call.faults);
    body::json(text, &call.faults, hub.stop.clone())
}

fn page_text(list: List, ask: &Ask, base: &str, found: &Found, faults: &[FaultKind]) -> Vec<u8> {
    let (path, member) = match list {
        List::Transactions => (TRANSACTIONS, "transactions"),
        List::Payouts => (PAYOUTS, "payouts"),
    };
    let link = |offset: usize| json_text(&format!("{base}{path}?{}", ask.link(offset)));
    let mut text = vec![format!("{{\"href\":{}", link(ask.offset))];
    if found.told {
        text.push(format!("\"total\":{}", announced(found.total, faults)));
    }
    if ask.offset + ask.limit < found.total {
        text.push(format!("\"next\":{}", link(ask.offset + ask.limit)));
    }
    if ask.offset > 0 {
        let before = ask.offset.saturating_sub(ask.limit);
        text.push(format!("\"prev\":{}", link(before)));
    }
    let (limit, offset) = (ask.limit, ask.offset);
    text.push(format!(
        "\"limit\":{limit},\"offset\":{offset},\"{member}\":"
    ));
    let mut text = text.join(",").into_bytes();
    if faults.contains(&(FaultKind::WrongPageType { html: false })) {
        text.extend_from_slice(b"{\"item\":1}}");
        return text;
    }
    let items = found.items.iter();
    let mut texts: Vec<Vec<u8>> = items.map(|item| json_text(item).into_bytes()).collect();
    if faults.contains(&FaultKind::EmptyPage {}) {
        texts.clear();
    }
    damage(&mut texts, faults);
    text.push(b'[');
    text.extend_from_slice(&texts.join(&b','));
    text.extend_from_slice(b"]}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::faults::{Armed, Fault, Place};
    use serde_json::json;

    fn page(offset: &str, told: bool, faults: &[FaultKind]) -> Value {
        let pairs = [("limit", "1"), ("offset", offset)];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let ask = parse(List::Payouts, &pairs, 1_782_000_000_000).unwrap();
        let found = Found {
            total: 3,
            items: vec![json!({"payoutId": "1"})],
            told,
        };
        let text = page_text(List::Payouts, &ask, "http://x", &found, faults);
        serde_json::from_slice(&text).unwrap()
    }

    #[test]
    fn pages_link_to_each_other_and_tell_the_total_on_demand() {
        let first = page("0", false, &[]);
        assert_eq!(
            first["next"],
            "http://x/sell/finances/v1/payout?limit=1&offset=1"
        );
        assert_eq!((first.get("prev"), first.get("total")), (None, None));
        let last = page("2", true, &[]);
        assert_eq!((last.get("next"), &last["total"]), (None, &json!(3)));
        assert_eq!(
            last["prev"],
            "http://x/sell/finances/v1/payout?limit=1&offset=1"
        );
    }

    #[test]
    fn faults_change_exactly_what_they_name() {
        let page = |fault| page("1", true, &[fault]);
        assert_eq!(page(FaultKind::TotalLies { by: -1 })["total"], 2);
        assert_eq!(page(FaultKind::EmptyPage {})["payouts"], json!([]));
        let twice = page(FaultKind::DuplicateItem {});
        assert_eq!(twice["payouts"].as_array().unwrap().len(), 2);
        assert!(page(FaultKind::WrongPageType { html: false })["payouts"].is_object());
    }

    #[test]
    fn a_204_is_a_fault_only_where_more_was_promised() {
        let strikes = |path, query| {
            let mut armed = Armed::new(Fault {
                path: String::new(),
                kind: FaultKind::NotModified204 {},
                skip: 0,
                times: 0,
            });
            let place = Place::of(false, path, query, "");
            armed.strike(path, place).is_some()
        };
        assert!(!strikes(TRANSACTIONS, "limit=1&offset=0"));
        assert!(!strikes(PAYOUTS, "limit=1"));
        assert!(strikes(PAYOUTS, "limit=1&offset=1"));
        assert!(strikes("/sell/fulfillment/v1/order", "limit=1&offset=0"));
    }
}
