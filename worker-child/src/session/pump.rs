//! A body on its way: unpacked, split into items, turned into records, sent, one item at a time.

use serde_json::Value;
use shared::failure::{Failure, Place};
use shared::flight::Phase;
use shared::record::Record;

use super::run::Run;
use crate::fetch::trading::{self, Meaning};
use crate::fetch::{Answer, Body, BodyError, Filled, redact};
use crate::parse::json::JsonStep;
use crate::parse::xml::Asides;
use crate::parse::{Caps, JsonItems, ParseError, XmlItems, XmlStep};
use crate::trap;
use crate::workers::step::{Call, Item, Page, Reply, Report, bad_answer, parse_failure};

/// Largest body that is one small object, in bytes.
const OBJECT_BYTES: usize = 1024 * 1024;

/// Why a body was not read to its end.
pub(super) enum ReadError {
    /// The connection broke after this many bytes, as transferred.
    Cut { received: u64, what: String },
    /// It was read to its end, and says of itself that it is no good.
    Denied(Asides),
    /// What came, or what became of it, ends the run.
    Failed(Failure),
}

impl From<BodyError> for ReadError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Cut { received, .. } => Self::Cut {
                received,
                what: error.to_string(),
            },
            BodyError::Unpack(error) => error.into(),
        }
    }
}

impl From<ParseError> for ReadError {
    fn from(error: ParseError) -> Self {
        // The request is added where it is known.
        Self::Failed(parse_failure(error, ""))
    }
}

impl Run {
    /// Reads one small JSON object.
    pub(super) async fn read_object(&mut self, answer: Answer) -> Result<Reply, ReadError> {
        let text = self.read_small(answer).await?;
        match serde_json::from_slice(&text) {
            Ok(Value::Object(object)) => Ok(Reply::Object(Value::Object(object))),
            Ok(_) => Err(ReadError::Failed(bad_answer("body is no JSON object", ""))),
            Err(error) => {
                let what = format!("body is not valid JSON: {error}");
                Err(ReadError::Failed(bad_answer(what, "")))
            }
        }
    }

    /// A body that is small.
    async fn read_small(&mut self, answer: Answer) -> Result<Vec<u8>, ReadError> {
        let mut body = Body::new(answer, self.stage, Caps::default());
        let mut text = Vec::new();
        while body.fill(&mut text).await? == Filled::Some {
            if text.len() > OBJECT_BYTES {
                let what = format!("body is over the cap of {OBJECT_BYTES} bytes");
                return Err(ParseError::too_large(text.len() as u64, what).into());
            }
        }
        Ok(text)
    }

    /// Reads a JSON page and sends its items.
    pub(super) async fn read_page(
        &mut self,
        answer: Answer,
        member: &str,
    ) -> Result<Reply, ReadError> {
        let caps = Caps::default();
        let mut body = Body::new(answer, self.stage, caps);
        let mut items = JsonItems::new(member, caps);
        let mut records = Vec::new();
        loop {
            match items.next()? {
                JsonStep::Item {
                    value, byte, index, ..
                } => {
                    let at = At { byte, index };
                    if self.passes(value, at).await? {
                        continue;
                    }
                    self.worker
                        .parsed(value, &mut records)
                        .map_err(|error| error.in_item(index, byte))?;
                    self.send_all(&mut records, at).await?;
                }
                JsonStep::Yield => self.turn().await,
                JsonStep::NeedMore => {
                    if body.fill(items.space()).await? == Filled::End {
                        break;
                    }
                }
            }
        }
        let page = items.finish()?;
        Ok(Reply::Page(Page {
            members: page.page,
            list: page.member,
            items: page.items,
        }))
    }

    /// Reads an XML report and sends its items.
    pub(super) async fn read_report(
        &mut self,
        answer: Answer,
        item_path: &[&str],
    ) -> Result<Reply, ReadError> {
        let summary = self.read_xml(answer, item_path).await?.finish()?;
        Ok(Reply::Report(Report {
            items: summary.items,
            acks: summary.asides.acks,
            errors: summary.asides.errors,
        }))
    }

