//! The three searches and their details over HTTP.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Query},
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::{
    Dispute, Kind, bodies,
    query::{Ask, parse},
    stages::KINDS,
    trouble::Trouble,
};
use crate::sim::{
    Hub, body,
    clock::now_ms,
    faults::FaultKind,
    order_json::{json_text, put},
    page::{announced, damage},
    refusal::Refusal,
    serve::{Call, Site},
};

type Pairs = Vec<(String, String)>;

/// Three searches, and one of each.
pub(crate) fn routes() -> Router<Arc<Hub>> {
    KINDS.into_iter().fold(Router::new(), |router, kind| {
        let search = move |site: Site, headers: HeaderMap, Query(pairs): Query<Pairs>| async move {
            search(kind, site, &headers, &pairs)
        };
        let one = move |site: Site,
                        headers: HeaderMap,
                        Path(id): Path<String>,
                        Query(pairs): Query<Pairs>| async move {
            one(kind, site, &headers, (&id, &pairs))
        };
        router
            .route(&format!("{}/search", kind.url()), get(search))
            .route(&format!("{}/{{id}}", kind.url()), get(one))
    })
}

/// What is refused before the query is looked at.
fn before(kind: Kind, call: &Call, headers: &HeaderMap) -> Result<(), Trouble> {
    for fault in &call.faults {
        if let FaultKind::PostOrderError { status, shape } = fault {
            return Err(Trouble {
                status: *status,
                shape: *shape,
                ..Trouble::input(kind, 1615, "The caller is not authorised.")
            });
        }
    }
    if headers.contains_key("x-ebay-c-marketplace-id") {
        return Ok(());
    }
    let message = "The header X-EBAY-C-MARKETPLACE-ID is missing.";
    Err(Trouble::input(kind, 1601, message))
}

fn search(kind: Kind, site: Site, headers: &HeaderMap, pairs: &Pairs) -> Response {
    let (axum::extract::State(hub), axum::Extension(call)) = site;
    let now = now_ms();
    let asked = before(kind, &call, headers).and_then(|()| parse(kind, pairs, now));
    let ask = match asked {
        Ok(ask) => ask,
        Err(trouble) => return trouble.into_response(),
    };
    let (total, mut page) = {
        let world = hub.world();
        let Ok(account) = world.account(&call.account) else {
            return Refusal::token().into_response();
        };
        let mut hits: Vec<&Dispute> = account
            .post_order
            .of(kind)
            .filter(|dispute| ask.wants(dispute))
            .collect();
        hits.sort_by_key(|dispute| (dispute.created, dispute.id));
        if !ask.ascending {
            hits.reverse();
        }
        let text = |dispute: &&Dispute| {
            let mut summary = bodies::summary(dispute, &call.account);
            bodies::date_summary(&mut summary, dispute, now);
            json_text(&summary).into_bytes()
        };
        let page = hits.iter().skip(ask.offset).take(ask.limit).map(text);
        (hits.len(), page.collect::<Vec<_>>())
    };
    if call.faults.contains(&FaultKind::EmptyPage {}) {
        page.clear();
    }
    damage(&mut page, &call.faults);
    let text = page_text(kind, &ask, total, &page, &call.faults);
    body::json(text, &call.faults, hub.stop.clone())
}

fn page_text(
    kind: Kind,
    ask: &Ask,
    total: usize,
    texts: &[Vec<u8>],
    faults: &[FaultKind],
) -> Vec<u8> {
    let total = announced(total, faults);
    let limit = i64::try_from(ask.limit).unwrap_or(1);
    // Nothing found is answered with both at 0, whatever was asked.
    let output = if total == 0 {
        json!({ "limit": 0, "offset": 0, "totalEntries": 0, "totalPages": 0 })
    } else {
        let pages = (total + limit - 1) / limit;
        json!({ "limit": limit, "offset": ask.offset, "totalEntries": total, "totalPages": pages })
    };
    let name = match kind {
        Kind::Return => "total",
        Kind::Inquiry => "totalNumberOfInquiries",
        Kind::Case => "totalNumberOfCases",
    };
    let mut text = b"{\"members\":".to_vec();
    if faults.contains(&(FaultKind::WrongPageType { html: false })) {
        text.extend_from_slice(b"{\"member\":1}");
    } else {
        text.push(b'[');
        text.extend_from_slice(&texts.join(&b','));
        text.push(b']');
    }
    let rest = format!(",\"paginationOutput\":{output},\"{name}\":{total}}}");
    text.extend_from_slice(rest.as_bytes());
    text
}

fn one(kind: Kind, site: Site, headers: &HeaderMap, asked: (&str, &Pairs)) -> Response {
    let (axum::extract::State(hub), axum::Extension(call)) = site;
    if let Err(trouble) = before(kind, &call, headers) {
        return trouble.into_response();
    }
    let (id, pairs) = asked;
    let summary = match field_group(kind, pairs) {
        Ok(summary) => summary,
        Err(trouble) => return trouble.into_response(),
    };
    let found = {
        let world = hub.world();
        let account = world.account(&call.account).ok();
        let dispute = account.zip(id.parse().ok());
        dispute
            .and_then(|(account, id)| account.post_order.one(kind, id))
            .map(|dispute| answer(dispute, &call.account, summary))
    };
    let Some(mut found) = found else {
        let trouble = Trouble::input(kind, 1603, format!("{id} was not found."));
        return Trouble {
            status: 404,
            ..trouble
        }
        .into_response();
    };
    if call
        .faults
        .contains(&(FaultKind::WrongPageType { html: false }))
    {
        found = json!([found]);
    }
    let text = json_text(&found).into_bytes();
    body::json(text, &call.faults, hub.stop.clone())
}

/// Whether the summary is asked for instead of the detail: only a return has field groups.
fn field_group(kind: Kind, pairs: &Pairs) -> Result<bool, Trouble> {
    match pairs.as_slice() {
        [] => Ok(false),
        [(name, value)] if kind == Kind::Return && name == "fieldgroups" => match value.as_str() {
            "FULL" => Ok(false),
            "SUMMARY" => Ok(true),
            _ => Err(Trouble::input(kind, 1614, "The field group is not known.")),
        },
        _ => Err(Trouble::input(kind, 1620, "A parameter is not known.")),
    }
}

fn answer(dispute: &Dispute, seller: &str, summary: bool) -> Value {
    let now = now_ms();
    if summary {
        let mut body = json!({});
        let mut summary = bodies::summary(dispute, seller);
        bodies::date_summary(&mut summary, dispute, now);
        put(&mut body, "summary", summary);
        return body;
    }
    let mut detail = bodies::detail(dispute, seller);
    bodies::date_detail(&mut detail, dispute, now);
    detail
}
