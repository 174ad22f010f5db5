//! What the account itself has bought: Trading `GetOrders` with the role of the buyer.
//!
//! *API:* `GetOrders`, `OrderRole` Buyer, `ModTimeFrom` and `ModTimeTo`, at most 30 days apart. The
//! filter is a modification time, so no deep pass is needed.
//! *Rows:* one for each `Transaction` of an order, by its `OrderLineItemID`; where that is absent
//! it is made as eBay makes it, `ItemID-TransactionID`.
//! *Paging:* 100 orders a page, pages count from 1. Every page tells the total, whether more
//! follow and how many orders it holds; all must agree with the distinct orders seen, else the
//! slice is read once more, then it is `Incomplete`. A page past the end means that the set has
//! shrunk.
//! *Cursor:* time of modification. Both ends of eBay's range are inclusive.
//! *Quirks:* the state, the total and mostly the times and the tracking are the order's, and stand
//! in the row of each of its lines; what a line has itself counts more. `total` is null if it is
//! in another currency than `price`. Escaped HTML in texts stays escaped.
//! *Payload:* `Order` without its lines, `Transaction` the line.
//! *Left out of the content hash:* nothing; an order has no field that moves on its own.

mod record;

use shared::failure::Failure;
use shared::record::Record;

use super::keyed::Keyed;
use super::paging::Paging;
use super::read::{BodyKind, Next, ReadSpan, Span};
use super::step::{Item, Reply, bad_answer};
use super::trading::{self, Elements, Site, TOTAL};
use crate::fetch::request::{Request, Shape};
use crate::parse::ParseError;

const CALL: &str = "GetOrders";
const LIMIT: u64 = 100;
const MORE: &str = "HasMoreOrders";
const RETURNED: &str = "ReturnedOrderCountActual";

const SHAPE: Shape = Shape::Call {
    item_path: &["GetOrdersResponse", "OrderArray", "Order"],
    tells: &[TOTAL, MORE, RETURNED],
};

/// What this worker reads.
pub const BODIES: &[BodyKind] = &[BodyKind {
    shape: SHAPE,
    records: |item, out| push(item, out).map(drop),
}];

/// Reads purchases.
#[derive(Debug)]
pub struct Purchases {
    site: Site,
    filter: Elements,
    paging: Paging,
}

impl Purchases {
    /// Reads from this site.
    pub fn new(site: Site) -> Self {
        Self {
            site,
            filter: Elements::default(),
            paging: Paging::default(),
        }
    }

    fn ask(&self) -> Request {
        let page = self.filter.clone().page(self.paging.page() + 1, LIMIT);
        trading::call(CALL, self.site, &page, SHAPE)
    }
}

impl ReadSpan for Purchases {
    fn begin(&mut self, span: Span) -> Request {
        self.filter = Elements::default()
            .text("DetailLevel", "ReturnAll")
            .text("ModTimeFrom", &span.first.to_string())
            .text("ModTimeTo", &span.last.to_string())
            .text("OrderRole", "Buyer");
        self.paging.restart();
        self.ask()
    }

    fn keyed(&self) -> Option<Keyed> {
        // Its rows are known by their lines.
        Some(Keyed {
            members: &["OrderID"],
            table: None,
        })
    }

    fn passed_over(&mut self, id: &str) {
        self.paging.saw(id);
    }

    fn next(&mut self, reply: Reply) -> Result<Next, Failure> {
        let call = match trading::answer(reply)? {
            Ok(call) => call,
            Err(next) => return Ok(next),
        };
        let Some(total) = trading::count(&call, TOTAL)? else {
            return Err(bad_answer("total is missing", TOTAL));
        };
        let more = trading::flag(&call, MORE)?;
        if let Some(returned) = trading::count(&call, RETURNED)?
            && returned != call.items
        {
            let came = call.items;
            return Ok(Next::Again(format!(
                "{came} orders came in a page of {returned}"
            )));
        }
        let turned = trading::turn(&mut self.paging, &call, total, more);
        Ok(turned.unwrap_or_else(|| Next::Fetch(self.ask())))
    }

    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        self.paging.saw(&push(item, out)?);
        Ok(())
    }
}

/// Appends the records of an order; returns its id.
fn push(item: Item<'_>, out: &mut Vec<Record>) -> Result<String, ParseError> {
    match item {
        Item::Xml(order) => record::push(order, out),
        Item::Json(_) => Err(ParseError::bad(0, "an order is not XML")),
    }
}

#[cfg(test)]
mod tests;
