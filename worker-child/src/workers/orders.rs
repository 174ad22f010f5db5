//! Orders and their line items: Fulfillment `getOrders`.
//!
//! *API:* `GET /sell/fulfillment/v1/order?filter=lastmodifieddate:[A..B]&fieldGroups=TAX_BREAKDOWN`,
//! Bearer, JSON. The filter is a modification time, so no deep pass is needed.
//! *Paging:* limit 200, offset counts records; sorting is not promised, so orders are told apart
//! by id. Every page of a slice announces the total, which must stay the same and equal the
//! distinct ids seen; else the slice is read once more, then it is `Incomplete`.
//! *Cursor:* time of modification. Both ends of eBay's range are inclusive: B is end − 1 ms.
//! *Quirks:* `cancelRequests` is always empty here; an empty window is total 0, with or without
//! an empty list, never a 204.
//! *Left out of the content hash:* nothing; an order has no field that moves on its own.

mod record;

use serde_json::Value;
use shared::failure::Failure;
use shared::record::Record;
use shared::table::Table;

use super::keyed::Keyed;
use super::paging::Paging;
use super::read::{BodyKind, Next, ReadSpan, Span};
use super::step::{Item, Page, Reply, bad_answer, unexpected};
use super::values;
use crate::fetch::request::{Request, Shape};
use crate::parse::ParseError;
use crate::parse::json::{Json, Member};

const PATH: &str = "/sell/fulfillment/v1/order";
const LIMIT: u64 = 200;

const SHAPE: Shape = Shape::Page { member: "orders" };

/// What this worker reads.
pub const BODIES: &[BodyKind] = &[BodyKind {
    shape: SHAPE,
    records: |item, out| push(item, out).map(drop),
}];

/// Reads orders.
#[derive(Debug, Default)]
pub struct Orders {
    filter: String,
    paging: Paging,
}

impl Orders {
    fn ask(&self) -> Request {
        Request::get(PATH, SHAPE)
            .with("filter", self.filter.as_str())
            .with("fieldGroups", "TAX_BREAKDOWN")
            .with("limit", LIMIT.to_string())
            .with("offset", self.paging.offset().to_string())
    }
}

impl ReadSpan for Orders {
    fn begin(&mut self, span: Span) -> Request {
        self.filter = format!("lastmodifieddate:[{}..{}]", span.first, span.last);
        self.paging.restart();
        self.ask()
    }

    fn keyed(&self) -> Option<Keyed> {
        Some(Keyed {
            members: &["orderId"],
            table: Some(Table::Orders),
        })
    }

    fn passed_over(&mut self, id: &str) {
        self.paging.saw(id);
    }

    fn next(&mut self, reply: Reply) -> Result<Next, Failure> {
        let Reply::Page(page) = reply else {
            return Err(unexpected(&reply));
        };
        let announced = announced(&page)?;
        if announced > 0 && page.list != Member::Array {
            return Err(bad_answer("orders is missing", "orders"));
        }
        let turned = self.paging.turn(announced, page.items);
        Ok(turned.unwrap_or_else(|| Next::Fetch(self.ask())))
    }

    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        self.paging.saw(&push(item, out)?);
        Ok(())
    }

    fn parsed(&mut self, item: Json<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        self.paging.saw(&record::push(item, out)?);
        Ok(())
    }
}

/// Appends the records of an order; returns its id.
fn push(item: Item<'_>, out: &mut Vec<Record>) -> Result<String, ParseError> {
    let Item::Json(text) = item else {
        return Err(ParseError::bad(0, "an order is not JSON"));
    };
    record::push(values::tree(text)?.root(), out)
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
