//! One request until it has its reply: sent, judged, tried again, its body read; once with a
//! fresher access token if the one it was sent with is refused.

use shared::failure::{Failure, Place};
use shared::flight::Phase;
use std::time::Duration;

use super::pump::ReadError;
use super::run::Run;
use crate::fetch::errors::{describe, parse_errors};
use crate::fetch::retry::{Event, Tries, Verdict, decide};
use crate::fetch::{Answer, Request, SendError, Shape, body, redact, trading};
use crate::workers::step::Reply;

/// What one try came to.
enum Try {
    Reply(Reply),
    Judged(Verdict, String),
}

impl Run {
    /// Sends a request until it is answered or given up.
    pub(super) async fn exchange(&mut self, request: &Request) -> Result<Reply, Failure> {
        let mut retried = 0;
        let mut refreshed = false;
        loop {
            let token = self.context.client.token_number();
            let (verdict, words) = match self.ask_once(request, retried).await? {
                Try::Reply(reply) => return Ok(reply),
                Try::Judged(verdict, words) => (verdict, words),
            };
            match verdict {
                Verdict::Retry { after, counted } => {
                    retried += u32::from(counted);
                    self.waited = self.waited.saturating_add(after);
                    self.wait(after).await?;
                }
                Verdict::Refresh(failure) => {
                    if refreshed || !self.is_fresher(token).await? {
                        return Err(self.with_request(failure));
                    }
                    refreshed = true;
                }
                Verdict::Missing => return Ok(Reply::Missing(words)),
                Verdict::Empty => return Ok(Reply::Empty),
                Verdict::Fail(failure) => return Err(self.with_request(failure)),
                Verdict::Done => {
                    return Err(Failure::Bug {
                        what: "a good answer was not read".to_owned(),
                    });
                }
            }
        }
    }

    /// Whether there is a fresher token than the one of this number, which was refused. If no run
    /// of the attempt has got one meanwhile, the supervisor is asked.
    async fn is_fresher(&mut self, refused: u32) -> Result<bool, Failure> {
        let client = &self.context.client;
        if client.token_number() > refused {
            return Ok(true);
        }
        self.stage.phase(Phase::Waiting);
        if let Some(token) = self.emitter.fresh_token().await? {
            let replaced = client.replace_token(&token);
            replaced.map_err(|error| Failure::Unauthorized {
                what: error.to_string(),
            })?;
        }
        Ok(client.token_number() > refused)
    }

    async fn ask_once(&mut self, request: &Request, retried: u32) -> Result<Try, Failure> {
        let answer = match self.send(request).await {
            Ok(answer) => answer,
            Err(error) => return Ok(self.broken(error.to_string(), request, retried).await),
        };
        let status = answer.status();
        let retry_after = answer.header("retry-after").map(str::to_owned);
        let location = answer.header("location").map(str::to_owned);
        let success = (200..300).contains(&status);
        let (errors, answer) = if success {
            (Vec::new(), Some(answer))
        } else {
            let body = body::error_body(answer, self.stage).await;
            (parse_errors(&body), None)
        };
        let event = Event::Answered {
            status,
            retry_after: retry_after.as_deref(),
            errors: &errors,
        };
        let verdict = self.judge(event, request, retried).await;
        match (verdict, answer) {
            (Verdict::Done, Some(answer)) => self.read(answer, request, location, retried).await,
            (verdict, _) => Ok(Try::Judged(verdict, describe(status, &errors))),
        }
    }

    async fn send(&mut self, request: &Request) -> Result<Answer, SendError> {
        let text = redact::request_text(request);
        self.stage.phase(Phase::Requesting);
        self.stage.request(&text);
        let sent = self.context.client.send(self.number, request).await;
        self.stage.progress();
        self.last_request = match sent.as_ref().ok().and_then(Answer::request_id) {
            Some(id) => redact::with_request_id(&text, id),
            None => text.clone(),
        };
        self.request = text;
        self.stage.last_request(&self.last_request);
        sent
    }

    /// Reads the body of a good answer.
    async fn read(
        &mut self,
        answer: Answer,
        request: &Request,
        location: Option<String>,
        retried: u32,
    ) -> Result<Try, Failure> {
        let read = match request.shape {
            Shape::Nothing => return Ok(Try::Reply(Reply::Accepted { location })),
            Shape::Object => self.read_object(answer).await,
            Shape::Item => self.read_item(answer).await,
            Shape::Call { item_path, tells } => self.read_call(answer, item_path, tells).await,
            Shape::Page { member } => self.read_page(answer, member).await,
            Shape::Report { item_path } => self.read_report(answer, item_path).await,
        };
        match read {
            Ok(reply) => {
                if matches!(reply, Reply::Page(_) | Reply::Call(_)) {
                    self.stage.page();
                }
                Ok(Try::Reply(reply))
            }
            Err(ReadError::Denied(asides)) => {
                let verdict = self.judge(Event::Read(&asides), request, retried).await;
                Ok(Try::Judged(verdict, trading::describe(&asides)))
            }
            Err(ReadError::Failed(failure)) => Err(self.placed(failure)),
            // Records of a report are on their way already, and it is too large to read again.
            Err(ReadError::Cut { received, what })
                if received > 0 && matches!(request.shape, Shape::Report { .. }) =>
            {
                let place = Place {
                    byte: Some(received),
                    ..Place::default()
                };
                Err(self.placed(Failure::Transient { what, place }))
            }
            Err(ReadError::Cut { what, .. }) => Ok(self.broken(what, request, retried).await),
        }
    }

    async fn broken(&mut self, what: String, request: &Request, retried: u32) -> Try {
        let verdict = self.judge(Event::Broken(&what), request, retried).await;
        Try::Judged(verdict, what)
    }

    async fn judge(&mut self, event: Event<'_>, request: &Request, retried: u32) -> Verdict {
        let network = &self.context.attempt.network;
        let budget = Duration::from_millis(network.wait_budget_ms);
        let tries = Tries {
            retried,
            budget_left: budget.saturating_sub(self.waited),
            now: self.now().await,
        };
        decide(event, request, tries, network, &mut self.rng)
    }

    /// The failure with the last request as it is known now, eBay's id of it included.
    fn with_request(&self, mut failure: Failure) -> Failure {
        if let Some(place) = redact::place_mut(&mut failure) {
            place.request.clone_from(&self.last_request);
        }
        failure
    }
}
