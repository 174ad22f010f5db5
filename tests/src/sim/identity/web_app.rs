//! The seller's web app, which holds the tokens itself. It knows an account by its name.

use std::sync::Arc;

use axum::{body::Bytes, extract::State, http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::super::{
    Hub,
    clock::{now_ms, stamp},
};
use super::{DeskFault, gate, in_json, mint};

pub(super) async fn refresh_tokens(State(hub): State<Arc<Hub>>, body: Bytes) -> Response {
    if let Some(answer) = gate(&hub, "web_app_refresh").await {
        return answer;
    }
    if !is_known(&hub, &body) {
        return refused();
    }
    let fault = hub.world().desk.fault.clone();
    let (refreshed, failed) = if fault == Some(DeskFault::AllFailed) {
        (0, 3)
    } else {
        (3, 0)
    };
    let answer = json!({
        "success": true, "refreshed_count": refreshed, "failed_count": failed,
    });
    in_json(StatusCode::OK, &answer)
}

pub(super) async fn ebay_token(State(hub): State<Arc<Hub>>, body: Bytes) -> Response {
    if let Some(answer) = gate(&hub, "web_app").await {
        return answer;
    }
    if !is_known(&hub, &body) {
        return refused();
    }
    let account = member(&body, "ebay_account_id");
    if hub.world().account(&account).is_err() {
        return in_json(
            StatusCode::NOT_FOUND,
            &json!({ "error": "no such account" }),
        );
    }
    let (token, seconds) = mint(&hub, &account);
    let fault = hub.world().desk.fault.clone();
    let token = if fault == Some(DeskFault::Encrypted) {
        format!("ENC:{token}")
    } else {
        token
    };
    let ends = stamp(now_ms().saturating_add(seconds.saturating_mul(1000)));
    let answer = json!({ "access_token": token, "expires_at": ends });
    in_json(StatusCode::OK, &answer)
}

fn is_known(hub: &Hub, body: &[u8]) -> bool {
    hub.world().desk.key.as_deref() == Some(member(body, "internal_api_key").as_str())
}

fn member(body: &[u8], name: &str) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = body.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

fn refused() -> Response {
    in_json(
        StatusCode::UNAUTHORIZED,
        &json!({ "success": false, "error": "wrong key" }),
    )
}
