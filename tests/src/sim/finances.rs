//! The Finances API: pages of transactions and of payouts in a range of dates.

use axum::{
    extract::Query,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{
    body,
    clock::now_ms,
    faults::FaultKind,
    finances_json::{payout_value, transaction_value},
    finances_query::{Ask, List, parse},
    finances_world::{Payout, Transaction},
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
