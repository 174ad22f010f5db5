//! What cases, inquiries and returns share: a search page by page, and the details of what is new.
//!
//! *API:* `GET …/search` by creation time, both ends always sent, then `GET …/{id}`; JSON,
//! `Authorization: IAF`, with the marketplace. No filter sees a later change.
//! *Paging:* limit 200, offset counts records, both as `paginationOutput` has them; an answer
//! without entries says limit 0 and offset 0 whatever was asked. `totalEntries` is the total; the
//! total beside `members` was seen to count the page alone.
//! *Details:* after each page a probe tells which items are not stored with this summary; only
//! their details are fetched. A version of a summary is stored in the record of its detail, never
//! without it. A detail that is missing although its item was just listed contradicts the search.
//! *Version:* the hash of the summary without the fields that move on their own.

mod record;

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value as Json};
use shared::failure::Failure;
use shared::record::{Record, Value};
use shared::table::Table;
use shared::wire::message::{MAX_PROBES, Probed};

pub(super) use record::{Columns, Events, amount, id, is_closed, latest, text, time};

use super::keyed::Keyed;
use super::paging::Paging;
use super::read::{Next, ReadSpan, Span};
use super::step::{Item, Page, Probe, Reply, bad_answer, unexpected};
use super::values;
use crate::fetch::request::{Auth, Request, Shape, segment};
use crate::parse::field;
use crate::parse::json::{Member, canonical};
use crate::parse::{ParseError, ParseErrorKind};

const LIMIT: &str = "200";
/// Most bytes of summaries that one page may have; eBay's 200 come to less than 1 MiB.
const HELD_BYTES: usize = 8 * 1024 * 1024;
/// Members of a body that report a failure, also one with status 200.
const ERRORS: [&str; 3] = ["error", "errors", "errorMessage"];

/// A page of a search.
pub(super) const PAGE: Shape = Shape::Page { member: "members" };

/// What is special about one of the three.
#[derive(Debug)]
pub(super) struct Resource {
    /// Where its records go.
    pub(super) table: Table,
    /// What one is called in messages.
    pub(super) name: &'static str,
    /// The path above `search` and the ids.
    pub(super) path: &'static str,
    /// The member with the id.
    pub(super) id: &'static str,
    /// The same as the key of an item of a search.
    pub(super) key: &'static [&'static str],
    /// A member without which a body is no detail.
    pub(super) detail: &'static str,
    /// The parameters for the first and the last time of creation.
    pub(super) created: [&'static str; 2],
    /// A parameter and its value that leave out nothing which is still open, if there is one.
    pub(super) open: Option<(&'static str, &'static str)>,
    /// The member of a page beside `members` that tells the total.
    pub(super) total: &'static str,
    /// Paths in `detail` and `summary` of what moves on its own.
    pub(super) volatile: &'static [&'static str],
    /// Columns from an object with `detail` and `summary`, of which either may be absent.
    pub(super) columns: fn(&Json) -> Result<Columns, ParseError>,
}

/// Reads one of the three.
#[derive(Debug)]
pub struct PostOrder {
    resource: &'static Resource,
    marketplace: String,
    /// The span's first and last moment.
    created: [String; 2],
    open: bool,
    paging: Paging,
    /// The summaries of the page being read, by id; a page that broke off is asked for again.
    listed: BTreeMap<String, Summary>,
    held: usize,
    /// Summaries in the order of the probe that waits for its answer.
    asked: Vec<(String, Summary)>,
    /// What must be fetched; the first one is being fetched.
    wanted: VecDeque<(String, Summary)>,
    /// What follows when the details of the page are read: the next page, if it is nothing.
    after: Option<Next>,
}

#[derive(Debug)]
struct Summary {
    /// Canonical JSON.
    text: String,
    version: String,
}