    /// Reads an XML document to its end and sends its items.
    async fn read_xml(
        &mut self,
        answer: Answer,
        item_path: &[&str],
    ) -> Result<XmlItems, ReadError> {
        let caps = Caps::default();
        let mut body = Body::new(answer, self.stage, caps);
        let mut items = XmlItems::new(item_path, caps);
        let mut records = Vec::new();
        loop {
            match items.next()? {
                XmlStep::Item {
                    root, byte, index, ..
                } => {
                    let at = At { byte, index };
                    if self.passes(root, at).await? {
                        continue;
                    }
                    self.take(Item::Xml(root), at, &mut records)?;
                    self.send_all(&mut records, at).await?;
                }
                XmlStep::Yield => self.turn().await,
                XmlStep::NeedMore => {
                    if body.fill(items.space()).await? == Filled::End {
                        items.end();
                    }
                }
                XmlStep::End => break,
            }
        }
        Ok(items)
    }

    /// Reads a Trading answer and sends its items. What it says of itself is known at its end
    /// only: the items of an answer that turns out to be no good may be on their way already.
    pub(super) async fn read_call(
        &mut self,
        answer: Answer,
        item_path: &[&str],
        tells: &[&'static str],
    ) -> Result<Reply, ReadError> {
        let mut items = self.read_xml(answer, item_path).await?;
        let root = items.envelope();
        let tell = |path: &&'static str| Some((*path, root?.text_at(path)?.to_owned()));
        let told = tells.iter().filter_map(tell).collect();
        let summary = items.finish()?;
        if trading::meaning(&summary.asides) != Meaning::Fine {
            return Err(ReadError::Denied(summary.asides));
        }
        Ok(Reply::Call(Call {
            items: summary.items,
            told,
            warnings: summary.asides.errors,
        }))
    }

    /// Reads one JSON object and sends what the worker makes of it.
    pub(super) async fn read_item(&mut self, answer: Answer) -> Result<Reply, ReadError> {
        let text = self.read_small(answer).await?;
        let text = std::str::from_utf8(&text)
            .map_err(|error| ParseError::bad(error.valid_up_to() as u64, "invalid UTF-8"))?;
        let at = At { byte: 0, index: 0 };
        if self.passes_alone(at).await? {
            return Ok(Reply::Item);
        }
        let mut records = Vec::new();
        self.take(Item::Json(text), at, &mut records)?;
        self.send_all(&mut records, at).await?;
        Ok(Reply::Item)
    }

    /// Has the worker turn an item into records.
    fn take(
        &mut self,
        item: Item<'_>,
        at: At,
        records: &mut Vec<Record>,
    ) -> Result<(), ParseError> {
        self.worker
            .records(item, records)
            .map_err(|error| error.in_item(at.index, at.byte))
    }

    /// Sends the records of an item, which is done with then.
    async fn send_all(&mut self, records: &mut Vec<Record>, at: At) -> Result<(), ReadError> {
        for record in records.drain(..) {
            trap::spring(&record.payload);
            let pushed = self.emitter.push(record).await;
            pushed.map_err(|failure| ReadError::Failed(at.mark(failure)))?;
        }
        self.stage.end_item();
        Ok(())
    }

    /// A piece was parsed: the others get their turn.
    async fn turn(&self) {
        self.stage.phase(Phase::Parsing);
        self.stage.progress();
        self.context.events.turn(self.number).await;
    }
}

/// Where an item stands in its body.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) byte: u64,
    /// From 0.
    pub(super) index: u64,
}

impl At {
    fn mark(self, mut failure: Failure) -> Failure {
        if let Some(place) = redact::place_mut(&mut failure) {
            *place = Place {
                byte: Some(self.byte),
                item: Some(self.index),
                ..std::mem::take(place)
            };
        }
        failure
    }
}
