//! Getting tokens: one exchange with eBay's identity service or with the web app.
//!
//! What is asked and what an answer means is decided by [`asked`] and [`judge`], which are pure;
//! [`exchange`] sends and reads. No word of an answer goes on but what [`judge`] has looked at.

mod asked;
mod judge;

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use shared::time::Timestamp;
use shared::wire::message::{Exchange, Exchanged};

pub use asked::{Asked, asked};
pub use judge::{Answered, judge};

use super::client::ClientError;
use super::live;

/// The largest answer, in bytes: two tokens have room in it many times over.
const MAX_ANSWER: usize = 64 * 1024;

/// Asks once. Whatever goes wrong on the way is [`Exchanged::Unavailable`]; `now` is the clock.
pub async fn exchange(
    exchange: &Exchange,
    tls: rustls::ClientConfig,
    now: fn() -> Timestamp,
) -> Result<Exchanged, ClientError> {
    let connect = Duration::from_millis(exchange.connect_timeout_ms);
    let http = live::bare(tls, connect).map_err(ClientError::Build)?;
    let limit = Duration::from_millis(exchange.timeout_ms);
    let answered = tokio::time::timeout(limit, ask(&http, exchange)).await;
    Ok(match answered {
        Ok(Ok(answered)) => judge(&exchange.ask, &answered, now()),
        Ok(Err(what)) => Exchanged::Unavailable { what },
        Err(_) => Exchanged::Unavailable {
            what: format!("no answer within {} ms", exchange.timeout_ms),
        },
    })
}

async fn ask(http: &reqwest::Client, exchange: &Exchange) -> Result<Answered, String> {
    let Asked { basic, kind, body } = asked(&exchange.ask);
    let mut builder = http
        .post(&exchange.url)
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, kind)
        .body(body);
    if let Some((user, password)) = basic {
        builder = builder.basic_auth(user, Some(password.expose()));
    }
    let mut response = builder.send().await.map_err(live::in_words)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = live::chunk_of(&mut response).await? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(format!("the answer is over the cap of {MAX_ANSWER} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answered { status, body })
}
