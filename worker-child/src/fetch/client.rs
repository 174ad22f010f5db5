//! The one HTTP client: the only place that adds the access token.
//!
//! All runs share the token; whichever gets a fresher one replaces it for all. Requests and answers
//! are recorded as they pass, without the token. In a replay there is no network behind it, and what
//! is asked is held against what was asked then.

use std::cell::RefCell;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use rustls::ClientConfig;
use shared::attempt::Attempt;
use shared::id::RunNo;
use shared::recording::Kind;
use shared::secret::Secret;

use super::head::AnswerHead;
use super::live::{Live, chunk_of};
use super::request::{Auth, Request};
use crate::recording::{Events, Recorder, Tape};

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

/// Why a request got no answer, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SendError(pub String);

/// The client of one attempt.
#[derive(Debug)]
pub struct Client {
    network: Network,
    token: RefCell<Token>,
}

#[derive(Debug)]
enum Network {
    Live(Box<Live>, Recorder),
    Tape(Tape),
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
    pub fn new(
        attempt: &Attempt,
        token: &Secret,
        tls: ClientConfig,
        recorder: Recorder,
    ) -> Result<Self, ClientError> {
        let live = Live::new(attempt, tls).map_err(ClientError::Build)?;
        Ok(Self {
            network: Network::Live(Box::new(live), recorder),
            token: RefCell::new(Token::new(token, 0)?),
        })
    }

    /// A client that gets the answers of a recording.
    pub fn replaying(tape: Tape) -> Result<Self, ClientError> {
        Ok(Self {
            token: RefCell::new(Token::new(&Tape::token(), 0)?),
            network: Network::Tape(tape),
        })
    }

    /// Where what happens to the runs comes from.
    pub fn events(&self) -> Events {
        match &self.network {
            Network::Live(_, recorder) => Events::World(recorder.clone()),
            Network::Tape(tape) => Events::Tape(tape.clone()),
        }
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

    /// Sends a request of this run and waits for the headers of its answer.
    pub async fn send(&self, run: RunNo, request: &Request) -> Result<Answer, SendError> {
        match &self.network {
            Network::Live(live, recorder) => {
                recorder.note(run, Kind::Request, request.recorded().as_bytes());
                let sent = live.send(request, self.authorization(request.auth)).await;
                let response =
                    sent.map_err(|words| broken(recorder, run, Kind::SendError, words))?;
                let head = AnswerHead::of(&response);
                recorder.note(run, Kind::Answer, &head.bytes());
                let body = Body::Live(Box::new(response), recorder.clone());
                Ok(Answer { run, head, body })
            }
            Network::Tape(tape) => {
                let recorded = tape.take(run, &[Kind::Request]).await.payload;
                compare(tape, run, request, &recorded);
                let event = tape.take(run, &[Kind::Answer, Kind::SendError]).await;
                if event.kind == Kind::SendError {
                    return Err(SendError(text(event.payload)));
                }
                let head = AnswerHead::read(&event.payload);
                let body = Body::Tape(tape.clone());
                Ok(Answer { run, head, body })
            }
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

fn broken(recorder: &Recorder, run: RunNo, kind: Kind, words: String) -> SendError {
    recorder.note(run, kind, words.as_bytes());
    SendError(words)
}

fn text(payload: Vec<u8>) -> String {
    String::from_utf8(payload).unwrap_or_else(|_| "words that are not UTF-8".to_owned())
}

/// A replay that asks for something else has left the recording.
fn compare(tape: &Tape, run: RunNo, request: &Request, recorded: &[u8]) {
    let asked = request.recorded();
    if asked.as_bytes() != recorded {
        let recorded = String::from_utf8_lossy(recorded);
        let (asked, recorded) = first_difference(&asked, &recorded);
        tape.differs(format!(
            "run {run} asks \"{asked}\", the recording has \"{recorded}\""
        ));
    }
}

/// The first lines that differ; `asked` and `recorded` do.
fn first_difference<'a>(asked: &'a str, recorded: &'a str) -> (&'a str, &'a str) {
    let mut pairs = asked.lines().zip(recorded.lines());
    pairs
        .find(|(asked, recorded)| asked != recorded)
        .unwrap_or((asked, recorded))
}

/// An answer whose headers have come.
#[derive(Debug)]
pub struct Answer {
    run: RunNo,
    head: AnswerHead,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Live(Box<reqwest::Response>, Recorder),
    Tape(Tape),
}

impl Answer {
    /// HTTP status.
    pub const fn status(&self) -> u16 {
        self.head.status
    }

    /// A header, if it is one that is kept, is there and readable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// eBay's own id of the request.
    pub fn request_id(&self) -> Option<&str> {
        REQUEST_IDS.iter().find_map(|name| self.header(name))
    }

    /// The next piece of the body as it came; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, SendError> {
        let run = self.run;
        match &mut self.body {
            Body::Live(response, recorder) => match chunk_of(response).await {
                Ok(Some(chunk)) => {
                    recorder.chunk(run, &chunk);
                    Ok(Some(chunk))
                }
                Ok(None) => {
                    recorder.note(run, Kind::BodyEnd, &[]);
                    Ok(None)
                }
                Err(words) => Err(broken(recorder, run, Kind::BodyError, words)),
            },
            Body::Tape(tape) => {
                let kinds = [Kind::Chunk, Kind::BodyEnd, Kind::BodyError];
                let event = tape.take(run, &kinds).await;
                if event.kind == Kind::BodyError {
                    return Err(SendError(text(event.payload)));
                }
                Ok((event.kind == Kind::Chunk).then_some(event.payload))
            }
        }
    }

    /// Lets the other runs have their turn.
    pub async fn turn(&self) {
        let events = match &self.body {
            Body::Live(_, recorder) => Events::World(recorder.clone()),
            Body::Tape(tape) => Events::Tape(tape.clone()),
        };
        events.turn(self.run).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_told() {
        let cases = [
            (
                "GET api /a\n\n",
                "GET api /b\n\n",
                ("GET api /a", "GET api /b"),
            ),
            ("GET x\nA: 1\n", "GET x\nA: 2\n", ("A: 1", "A: 2")),
            ("GET x\nA: 1", "GET x", ("GET x\nA: 1", "GET x")),
        ];
        for (asked, recorded, expected) in cases {
            assert_eq!(first_difference(asked, recorded), expected);
        }
    }
}
