//! What the workers of the Finances API share: the pages of its lists, and how a transaction is
//! known.
//!
//! *Pages:* `limit` and `offset` count records. The contract has a `total`, observed answers have
//! none. Where it is told, it must stay the same and equal the distinct items seen. Where it is
//! not, a `next` link promises more and a full page makes us look; a shorter page without a link
//! is the last. Since nothing else would tell then that the set moved under the pages, an item
//! that comes twice is a contradiction. So is a page that tells the total after one that did not.
//! *Empty:* an empty window is a 204, which may also follow a full page that promised nothing; a
//! 204 or an empty page where more was promised is a contradiction. A total of 0, an empty list,
//! and a page that says its offset but has neither list nor total are empty windows too.

use serde_json::Value as Json;
use shared::failure::Failure;
use shared::record::Value;

use super::paging::Paging;
use super::read::{Next, Span};
use super::step::{Item, Page, Reply, bad_answer, unexpected};
use super::values;
use crate::fetch::request::{Base, Request, Shape};
use crate::parse::json::Member;
use crate::parse::{ParseError, field};

/// How the live API spells the tax that eBay collected, and how its documents do.
const TAX_OBSERVED: &str = "ebayCollectedTaxAmount";
const TAX_DOCUMENTED: &str = "eBayCollectedTaxAmount";

/// What tells a transaction from others.
pub(super) const KEY: [&str; 3] = ["transactionId", "transactionType", "bookingEntry"];

/// A list of the Finances API.
#[derive(Debug)]
pub(super) struct List {
    path: &'static str,
    /// The filter of times.
    filter: &'static str,
    /// Name of the array.
    member: &'static str,
    /// The largest page that eBay gives.
    limit: u64,
}

/// `getTransactions`.
pub(super) const TRANSACTIONS: List = List {
    path: "/sell/finances/v1/transaction",
    filter: "transactionDate",
    member: "transactions",
    limit: 1000,
};

/// `getPayouts`.
pub(super) const PAYOUTS: List = List {
    path: "/sell/finances/v1/payout",
    filter: "payoutDate",
    member: "payouts",
    limit: 200,
};

impl List {
    /// How its pages are read.
    pub(super) const fn shape(&self) -> Shape {
        Shape::Page {
            member: self.member,
        }
    }
}

/// The pages of one list in one span.
#[derive(Debug)]
pub(super) struct Pages {
    list: &'static List,
    filter: String,
    paging: Paging,
    /// Whether the pages tell the total, as the first one did or did not.
    told: Option<bool>,
    /// Whether the page before said that more follows.
    promised: bool,
    /// How many items had come before.
    doubled: u64,
}

impl Pages {
    pub(super) fn new(list: &'static List) -> Self {
        Self {
            list,
            filter: String::new(),
            paging: Paging::default(),
            told: None,
            promised: false,
            doubled: 0,
        }
    }

    /// Begins a span, maybe once more.
    pub(super) fn begin(&mut self, span: Span) -> Request {
        *self = Self {
            filter: format!("{}:[{}..{}]", self.list.filter, span.first, span.last),
            ..Self::new(self.list)
        };
        self.ask()
    }

    /// Notes an item of the page being read.
    pub(super) fn saw(&mut self, id: &str) {
        self.doubled += u64::from(!self.paging.saw(id));
    }

    /// Takes the reply to the request before.
    pub(super) fn next(&mut self, reply: Reply) -> Result<Next, Failure> {
        let turned = match reply {
            Reply::Empty => self.nothing(),
            Reply::Page(page) => self.page(&page)?,
            other @ (Reply::Go
            | Reply::Report(_)
            | Reply::Call(_)
            | Reply::Item
            | Reply::Object(_)
            | Reply::Needed(_)
            | Reply::Accepted { .. }
            | Reply::Missing(_)) => return Err(unexpected(&other)),
        };
        Ok(turned.unwrap_or_else(|| Next::Fetch(self.ask())))
    }

