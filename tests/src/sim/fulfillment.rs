//! The Fulfillment API: pages of orders in a range of dates.

use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};

use super::{
    body,
    clock::now_ms,
    faults::FaultKind,
    order::Order,
    order_json::{json_text, order_text},
    order_query::{Ask, parse},
    page::{announced, damage},
    refusal::Refusal,
    serve::Site,
};

const PATH: &str = "/sell/fulfillment/v1/order";
/// `GET /sell/fulfillment/v1/order`.
pub(crate) async fn orders(
    (axum::extract::State(hub), axum::Extension(call)): Site,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let ask = match parse(&pairs, now_ms()) {
        Ok(ask) => ask,
        Err(refusal) => return refusal.into_response(),
    };
    let (total, mut page) = {
        let world = hub.world();
        let Ok(account) = world.account(&call.account) else {
            return Refusal::token().into_response();
        };
        let hits: Vec<_> = account
            .orders
            .values()
            .filter(|order| ask.wants(order))
            .collect();
        let page = hits
            .iter()
            .skip(ask.offset)
            .take(ask.limit)
            .map(|order| (*order).clone());
        (hits.len(), page.collect::<Vec<_>>())
    };
    if call.faults.contains(&FaultKind::EmptyPage {}) {
        page.clear();
    }
    let mut texts: Vec<Vec<u8>> = page
        .iter()
        .map(|order: &std::sync::Arc<Order>| order_text(order, &call.account).into_bytes())
        .collect();
    damage(&mut texts, &call.faults);
    let text = page_text(&ask, &hub.base, total, &texts, &call.faults);
    body::json(text, &call.faults, hub.stop.clone())
}

fn page_text(
    ask: &Ask,
    base: &str,
    total: usize,
    texts: &[Vec<u8>],
    faults: &[FaultKind],
) -> Vec<u8> {
    let link = |offset: usize| json_text(&format!("{base}{PATH}?{}", ask.link(offset)));
    let mut text = vec![
        format!("{{\"href\":{}", link(ask.offset)),
        format!("\"total\":{}", announced(total, faults)),
    ];
    if ask.offset + ask.limit < total {
        text.push(format!("\"next\":{}", link(ask.offset + ask.limit)));
    }
    if ask.offset > 0 {
        text.push(format!(
            "\"prev\":{}",
            link(ask.offset.saturating_sub(ask.limit))
        ));
    }
    text.push(format!(
        "\"limit\":{},\"offset\":{},\"orders\":",
        ask.limit, ask.offset
    ));
    let mut text = text.join(",").into_bytes();
    if faults.contains(&(FaultKind::WrongPageType { html: false })) {
        text.extend_from_slice(b"{\"order\":1}}");
        return text;
    }
    text.push(b'[');
    text.extend_from_slice(&texts.join(&b','));
    text.extend_from_slice(b"]}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn page(query: &[(&str, &str)], total: usize, faults: &[FaultKind]) -> Value {
        let pairs: Vec<_> = query
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        let ask = parse(&pairs, 1_782_000_000_000).unwrap();
        let mut texts = vec![b"{\"orderId\":\"1\"}".to_vec()];
        damage(&mut texts, faults);
        serde_json::from_slice(&page_text(&ask, "http://x", total, &texts, faults)).unwrap()
    }

    #[test]
    fn next_and_prev_appear_only_where_there_is_a_page() {
        let cases = [
            ("0", 3, true, false),
            ("1", 3, true, true),
            ("2", 3, false, true),
            ("0", 1, false, false),
        ];
        for (offset, total, next, prev) in cases {
            let page = page(&[("limit", "1"), ("offset", offset)], total, &[]);
            assert_eq!(
                (page["next"].is_string(), page["prev"].is_string()),
                (next, prev),
                "{page}"
            );
            assert_eq!(page["total"], total);
        }
    }

    #[test]
    fn faults_change_exactly_what_they_name() {
        let plain = |fault| page(&[], 5, &[fault]);
        assert_eq!(plain(FaultKind::TotalLies { by: -2 })["total"], 3);
        assert_eq!(plain(FaultKind::TotalChanges {})["total"], 6);
        assert_eq!(
            plain(FaultKind::DuplicateItem {})["orders"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
        assert!(plain(FaultKind::WrongPageType { html: false })["orders"].is_object());
        let big = plain(FaultKind::ItemOverCap { bytes: 1_000_000 })
            .to_string()
            .len();
        assert!((1_000_000..1_100_000).contains(&big), "{big}");
        assert!(plain(FaultKind::DeepNesting { depth: 9 })["orders"][0]["extra"].is_array());
    }
}
