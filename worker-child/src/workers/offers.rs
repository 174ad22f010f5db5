//! Offers of the Inventory API: every SKU, then the offers of each.
//!
//! *API:* `GET /sell/inventory/v1/inventory_item` for the SKUs, then
//! `GET /sell/inventory/v1/offer?sku=…` for each, Bearer, JSON, both with the languages that eBay
//! wants to be told. Only listings made through this API have offers.
//! *Paging:* limit 200 and 100; offset is a page number. Every page announces the total of its
//! set, which must stay the same and equal the distinct SKUs, or the distinct offers of one SKU;
//! else everything is read once more, then it is `Incomplete`.
//! *Snapshot:* its time is when reading began. An offer that is sent for two SKUs is one offer.
//! *Quirks:* a SKU without offers is a 404 with errorId 25713 or a total of 0, and so is one that
//! was deleted after it was listed; any other 404 is a failure. eBay has no time of change.
//! *Left out of the content hash:* nothing; an offer has no field that moves on its own.

mod record;
mod skus;

use serde_json::Value;
use shared::failure::Failure;
use shared::record::Record;
use shared::table::Table;

use self::skus::Skus;
use super::keyed::Keyed;
use super::paging::Paging;
use super::read::{BodyKind, Next, ReadSpan, Span, Total};
use super::step::{Item, Page, Reply, bad_answer, unexpected};
use super::values;
use crate::fetch::request::{Request, Shape};
use crate::parse::ParseError;
use crate::parse::field;
use crate::parse::json::Member;

const ITEMS: &str = "/sell/inventory/v1/inventory_item";
const OFFERS: &str = "/sell/inventory/v1/offer";
/// The most that `getInventoryItems` allows.
const ITEMS_LIMIT: &str = "200";
/// What `getOffers` gives unless asked otherwise; it names no maximum.
const OFFERS_LIMIT: &str = "100";
/// `errorId` of a 404: there is no offer.
const NO_OFFER: i64 = 25_713;
/// Reads fail for some sellers unless they name both languages.
const LANGUAGE: &str = "en-US";

const ITEMS_SHAPE: Shape = Shape::Page {
    member: "inventoryItems",
};
const OFFERS_SHAPE: Shape = Shape::Page { member: "offers" };

/// What this worker reads.
pub const BODIES: &[BodyKind] = &[BodyKind {
    shape: OFFERS_SHAPE,
    records: |item, out| push(item, out).map(drop),
}];

/// Reads offers.
#[derive(Debug, Default)]
pub struct Offers {
    skus: Skus,
    /// The pages of SKUs, or of the offers of one SKU.
    paging: Paging,
    /// Every offer so far, and how many that are: one may come under two SKUs.
    all: Paging,
    count: u64,
    /// The SKU whose offers are being read; `None` while SKUs are collected.
    at: Option<usize>,
}

impl Offers {
    fn ask(&self) -> Request {
        let request = match self.at.and_then(|at| self.skus.get(at)) {
            None => Request::get(ITEMS, ITEMS_SHAPE).with("limit", ITEMS_LIMIT),
            Some(sku) => Request::get(OFFERS, OFFERS_SHAPE)
                .missing_as(NO_OFFER)
                .with("sku", sku)
                .with("limit", OFFERS_LIMIT),
        };
        request
            .with("offset", self.paging.page().to_string())
            .header("Accept-Language", LANGUAGE)
            .header("Content-Language", LANGUAGE)
    }

    /// The SKUs, or the offers of a SKU, were read to their end.
    fn go_on(&mut self) -> Next {
        let at = self.at.map_or(0, |at| at + 1);
        self.at = Some(at);
        self.paging.restart();
        if self.skus.get(at).is_none() {
            return Next::Complete(Total {
                items: self.count,
                announced: None,
            });
        }
        Next::Fetch(self.ask())
    }
}

impl ReadSpan for Offers {
    fn begin(&mut self, _span: Span) -> Request {
        *self = Self::default();
        self.ask()
    }

    fn keyed(&self) -> Option<Keyed> {
        // The offers of a SKU have keys of their own.
        let sku = Keyed {
            members: &["sku"],
            table: None,
        };
        let offer = Keyed {
            members: &["offerId"],
            table: Some(Table::Offers),
        };
        Some(self.at.map_or(sku, |_| offer))
    }

    fn passed_over(&mut self, id: &str) {
        self.paging.saw(id);
        if self.at.is_some() && self.all.saw(id) {
            self.count += 1;
        }
    }

    fn next(&mut self, reply: Reply) -> Result<Next, Failure> {
        let page = match (reply, self.at) {
            (Reply::Page(page), _) => page,
            // A page past the first one that is missing leaves offers of this SKU unread.
            (Reply::Missing(words), Some(_)) if self.paging.page() > 0 => {
                return Ok(Next::Again(words));
            }
            (Reply::Missing(_), Some(_)) => return Ok(self.go_on()),
            (other, _) => return Err(unexpected(&other)),
        };
        let list = if self.at.is_some() {
            "offers"
        } else {
            "inventoryItems"
        };
        let announced = announced(&page)?;
        if announced > 0 && page.list != Member::Array {
            return Err(bad_answer(format!("{list} is missing"), list));
        }
        Ok(match self.paging.turn(announced, page.items) {
            None => Next::Fetch(self.ask()),
            Some(Next::Complete(_)) => self.go_on(),
            Some(other) => other,
        })
    }

    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        if self.at.is_none() {
            let item = read(item)?;
            let sku = field::text(&item, "sku")?;
            // A page that broke off is asked for again.
            if self.paging.saw(sku) {
                self.skus.push(sku)?;
            }
            return Ok(());
        }
        let id = push(item, out)?;
        self.paging.saw(&id);
        if self.all.saw(&id) {
            self.count += 1;
        }
        Ok(())
    }
}

/// Appends the record of an offer; returns its id.
fn push(item: Item<'_>, out: &mut Vec<Record>) -> Result<String, ParseError> {
    record::push(&read(item)?, out)
}

fn read(item: Item<'_>) -> Result<Value, ParseError> {
    let Item::Json(text) = item else {
        return Err(ParseError::bad(0, "an offer is not JSON"));
    };
    values::json(text)
}

fn announced(page: &Page) -> Result<u64, Failure> {
    match page.members.get("total") {
        Some(Value::Number(total)) if total.is_u64() => Ok(total.as_u64().unwrap_or(0)),
        Some(_) => Err(bad_answer("total is not a count", "total")),
        None => Err(bad_answer("total is missing", "total")),
    }
}

#[cfg(test)]
mod tests;