impl PostOrder {
    pub(super) fn new(resource: &'static Resource, marketplace: &str) -> Self {
        Self {
            resource,
            marketplace: marketplace.to_owned(),
            created: [String::new(), String::new()],
            open: false,
            paging: Paging::default(),
            listed: BTreeMap::new(),
            held: 0,
            asked: Vec::new(),
            wanted: VecDeque::new(),
            after: None,
        }
    }

    fn start(&mut self, span: Span, open: bool) -> Request {
        let marketplace = std::mem::take(&mut self.marketplace);
        *self = Self::new(self.resource, &marketplace);
        self.created = [span.first.to_string(), span.last.to_string()];
        self.open = open;
        self.search()
    }

    fn get(&self, last: &str, shape: Shape) -> Request {
        Request::get(format!("{}/{last}", self.resource.path), shape)
            .auth(Auth::Iaf)
            .header("X-EBAY-C-MARKETPLACE-ID", self.marketplace.as_str())
    }

    fn search(&self) -> Request {
        let mut request = self.get("search", PAGE);
        for (name, time) in self.resource.created.into_iter().zip(&self.created) {
            request = request.with(name, time.as_str());
        }
        if let Some((name, value)) = self.resource.open.filter(|_| self.open) {
            request = request.with(name, value);
        }
        request
            .with("limit", LIMIT)
            .with("offset", self.paging.offset().to_string())
    }

    /// A page came to its end.
    fn turn(&mut self, page: &Page) -> Result<Next, Failure> {
        let announced = match announced(self.resource, page)? {
            Announced::Total(total) => total,
            Announced::Contradiction(why) => return Ok(Next::Again(why)),
        };
        if announced > 0 && page.list != Member::Array {
            return Err(bad_answer("members is missing", "members"));
        }
        let turned = self.paging.turn(announced, page.items);
        if let Some(Next::Again(why)) = turned {
            return Ok(Next::Again(why));
        }
        self.after = turned;
        Ok(self.go_on())
    }

    /// What is left to do for the page.
    fn go_on(&mut self) -> Next {
        if let Some((id, _)) = self.wanted.front() {
            return Next::Fetch(self.get(&segment(id), Shape::Item).may_be_missing());
        }
        while self.asked.len() < MAX_PROBES
            && let Some(next) = self.listed.pop_first()
        {
            self.asked.push(next);
        }
        if self.asked.is_empty() {
            self.held = 0;
            let after = self.after.take();
            return after.unwrap_or_else(|| Next::Fetch(self.search()));
        }
        let probed = |(id, summary): &(String, Summary)| Probed {
            key: vec![id.clone()],
            version: summary.version.clone(),
        };
        Next::Probe(Probe {
            table: self.resource.table,
            items: self.asked.iter().map(probed).collect(),
        })
    }

    /// Notes an item of a page.
    fn list(&mut self, summary: &Json) -> Result<(), ParseError> {
        let id = field::id(summary, self.resource.id)?;
        self.paging.saw(&id);
        let summary = Summary {
            text: canonical(summary),
            version: record::version(self.resource, summary),
        };
        self.held += summary.text.len();
        if let Some(before) = self.listed.insert(id, summary) {
            self.held -= before.text.len();
        }
        if self.held > HELD_BYTES {
            let what = format!("summaries of one page are over the cap of {HELD_BYTES} bytes");
            return Err(ParseError::new(ParseErrorKind::TooLarge, 0, what));
        }
        Ok(())
    }
}

impl ReadSpan for PostOrder {
    fn begin(&mut self, span: Span) -> Request {
        self.start(span, false)
    }

    fn begin_open(&mut self, span: Span) -> Request {
        self.start(span, true)
    }

    fn keyed(&self) -> Option<Keyed> {
        Some(Keyed {
            members: self.resource.key,
            table: Some(self.resource.table),
        })
    }

    fn passed_over(&mut self, id: &str) {
        // Its detail is not asked for. One that is being read is done with its reply.
        if self.wanted.is_empty() {
            self.paging.saw(id);
        }
    }

