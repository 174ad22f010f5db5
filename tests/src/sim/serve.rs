//! The HTTP side: routes, the token check, request counts, and faults that need no API.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use tokio::net::TcpListener;

use super::{
    Hub,
    body::stopped,
    exchanges::tap,
    faults::{FaultKind, Place},
    feed, finances, fulfillment, identity, inventory, post_order,
    refusal::Refusal,
    trading::{self, Failing},
};

/// The one path of the Trading API, and the header that names the call.
pub(crate) const TRADING: &str = "/ws/api.dll";
pub(crate) const CALL_NAME: &str = "x-ebay-api-call-name";

/// Who asks, and what is to go wrong with the answer.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) account: String,
    pub(crate) faults: Vec<FaultKind>,
}

/// Serves until the simulator stops.
pub(crate) async fn serve(listener: TcpListener, hub: Arc<Hub>) {
    let stop = hub.stop.clone();
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let served = axum::serve(listener, router(hub))
        .with_graceful_shutdown(stopped(stop))
        .await;
    debug_assert!(
        served.is_ok(),
        "axum retries failed accepts and returns no errors"
    );
}

fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/sell/fulfillment/v1/order", get(fulfillment::orders))
        .route(
            "/sell/feed/v1/inventory_task",
            get(feed::list).post(feed::create),
        )
        .route("/sell/feed/v1/inventory_task/{id}", get(feed::task))
        .route(
            "/sell/feed/v1/task/{id}/download_result_file",
            get(feed::download),
        )
        .route("/sell/inventory/v1/inventory_item", get(inventory::items))
        .route("/sell/inventory/v1/offer", get(inventory::offers))
        .route(TRADING, post(trading::call))
        .merge(post_order::routes())
        .route(finances::TRANSACTIONS, get(finances::transactions))
        .route(finances::PAYOUTS, get(finances::payouts))
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(middleware::from_fn_with_state(hub.clone(), gate))
        // Who has no token yet passes no gate.
        .merge(identity::routes())
        .layer(middleware::from_fn_with_state(hub.clone(), tap))
        .with_state(hub)
}

/// Finds the account, counts the request and applies faults that replace the whole answer.
async fn gate(State(hub): State<Arc<Hub>>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default();
    let token = token(&path, request.headers()).map(str::to_owned);
    let call = request.headers().get(CALL_NAME);
    let call = call.and_then(|name| name.to_str().ok()).unwrap_or_default();
    let place = Place::of(request.method() == Method::POST, &path, query, call);
    // All Trading calls have one path: a fault finds its call by name.
    let is_trading = path == TRADING;
    let path = if is_trading {
        format!("{path}/{call}")
    } else {
        path
    };
    let is_there = token.is_some();
    let Some(call) = token.and_then(|token| admit(&hub, &token, &path, place)) else {
        if is_trading {
            return trading::refused(request.headers(), &Failing::token(is_there));
        }
        return Refusal::token().into_response();
    };
    for fault in &call.faults {
        if let FaultKind::StallHeaders {} = fault {
            stopped(hub.stop.clone()).await;
        } else if let FaultKind::Late { ms } = fault {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
        } else if let FaultKind::NotModified204 {} = fault {
            return StatusCode::NO_CONTENT.into_response();
        } else if let FaultKind::Status {
            status,
            retry_after,
            error_id,
            html,
        } = fault
        {
            let answer = if *html {
                proxy_page(*status)
            } else {
                Refusal::usual(*status, &path, *error_id).into_response()
            };
            return with_retry(answer, retry_after.as_deref());
        }
    }
    request.extensions_mut().insert(call);
    next.run(request).await
}

/// The access token, if it travels as the API at this path wants it.
fn token<'a>(path: &str, headers: &'a HeaderMap) -> Option<&'a str> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    if path == TRADING {
        return text("x-ebay-api-iaf-token");
    }
    let scheme = if path.starts_with("/post-order/") {
        "IAF "
    } else {
        "Bearer "
    };
    text("authorization")?.strip_prefix(scheme)
}

fn admit(hub: &Hub, token: &str, path: &str, place: Place) -> Option<Call> {
    let mut world = hub.world();
    let account = world.by_token(token)?;
    *account.requests.entry(place.name()).or_default() += 1;
    let faults: Vec<FaultKind> = account
        .faults
        .iter_mut()
        .filter_map(|armed| armed.strike(path, place))
        .collect();
    account.faults_fired += faults.len() as u64;
    if faults.contains(&FaultKind::TokenExpired {}) && account.spec.token == token {
        return None;
    }
    Some(Call {
        account: account.spec.name.clone(),
        faults,
    })
}

fn proxy_page(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let page = format!("<html><head><title>{status}</title></head><body>{status}</body></html>\n");
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(header::CONTENT_TYPE, html)], page).into_response()
}

fn with_retry(mut answer: Response, retry_after: Option<&str>) -> Response {
    if let Some(value) = retry_after.and_then(|text| HeaderValue::from_str(text).ok()) {
        answer.headers_mut().insert(header::RETRY_AFTER, value);
    }
    answer
}

/// What every API's functions are given.
pub(crate) type Site = (State<Arc<Hub>>, Extension<Call>);