    fn ask(&self) -> Request {
        Request::get(self.list.path, self.list.shape())
            .at(Base::Apiz)
            .may_be_empty()
            .with("filter", self.filter.as_str())
            .with("limit", self.list.limit.to_string())
            .with("offset", self.paging.offset().to_string())
    }

    /// A 204 came.
    fn nothing(&mut self) -> Option<Next> {
        if self.promised {
            return Some(self.broken_promise("a 204"));
        }
        self.untold(0, false)
    }

    /// Nothing came where the page before had said that more follows.
    fn broken_promise(&self, came: &str) -> Next {
        let at = self.paging.offset();
        Next::Again(format!(
            "the page at offset {at} is {came}, and more must follow"
        ))
    }

    fn page(&mut self, page: &Page) -> Result<Option<Next>, Failure> {
        let total = total(page)?;
        let linked = is_linked(page);
        if page.list != Member::Array && !is_empty(page, total, linked) {
            let member = self.list.member;
            return Err(bad_answer(format!("{member} is missing"), member));
        }
        if *self.told.get_or_insert(total.is_some()) != total.is_some() {
            let what = "some pages tell the total and others do not";
            return Ok(Some(Next::Again(what.to_owned())));
        }
        let promised = std::mem::replace(&mut self.promised, total.is_some() || linked);
        Ok(match total {
            Some(total) => self.paging.turn(total, page.items),
            None if promised && page.items == 0 => Some(self.broken_promise("empty")),
            None => self.untold(page.items, linked || self.is_full(page)),
        })
    }

    /// A page whose total nobody tells. What comes twice is told at once: eBay could go on for ever.
    fn untold(&mut self, items: u64, more: bool) -> Option<Next> {
        match self.doubled {
            0 => self.paging.turn_untold(items, more),
            doubled => Some(Next::Again(format!("{doubled} items came more than once"))),
        }
    }

    /// Whether the page has as many items as it may have, by our limit or by the one it names.
    fn is_full(&self, page: &Page) -> bool {
        let named = page.members.get("limit").and_then(Json::as_u64);
        let limit = named.map_or(self.list.limit, |named| named.min(self.list.limit));
        page.items > 0 && page.items >= limit
    }
}

fn total(page: &Page) -> Result<Option<u64>, Failure> {
    match page.members.get("total") {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Number(total)) if total.is_u64() => Ok(total.as_u64()),
        Some(_) => Err(bad_answer("total is not a count", "total")),
    }
}

/// Whether the page names the one after it.
fn is_linked(page: &Page) -> bool {
    match page.members.get("next") {
        None | Some(Json::Null) => false,
        Some(Json::String(link)) => !link.is_empty(),
        Some(_) => true,
    }
}

/// Whether a page without a list says that there is nothing, instead of being something else.
fn is_empty(page: &Page, total: Option<u64>, linked: bool) -> bool {
    match total {
        Some(total) => total == 0,
        None => !linked && page.members.contains_key("offset"),
    }
}

/// The JSON of an item of a list. Both spellings of the collected tax become the documented one,
/// so that the payload does not change with eBay's mood; it counts where both stand.
pub(super) fn json(item: Item<'_>) -> Result<Json, ParseError> {
    let Item::Json(text) = item else {
        return Err(ParseError::bad(
            0,
            "an item of the Finances API is not JSON",
        ));
    };
    let mut json = values::json(text)?;
    if let Json::Object(members) = &mut json
        && let Some(tax) = members.remove(TAX_OBSERVED)
    {
        members.entry(TAX_DOCUMENTED).or_insert(tax);
    }
    Ok(json)
}

/// Id, type and booking entry of a transaction: its id alone is not unique, a sale and its refund
/// may share the order's.
pub(super) fn key(transaction: &Json) -> Result<Vec<String>, ParseError> {
    let parts = KEY.map(|name| field::id(transaction, name));
    parts.into_iter().collect()
}

/// An identifier as text, or null if absent.
pub(super) fn id(item: &Json, path: &str) -> Result<Value, ParseError> {
    Ok(field::id_opt(item, path)?.map_or(Value::Null, Value::Text))
}

#[cfg(test)]
mod tests;