    fn next(&mut self, reply: Reply) -> Result<Next, Failure> {
        match (reply, self.wanted.front()) {
            (Reply::Page(page), None) if self.asked.is_empty() => self.turn(&page),
            (Reply::Needed(needed), None) => {
                let asked = std::mem::take(&mut self.asked).into_iter().enumerate();
                let wanted = asked.filter(|(position, _)| needed.binary_search(position).is_ok());
                self.wanted = wanted.map(|(_, item)| item).collect();
                Ok(self.go_on())
            }
            (Reply::Item, Some(_)) => {
                self.wanted.pop_front();
                Ok(self.go_on())
            }
            (Reply::Missing(words), Some((id, _))) => {
                let name = self.resource.name;
                Ok(Next::Again(format!("{name} {id} is listed, but {words}")))
            }
            (other, _) => Err(unexpected(&other)),
        }
    }

    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        let body = object(item)?;
        let Some((id, summary)) = self.wanted.front() else {
            return self.list(&body);
        };
        let known = values::json(&summary.text)?;
        let version = Value::Text(summary.version.clone());
        out.push(record::both(self.resource, id, body, known, version)?);
        Ok(())
    }
}

/// Appends the record of a summary alone.
pub(super) fn summary(
    resource: &Resource,
    item: Item<'_>,
    out: &mut Vec<Record>,
) -> Result<(), ParseError> {
    out.push(record::of_summary(resource, object(item)?)?);
    Ok(())
}

/// Appends the record of a detail alone.
pub(super) fn detail(
    resource: &Resource,
    item: Item<'_>,
    out: &mut Vec<Record>,
) -> Result<(), ParseError> {
    out.push(record::of_detail(resource, object(item)?)?);
    Ok(())
}

fn object(item: Item<'_>) -> Result<Json, ParseError> {
    let Item::Json(text) = item else {
        return Err(ParseError::bad(0, "the item is not JSON"));
    };
    let body = values::json(text)?;
    if body.is_object() {
        return Ok(body);
    }
    Err(ParseError::bad(0, "the item is no JSON object"))
}

/// What a page says of the size of the set.
enum Announced {
    Total(u64),
    /// It says two things; in words.
    Contradiction(String),
}

fn announced(resource: &Resource, page: &Page) -> Result<Announced, Failure> {
    if let Some(name) = ERRORS.iter().find(|name| is_told(&page.members, name)) {
        return Err(bad_answer("the page reports a failure", name));
    }
    let output = match page.members.get("paginationOutput") {
        Some(Json::Object(output)) => output,
        Some(Json::Null) | None => &Map::new(),
        Some(_) => return Err(bad_answer("no pagination", "paginationOutput")),
    };
    let entries = count(output, "totalEntries", "paginationOutput.totalEntries")?;
    let told = count(&page.members, resource.total, resource.total)?;
    Ok(match (entries, told) {
        (Some(entries), Some(told)) if told != entries && told != page.items => {
            let total = resource.total;
            let what = format!("{total} is {told} and totalEntries {entries}");
            Announced::Contradiction(what)
        }
        (Some(total), _) | (None, Some(total)) => Announced::Total(total),
        (None, None) => {
            // How eBay says "nothing" when it leaves the totals out.
            let limit = count(output, "limit", "paginationOutput.limit")?;
            if limit != Some(0) || page.items > 0 {
                return Err(bad_answer("total is missing", resource.total));
            }
            Announced::Total(0)
        }
    })
}

/// Whether a member is there with something in it.
fn is_told(members: &Map<String, Json>, name: &str) -> bool {
    match members.get(name) {
        None | Some(Json::Null) => false,
        Some(Json::Array(list)) => !list.is_empty(),
        Some(_) => true,
    }
}

fn count(members: &Map<String, Json>, name: &str, path: &str) -> Result<Option<u64>, Failure> {
    match members.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Number(total)) if total.is_u64() => Ok(total.as_u64()),
        Some(_) => Err(bad_answer(format!("{name} is not a count"), path)),
    }
}

#[cfg(test)]
pub(super) mod fixtures;
#[cfg(test)]
mod tests;
