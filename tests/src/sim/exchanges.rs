//! What was asked and what was answered, kept on request, to be held against eBay's contracts.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{Hub, serve::CALL_NAME};

/// Longest body that is kept, in bytes; a longer one is answered with an error.
const MOST: usize = 16 << 20;

/// One request with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// `GET` or `POST`.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, as sent.
    pub query: String,
    /// The Trading call, or empty text.
    pub call: String,
    /// The request's body.
    pub sent: Vec<u8>,
    /// HTTP status.
    pub status: u16,
    /// The answer's body.
    pub body: Vec<u8>,
}

/// The exchanges so far, while they are kept.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Option<Vec<Exchange>>>);

impl Kept {
    /// Begins to keep exchanges.
    pub(crate) fn begin(&self) {
        self.lock().get_or_insert_default();
    }

    /// What was kept; forgets it.
    pub(crate) fn take(&self) -> Vec<Exchange> {
        self.lock().as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn is_on(&self) -> bool {
        self.lock().is_some()
    }

    fn push(&self, exchange: Exchange) {
        if let Some(kept) = self.lock().as_mut() {
            kept.push(exchange);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<Exchange>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes a request on and keeps it with its answer.
pub(crate) async fn tap(State(hub): State<Arc<Hub>>, request: Request, next: Next) -> Response {
    if !hub.kept.is_on() {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let Ok(sent) = to_bytes(body, MOST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let call = head.headers.get(CALL_NAME);
    let call = call.and_then(|name| name.to_str().ok()).unwrap_or_default();
    let mut exchange = Exchange {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        call: call.to_owned(),
        sent: sent.to_vec(),
        status: 0,
        body: Vec::new(),
    };
    let answer = next.run(Request::from_parts(head, Body::from(sent))).await;
    let (mut head, body) = answer.into_parts();
    let Ok(body) = to_bytes(body, MOST).await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    exchange.status = head.status.as_u16();
    exchange.body = body.to_vec();
    hub.kept.push(exchange);
    head.headers.remove(header::TRANSFER_ENCODING);
    Response::from_parts(head, Body::from(body))
}
