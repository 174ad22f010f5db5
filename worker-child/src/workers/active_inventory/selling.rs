//! Listings from Trading: the pages of `GetMyeBaySelling`.

use shared::failure::Failure;
use shared::record::Record;
use shared::table::Table;

use super::listing;
use crate::fetch::request::{Request, Shape};
use crate::parse::ParseError;
use crate::workers::keyed::Keyed;
use crate::workers::paging::Paging;
use crate::workers::read::{Next, ReadSpan, Span};
use crate::workers::step::{Call, Item, Reply, unexpected};
use crate::workers::trading::{self, Elements, Site};

/// The most that the call allows.
const LIMIT: u64 = 200;
const TOTAL: &str = "ActiveList.PaginationResult.TotalNumberOfEntries";

pub(super) const SHAPE: Shape = Shape::Call {
    item_path: &[
        "GetMyeBaySellingResponse",
        "ActiveList",
        "ItemArray",
        "Item",
    ],
    tells: &[TOTAL],
};

/// Asks for a page of so many listings; pages count from 1.
pub(super) fn page(site: Site, number: u64, entries: u64) -> Request {
    let list = Elements::default()
        .text("Include", "true")
        .text("Sort", "StartTime")
        .page(number, entries);
    let elements = Elements::default().within("ActiveList", &list);
    trading::call("GetMyeBaySelling", site, &elements, SHAPE)
}

/// How many listings there are, if the answer tells.
pub(super) fn total(call: &Call) -> Result<Option<u64>, Failure> {
    trading::count(call, TOTAL)
}

/// Reads listings.
#[derive(Debug)]
pub(super) struct Selling {
    site: Site,
    paging: Paging,
    /// The total that the pages announced, if they did.
    announced: Option<u64>,
}

impl Selling {
    /// Reads what the account has listed, wherever that is; the site is the one that is asked.
    pub(super) fn new(site: Site) -> Self {
        Self {
            site,
            paging: Paging::default(),
            announced: None,
        }
    }

    fn ask(&self) -> Request {
        page(self.site, self.paging.page() + 1, LIMIT)
    }

    fn turn(&mut self, call: &Call) -> Result<Option<Next>, Failure> {
        Ok(match (total(call)?, self.announced) {
            (Some(told), _) => {
                self.announced = Some(told);
                self.paging.turn(told, call.items)
            }
            (None, Some(before)) => Some(Next::Again(format!(
                "page {} tells no total, it was {before}",
                self.paging.page() + 1
            ))),
            // Only a page that is full leaves room for others.
            (None, None) => self.paging.turn_untold(call.items, call.items >= LIMIT),
        })
    }
}

impl ReadSpan for Selling {
    fn begin(&mut self, _span: Span) -> Request {
        self.paging.restart();
        self.announced = None;
        self.ask()
    }

    fn keyed(&self) -> Option<Keyed> {
        Some(Keyed {
            members: &["ItemID"],
            table: Some(Table::ActiveInventory),
        })
    }

    fn passed_over(&mut self, id: &str) {
        self.paging.saw(id);
    }

    fn next(&mut self, reply: Reply) -> Result<Next, Failure> {
        let turned = match (reply, self.announced) {
            (Reply::Call(call), _) => self.turn(&call)?,
            // The page before was full by chance.
            (Reply::Missing(_), None) if self.paging.page() > 0 => {
                self.paging.turn_untold(0, false)
            }
            (Reply::Missing(words), _) => Some(Next::Again(words)),
            (other, _) => return Err(unexpected(&other)),
        };
        Ok(turned.unwrap_or_else(|| Next::Fetch(self.ask())))
    }

    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        self.paging.saw(&push(item, out)?);
        Ok(())
    }
}

/// Appends the records of an `Item`; returns its id.
pub(super) fn push(item: Item<'_>, out: &mut Vec<Record>) -> Result<String, ParseError> {
    match item {
        Item::Xml(node) => listing::push(node, out),
        Item::Json(_) => Err(ParseError::bad(0, "a listing is not XML")),
    }
}

#[cfg(test)]
mod tests;
