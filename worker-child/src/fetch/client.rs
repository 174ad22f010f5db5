//! The one HTTP client: the only place that adds the access token.
//!
//! All runs share the token; whichever gets a fresher one replaces it for all.
//!
//! It follows no redirect, takes no proxy from the environment and unpacks nothing. It times out
//! connecting and waiting for headers; a body that stalls is left to the supervisor.

use std::cell::RefCell;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use rustls::ClientConfig;
use shared::attempt::{Attempt, Endpoints};
use shared::secret::Secret;

use super::redact;
use super::request::{Auth, Base, Method, Request};

/// What eBay sees of us.
const USER_AGENT: &str = concat!("bulkhead/", env!("CARGO_PKG_VERSION"));
/// HTTP/2 windows: how much may arrive unread, in bytes. They count against the memory limit.
const STREAM_WINDOW: u32 = 512 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Header in which Trading wants the access token.
const TRADING_TOKEN: HeaderName = HeaderName::from_static("x-ebay-api-iaf-token");
/// Headers in which eBay names a request, the better one first.
const REQUEST_IDS: [&str; 2] = ["x-ebay-c-request-id", "rlogid"];

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The access token has characters that no header can carry.
    #[error("the access token cannot be sent in a header")]
    Token,
    /// The library refused.
    #[error("setting up the HTTP client failed: {0}")]
    Build(#[source] reqwest::Error),
}

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No headers came in time.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The connection could not be made, or broke.
    #[error("{0}")]
    Broken(String),
}

/// The client of one attempt.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    endpoints: Endpoints,
    token: RefCell<Token>,
    header_timeout: Duration,
}

/// The access token in all the ways in which it travels.
#[derive(Debug)]
struct Token {
    bearer: HeaderValue,
    iaf: HeaderValue,
    bare: HeaderValue,
    /// How many were there before.
    number: u32,
}

impl Token {
    fn new(token: &Secret, number: u32) -> Result<Self, ClientError> {
        let token = token.expose();
        Ok(Self {
            bearer: secret(&format!("Bearer {token}"))?,
            iaf: secret(&format!("IAF {token}"))?,
            bare: secret(token)?,
            number,
        })
    }
}

impl Client {
    /// A client for an attempt with its token.
    pub fn new(attempt: &Attempt, token: &Secret, tls: ClientConfig) -> Result<Self, ClientError> {
        let network = &attempt.network;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(Duration::from_millis(network.connect_timeout_ms))
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
            .build()
            .map_err(ClientError::Build)?;
        Ok(Self {
            http,
            endpoints: attempt.endpoints.clone(),
            token: RefCell::new(Token::new(token, 0)?),
            header_timeout: Duration::from_millis(network.header_timeout_ms),
        })
    }

    /// The number of the token with which requests are sent now; a fresher one has a higher.
    pub fn token_number(&self) -> u32 {
        self.token.borrow().number
    }

    /// Sends all requests from now on with this token. One that is in use already is not fresh:
    /// its number stays.
    pub fn replace_token(&self, token: &Secret) -> Result<(), ClientError> {
        let mut current = self.token.borrow_mut();
        let fresh = Token::new(token, current.number + 1)?;
        if fresh.bare != current.bare {
            *current = fresh;
        }
        Ok(())
    }

    /// Sends a request and waits for the headers of its answer.
    pub async fn send(&self, request: &Request) -> Result<Answer, SendError> {
        let base = match request.base {
            Base::Api => &self.endpoints.api,
            Base::Apiz => &self.endpoints.apiz,
        };
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let mut builder = self
            .http
            .request(method, format!("{base}{}", request.target()))
            .header(ACCEPT, "*/*");
        let (name, token) = self.authorization(request.auth);
        builder = builder.header(name, token);
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
            Ok(Ok(response)) => Ok(Answer { response }),
            Ok(Err(error)) => Err(SendError::Broken(in_words(error))),
            Err(_) => Err(SendError::Timeout(self.header_timeout)),
        }
    }

    /// The header that carries the token, and its value.
    fn authorization(&self, auth: Auth) -> (HeaderName, HeaderValue) {
        let token = self.token.borrow();
        match auth {
            Auth::Bearer => (AUTHORIZATION, token.bearer.clone()),
            Auth::Iaf => (AUTHORIZATION, token.iaf.clone()),
            Auth::Trading => (TRADING_TOKEN, token.bare.clone()),
        }
    }
}

/// A header value that is never shown.
fn secret(text: &str) -> Result<HeaderValue, ClientError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| ClientError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

/// An answer whose headers have come.
#[derive(Debug)]
pub struct Answer {
    response: reqwest::Response,
}

impl Answer {
    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// A header, if it is there and readable.
    pub fn header(&self, name: &str) -> Option<&str> {
        text(self.response.headers(), name)
    }

    /// eBay's own id of the request.
    pub fn request_id(&self) -> Option<&str> {
        REQUEST_IDS.iter().find_map(|name| self.header(name))
    }

    /// The next piece of the body as it came; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, SendError> {
        match self.response.chunk().await {
            Ok(chunk) => Ok(chunk.map(Into::into)),
            Err(error) => Err(SendError::Broken(in_words(error))),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The error and its causes, without the URL, which the failure names anyway.
fn in_words(error: reqwest::Error) -> String {
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
