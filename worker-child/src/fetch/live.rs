//! Requests over the network.
//!
//! It follows no redirect, takes no proxy from the environment and unpacks nothing. It times out
//! connecting and waiting for headers; a body that stalls is left to the supervisor.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Error, Response};
use rustls::ClientConfig;
use shared::attempt::{Attempt, Endpoints};

use super::redact;
use super::request::{Auth, Base, Method, Request};

/// What eBay sees of us.
const USER_AGENT: &str = concat!("bulkhead/", env!("CARGO_PKG_VERSION"));
/// HTTP/2 windows: how much may arrive unread, in bytes. They count against the memory limit.
const STREAM_WINDOW: u32 = 512 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// The library's client, set up.
#[derive(Debug)]
pub(super) struct Live {
    http: reqwest::Client,
    endpoints: Endpoints,
    header_timeout: Duration,
}

impl Live {
    pub(super) fn new(attempt: &Attempt, tls: ClientConfig) -> Result<Self, Error> {
        let network = &attempt.network;
        let http = bare(tls, Duration::from_millis(network.connect_timeout_ms))?;
        Ok(Self {
            http,
            endpoints: attempt.endpoints.clone(),
            header_timeout: Duration::from_millis(network.header_timeout_ms),
        })
    }

    /// Sends a request with this header for its authorization; an error in words.
    pub(super) async fn send(
        &self,
        request: &Request,
        authorization: (HeaderName, HeaderValue),
    ) -> Result<Response, String> {
        let base = match request.base {
            Base::Api => &self.endpoints.api,
            Base::Apiz => &self.endpoints.apiz,
        };
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let (name, token) = authorization;
        let mut builder = self
            .http
            .request(method, format!("{base}{}", request.target()))
            .header(ACCEPT, "*/*")
            .header(name, token);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(body) = &request.body {
            let kind = match request.auth {
                Auth::Bearer | Auth::Iaf => "application/json",
                Auth::Trading => "text/xml",
            };
            builder = builder.header(CONTENT_TYPE, kind).body(body.clone());
        }
        match tokio::time::timeout(self.header_timeout, builder.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(in_words(error)),
            Err(_) => Err(format!(
                "no answer within {} ms",
                self.header_timeout.as_millis()
            )),
        }
    }
}

/// The library's client, without anybody's token.
pub(super) fn bare(tls: ClientConfig, connect_timeout: Duration) -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(USER_AGENT)
        .redirect(Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .no_proxy()
        .connect_timeout(connect_timeout)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .build()
}

/// The next piece of the body; an error in words.
pub(super) async fn chunk_of(response: &mut Response) -> Result<Option<Vec<u8>>, String> {
    let chunk = response.chunk().await.map_err(in_words)?;
    Ok(chunk.map(Into::into))
}

/// The error and its causes, without the URL, which the failure names anyway.
pub(super) fn in_words(error: Error) -> String {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        let more = next.to_string();
        if !words.ends_with(&more) {
            words.push_str(": ");
            words.push_str(&more);
        }
        cause = next.source();
    }
    redact::saying(&words)
}
