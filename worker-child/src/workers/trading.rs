//! What all Trading calls share: the request, the site, pages and what an answer tells.
//!
//! *API:* `POST /ws/api.dll`, an XML body, the call's name, the site and the schema's version in
//! headers, the access token in a header of its own, so none in the body.
//! *Pages* are counted from 1; one past the end is eBay's error 340, which comes as
//! [`Reply::Missing`]: the set has shrunk since it was announced.
//! *Not here:* `Ack` and `Errors`, which are judged before a worker hears of
//! the answer.

use shared::failure::Failure;

use super::paging::Paging;
use super::read::Next;
use super::step::{Call, Reply, bad_answer, unexpected};
use crate::fetch::request::{Auth, CALL_NAME, Request, Shape};

const PATH: &str = "/ws/api.dll";
const NAMESPACE: &str = "urn:ebay:apis:eBLBaseComponents";
/// The version of the schema in which we ask and want to be answered.
const COMPATIBILITY_LEVEL: &str = "1451";

/// Where an answer tells how many items there are.
pub(super) const TOTAL: &str = "PaginationResult.TotalNumberOfEntries";

/// Marketplaces that are a Trading site, and its number.
const SITES: [(&str, u16); 20] = [
    ("EBAY_US", 0),
    ("EBAY_CA", 2),
    ("EBAY_GB", 3),
    ("EBAY_AU", 15),
    ("EBAY_AT", 16),
    ("EBAY_BE", 23),
    ("EBAY_FR", 71),
    ("EBAY_DE", 77),
    ("EBAY_MOTORS_US", 100),
    ("EBAY_IT", 101),
    ("EBAY_NL", 146),
    ("EBAY_ES", 186),
    ("EBAY_CH", 193),
    ("EBAY_HK", 201),
    ("EBAY_IN", 203),
    ("EBAY_IE", 205),
    ("EBAY_MY", 207),
    ("EBAY_PH", 211),
    ("EBAY_PL", 212),
    ("EBAY_SG", 216),
];

/// A Trading site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Site(u16);

impl Site {
    /// The site of a marketplace. One without a site of its own is served by that of the United
    /// States: our calls read what belongs to the account wherever it was listed, and the site
    /// only decides the language of messages, which nobody reads by their words.
    pub fn of(marketplace: &str) -> Self {
        let found = SITES.iter().find(|(name, _)| *name == marketplace);
        Self(found.map_or(0, |(_, number)| *number))
    }
}

/// Elements of a call's body, being written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Elements {
    xml: String,
}

impl Elements {
    /// The same elements and one more with this text, which is escaped.
    #[must_use]
    pub(super) fn text(mut self, name: &str, text: &str) -> Self {
        self.open(name);
        for c in text.chars() {
            match c {
                '&' => self.xml.push_str("&amp;"),
                '<' => self.xml.push_str("&lt;"),
                '>' => self.xml.push_str("&gt;"),
                other => self.xml.push(other),
            }
        }
        self.close(name);
        self
    }

    /// The same elements and one more that holds others.
    #[must_use]
    pub(super) fn within(mut self, name: &str, inner: &Self) -> Self {
        self.open(name);
        self = self.and(inner);
        self.close(name);
        self
    }

    /// The same elements and these.
    #[must_use]
    pub(super) fn and(mut self, others: &Self) -> Self {
        self.xml.push_str(&others.xml);
        self
    }

    /// The same elements and the one that asks for a page: its number counts from 1.
    #[must_use]
    pub(super) fn page(self, number: u64, entries: u64) -> Self {
        let page = Self::default()
            .text("EntriesPerPage", &entries.to_string())
            .text("PageNumber", &number.to_string());
        self.within("Pagination", &page)
    }

    fn open(&mut self, name: &str) {
        self.xml.push('<');
        self.xml.push_str(name);
        self.xml.push('>');
    }

    fn close(&mut self, name: &str) {
        self.xml.push_str("</");
        self.xml.push_str(name);
        self.xml.push('>');
    }
}

/// A call to a site, with these elements in its body. A page past the end is told to the worker.
pub(super) fn call(name: &'static str, site: Site, elements: &Elements, shape: Shape) -> Request {
    let body = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><{name}Request xmlns="{NAMESPACE}">{}</{name}Request>"#,
        elements.xml
    );
    Request::post(PATH, body, shape)
        .auth(Auth::Trading)
        .header(CALL_NAME, name)
        .header("X-EBAY-API-SITEID", site.0.to_string())
        .header("X-EBAY-API-COMPATIBILITY-LEVEL", COMPATIBILITY_LEVEL)
        .may_be_missing()
}

/// The answer in a reply, or what is next if its page was past the end.
pub(super) fn answer(reply: Reply) -> Result<Result<Call, Next>, Failure> {
    if let Reply::Missing(what) = reply {
        return Ok(Err(Next::Again(what)));
    }
    let Reply::Call(call) = reply else {
        return Err(unexpected(&reply));
    };
    Ok(Ok(call))
}

/// A count that the answer tells, if it does.
pub(super) fn count(call: &Call, path: &str) -> Result<Option<u64>, Failure> {
    let Some(text) = told(call, path) else {
        return Ok(None);
    };
    let count = text.parse().map(Some);
    count.map_err(|_| bad_answer(format!("{text:?} is not a count"), path))
}

/// A yes or no that the answer tells, if it does.
pub(super) fn flag(call: &Call, path: &str) -> Result<Option<bool>, Failure> {
    match told(call, path) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(text) => Err(bad_answer(format!("{text:?} is not true or false"), path)),
    }
}

fn told<'a>(call: &'a Call, path: &str) -> Option<&'a str> {
    let text = call.told.get(path)?;
    Some(text.as_str()).filter(|text| !text.is_empty())
}

/// Takes a page of a set whose total is announced; `more` is what the answer says itself about
/// further pages, if it does. `None` means that the next page must be read.
pub(super) fn turn(
    paging: &mut Paging,
    call: &Call,
    announced: u64,
    more: Option<bool>,
) -> Option<Next> {
    let turned = paging.turn(announced, call.items);
    let expects_more = turned.is_none();
    let contradicted = more.filter(|more| *more != expects_more && !is_again(turned.as_ref()));
    match contradicted {
        Some(more) => Some(Next::Again(format!(
            "{} of {announced} items came, and the answer says that there are {} more",
            paging.offset(),
            if more { "some" } else { "no" }
        ))),
        None => turned,
    }
}

const fn is_again(turned: Option<&Next>) -> bool {
    matches!(turned, Some(Next::Again(_)))
}

#[cfg(test)]
mod tests;
