//! eBay's identity service and the seller's web app: who may have an access token.
//!
//! Tokens made here select their account at every API, until they are let expire.

mod oauth;
mod web_app;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::{
    Router,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

use super::{Hub, Sim, SimError, body::stopped};

/// What the simulator knows of tokens.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    application: Option<Application>,
    key: Option<String>,
    /// Refresh tokens that are good, with their accounts.
    consents: BTreeMap<String, String>,
    /// Codes that were not redeemed yet, with their accounts.
    codes: BTreeMap<String, String>,
    fault: Option<DeskFault>,
    counts: BTreeMap<&'static str, u64>,
    made: u64,
    /// Seconds for which tokens are good.
    lifetime: Option<u64>,
}

/// An application that sellers consent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: String,
    /// The redirect name.
    pub ru_name: String,
}

/// What goes wrong with every answer about tokens, until another or none is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskFault {
    /// This status, with a proxy's page.
    Status(u16),
    /// Half a JSON object.
    Malformed,
    /// JSON that is no object of the kind that is wanted.
    Strange,
    /// No answer at all.
    Silence,
    /// The web app: a token that is still encrypted.
    Encrypted,
    /// A token that ended a minute ago.
    Past,
    /// The web app: true, and every account failed.
    AllFailed,
    /// So many tokens that eBay's APIs do not know; then all is well.
    Useless(u32),
    /// One token that eBay's APIs do not know; then status 503.
    UselessThenDown,
}

impl Sim {
    /// Sets the application, and the key of the web app.
    pub fn desk(&self, application: Application, key: &str) {
        let desk = &mut self.hub.world().desk;
        desk.application = Some(application);
        desk.key = Some(key.to_owned());
    }

    /// The seller consents: a code that can be redeemed once.
    pub fn consent(&self, account: &str) -> Result<String, SimError> {
        let mut world = self.hub.world();
        world.account(account)?;
        let code = world.desk.next("code");
        world.desk.codes.insert(code.clone(), account.to_owned());
        Ok(code)
    }

    /// A refresh token of this seller, as if a code had been redeemed.
    pub fn refresh_token(&self, account: &str) -> Result<String, SimError> {
        let mut world = self.hub.world();
        world.account(account)?;
        let token = world.desk.next("refresh");
        world
            .desk
            .consents
            .insert(token.clone(), account.to_owned());
        Ok(token)
    }

    /// The seller takes every consent back.
    pub fn revoke(&self, account: &str) {
        let desk = &mut self.hub.world().desk;
        desk.consents.retain(|_, of| of != account);
    }

    /// Every access token of the account that was made here ends now.
    pub fn expire_tokens(&self, account: &str) -> Result<(), SimError> {
        self.hub.world().account_mut(account)?.renewed.clear();
        Ok(())
    }

    /// Sets for how many seconds the tokens made from now on are said to be good.
    pub fn token_lifetime(&self, seconds: u64) {
        self.hub.world().desk.lifetime = Some(seconds);
    }

    /// Sets what goes wrong with answers about tokens, or that nothing does.
    pub fn desk_fault(&self, fault: Option<DeskFault>) {
        self.hub.world().desk.fault = fault;
    }

    /// Questions so far: `refresh, code, web_app, web_app_refresh`, absent if none.
    pub fn desk_counts(&self) -> BTreeMap<&'static str, u64> {
        self.hub.world().desk.counts.clone()
    }
}

impl Desk {
    /// For how many seconds a token is good.
    fn lifetime(&self) -> u64 {
        self.lifetime.unwrap_or(7200)
    }

    /// A token that was never made before.
    fn next(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("v^1.1#i^1#sim#{kind}#{}", self.made)
    }
}

pub(crate) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/identity/v1/oauth2/token", post(oauth::token))
        .route(
            "/api/admin/internal/refresh-tokens",
            post(web_app::refresh_tokens),
        )
        .route("/api/admin/internal/ebay-token", post(web_app::ebay_token))
}

/// Counts the question; the answer, if a fault decides it.
async fn gate(hub: &Arc<Hub>, question: &'static str) -> Option<Response> {
    let fault = {
        let desk = &mut hub.world().desk;
        *desk.counts.entry(question).or_default() += 1;
        desk.fault.clone()
    };
    let html = [(header::CONTENT_TYPE, "text/html")];
    match fault? {
        DeskFault::Silence => {
            stopped(hub.stop.clone()).await;
            Some(StatusCode::GATEWAY_TIMEOUT.into_response())
        }
        DeskFault::Status(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            Some((status, html, "<html>no</html>").into_response())
        }
        DeskFault::Malformed => Some("{\"access_token\": \"v^1.1#".into_response()),
        DeskFault::Strange => Some(in_json(StatusCode::OK, &json!([1]))),
        DeskFault::Encrypted
        | DeskFault::Past
        | DeskFault::AllFailed
        | DeskFault::Useless(_)
        | DeskFault::UselessThenDown => None,
    }
}

fn in_json(status: StatusCode, body: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, body.to_string()).into_response()
}

/// A fresh access token of the account, with the seconds for which it is good. Faults may have it
/// ended, or unknown to the APIs.
fn mint(hub: &Hub, account: &str) -> (String, i64) {
    let mut world = hub.world();
    let token = world.desk.next("access");
    let fault = world.desk.fault.clone();
    let useless = match fault {
        Some(DeskFault::Useless(left)) => {
            world.desk.fault = (left > 1).then(|| DeskFault::Useless(left - 1));
            true
        }
        Some(DeskFault::UselessThenDown) => {
            world.desk.fault = Some(DeskFault::Status(503));
            true
        }
        _ => false,
    };
    if !useless && let Ok(account) = world.account_mut(account) {
        account.renewed.insert(token.clone());
    }
    let lifetime = i64::try_from(world.desk.lifetime()).unwrap_or(i64::MAX);
    let seconds = if fault == Some(DeskFault::Past) {
        -60
    } else {
        lifetime
    };
    (token, seconds)
}
