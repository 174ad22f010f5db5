//! The Inventory API: pages of SKUs, and pages of the offers of one SKU; an offset is a page number.

use axum::{
    Extension,
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    Hub,
    account::Account,
    body,
    faults::FaultKind,
    inventory_json::{item_value, offer_value},
    order_json::json_text,
    page::{announced, damage},
    refusal::Refusal,
    serve::{Call, Site},
};

type Pairs = Query<Vec<(String, String)>>;

/// Longest SKU, in characters.
const SKU: usize = 50;

/// A valid query.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ask {
    sku: Option<String>,
    limit: usize,
    page: usize,
}

/// `GET /sell/inventory/v1/inventory_item`.
pub(crate) async fn items(
    (State(hub), Extension(call)): Site,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Response {
    let found = |account: &Account, ask: &Ask| {
        let items = account.stock.items.iter();
        let texts = items
            .skip(ask.page * ask.limit)
            .take(ask.limit)
            .map(|(sku, item)| json_text(&item_value(sku, item)).into_bytes())
            .collect();
        Ok((account.stock.items.len(), texts))
    };
    let list = List {
        url: format!("{}/sell/inventory/v1/inventory_item", hub.base),
        member: "inventoryItems",
    };
    let ask = parse(&pairs, &headers, &["limit", "offset"], 25, 200);
    list.answer(&hub, &call, ask, found)
}

/// `GET /sell/inventory/v1/offer`.
pub(crate) async fn offers(
    (State(hub), Extension(call)): Site,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Response {
    let found = |account: &Account, ask: &Ask| {
        let sku = ask.sku.as_deref().unwrap_or_default();
        let missing = || Refusal::inventory(404, 25_713, "This Offer is not available.");
        let item = account.stock.items.get(sku).ok_or_else(missing)?;
        if item.offers.is_empty() && !item.empty_page {
            return Err(missing());
        }
        let offers = item.offers.iter();
        let texts = offers
            .skip(ask.page * ask.limit)
            .take(ask.limit)
            .map(|offer| json_text(&offer_value(sku, item, offer)).into_bytes())
            .collect();
        Ok((item.offers.len(), texts))
    };
    let list = List {
        url: format!("{}/sell/inventory/v1/offer", hub.base),
        member: "offers",
    };
    let known = ["sku", "marketplace_id", "format", "limit", "offset"];
    let ask = parse(&pairs, &headers, &known, 100, usize::MAX);
    let ask = ask.and_then(|ask| match &ask.sku {
        Some(sku) if (1..=SKU).contains(&sku.chars().count()) => Ok(ask),
        _ => Err(invalid("sku")),
    });
    list.answer(&hub, &call, ask, found)
}

fn invalid(field: &str) -> Refusal {
    Refusal::inventory(400, 25_709, format!("Invalid value for {field}."))
}

/// Reads a query; both languages must be told.
fn parse(
    pairs: &[(String, String)],
    headers: &HeaderMap,
    known: &[&str],
    usual: usize,
    most: usize,
) -> Result<Ask, Refusal> {
    for name in ["Accept-Language", "Content-Language"] {
        let told = headers.get(name).and_then(|value| value.to_str().ok());
        if !told.is_some_and(|language| language.len() == 5 && language.contains('-')) {
            return Err(invalid(&format!("header {name}")));
        }
    }
    let mut ask = Ask {
        sku: None,
        limit: usual,
        page: 0,
    };
    for (name, value) in pairs {
        let number = || value.parse::<usize>().ok();
        let pages = || {
            let message = format!("You have provided invalid pagination values. {name}: {value}");
            Refusal::inventory(400, 25_706, message)
        };
        match name.as_str() {
            other if !known.contains(&other) => return Err(invalid(other)),
            "limit" => {
                let limit = number().filter(|limit| (1..=most).contains(limit));
                ask.limit = limit.ok_or_else(pages)?;
            }
            "offset" => ask.page = number().ok_or_else(pages)?,
            "sku" => ask.sku = Some(value.clone()),
            // Nobody here asks for one marketplace or format only.
            other => return Err(invalid(other)),
        }
    }
    Ok(ask)
}

/// Where a list is, and what its items are called.
struct List {
    url: String,
    member: &'static str,
}

type Found = Result<(usize, Vec<Vec<u8>>), Refusal>;

impl List {
    fn answer(
        &self,
        hub: &Hub,
        call: &Call,
        ask: Result<Ask, Refusal>,
        found: impl FnOnce(&Account, &Ask) -> Found,
    ) -> Response {
        let looked = ask.and_then(|ask| {
            let world = hub.world();
            let account = world.account(&call.account).map_err(|_| Refusal::token())?;
            Ok((found(account, &ask)?, ask))
        });
        let ((total, mut texts), ask) = match looked {
            Ok(found) => found,
            Err(refusal) => return refusal.into_response(),
        };
        if call.faults.contains(&FaultKind::EmptyPage {}) {
            texts.clear();
        }
        damage(&mut texts, &call.faults);
        let text = self.page(&ask, total, &texts, &call.faults);
        body::json(text, &call.faults, hub.stop.clone())
    }

    /// The page; a list without items is left out.
    fn page(&self, ask: &Ask, total: usize, texts: &[Vec<u8>], faults: &[FaultKind]) -> Vec<u8> {
        let link = |page: usize| format!("{}?limit={}&offset={page}", self.url, ask.limit);
        let mut page = json!({
            "href": link(ask.page),
            "limit": i32::try_from(ask.limit).unwrap_or(i32::MAX),
            "size": texts.len(),
            "total": announced(total, faults),
        });
        if let Some(members) = page.as_object_mut() {
            if (ask.page + 1).saturating_mul(ask.limit) < total {
                members.insert("next".to_owned(), json!(link(ask.page + 1)));
            }
            if ask.page > 0 {
                members.insert("prev".to_owned(), json!(link(ask.page - 1)));
            }
        }
        let mut text = json_text(&page).into_bytes();
        if faults.contains(&(FaultKind::WrongPageType { html: false })) {
            text.pop();
            text.extend_from_slice(format!(",\"{}\":{{\"1\":1}}}}", self.member).as_bytes());
        } else if !texts.is_empty() {
            text.pop();
            text.extend_from_slice(format!(",\"{}\":[", self.member).as_bytes());
            text.extend_from_slice(&texts.join(&b','));
            text.extend_from_slice(b"]}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde_json::Value;

    use super::*;

    fn ask(query: &[(&str, &str)], languages: bool) -> Result<Ask, (u16, u32)> {
        let pairs: Vec<_> = query
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        let mut headers = HeaderMap::new();
        if languages {
            headers.insert("Accept-Language", HeaderValue::from_static("en-US"));
            headers.insert("Content-Language", HeaderValue::from_static("en-US"));
        }
        let known = ["sku", "limit", "offset"];
        let read = parse(&pairs, &headers, &known, 25, 200);
        read.map_err(|refusal| (refusal.status, refusal.id))
    }

    #[test]
    fn wrong_queries_get_the_contracts_error_ids() {
        for (name, value, id) in [
            ("limit", "0", 25_706),
            ("limit", "201", 25_706),
            ("limit", "all", 25_706),
            ("offset", "-1", 25_706),
            ("page", "1", 25_709),
        ] {
            assert_eq!(
                ask(&[(name, value)], true),
                Err((400, id)),
                "{name}={value}"
            );
        }
        assert_eq!(ask(&[], false), Err((400, 25_709)));
        let good = ask(&[("limit", "200"), ("offset", "3"), ("sku", "A B")], true);
        let expected = Ask {
            sku: Some("A B".to_owned()),
            limit: 200,
            page: 3,
        };
        assert_eq!(good, Ok(expected));
    }

    fn page(number: usize, total: usize, texts: usize, fault: Option<FaultKind>) -> Value {
        let list = List {
            url: "http://h/x".to_owned(),
            member: "offers",
        };
        let ask = Ask {
            sku: None,
            limit: 2,
            page: number,
        };
        let mut texts = vec![b"{\"offerId\":\"1\"}".to_vec(); texts];
        let faults: Vec<FaultKind> = fault.into_iter().collect();
        damage(&mut texts, &faults);
        serde_json::from_slice(&list.page(&ask, total, &texts, &faults)).unwrap()
    }

    #[test]
    fn pages_are_linked_by_number() {
        let first = page(0, 3, 2, None);
        assert_eq!(first["next"], "http://h/x?limit=2&offset=1");
        assert!(first.get("prev").is_none());
        let second = page(1, 3, 1, None);
        assert_eq!(second["prev"], "http://h/x?limit=2&offset=0");
        assert!(second.get("next").is_none());
        assert_eq!((&second["size"], &second["total"]), (&json!(1), &json!(3)));
        assert!(page(0, 0, 0, None).get("offers").is_none());
    }

    #[test]
    fn faults_change_exactly_what_they_name() {
        let broken = |fault| page(0, 2, 2, Some(fault));
        assert_eq!(broken(FaultKind::TotalLies { by: 1 })["total"], 3);
        let twice = broken(FaultKind::DuplicateItem {});
        assert_eq!(twice["offers"].as_array().unwrap().len(), 3);
        assert!(broken(FaultKind::WrongPageType { html: false })["offers"].is_object());
    }
}
