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

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use serde_json::Value;
use shared::failure::Failure;
use shared::record::Record;
use shared::time::Timestamp;
use shared::window::{Slice, WindowOrder, next_slice};
use shared::wire::message::Mark;
use std::time::Duration;

use super::step::{
    Completed, Item, Page, Reply, Step, SyncWorker, bad_answer, incomplete, unexpected,
};
use super::values;
use crate::fetch::request::{Request, Shape};
use crate::parse::ParseError;
use crate::parse::json::Member;

const PATH: &str = "/sell/fulfillment/v1/order";
const LIMIT: u64 = 200;

/// The state of an orders run.
#[derive(Debug)]
pub struct Orders {
    order: WindowOrder,
    take_until: Timestamp,
    /// Everything before it is committed.
    cursor: Timestamp,
    reading: Option<Reading>,
    /// The same in every process: a replay must do the same.
    hasher: BuildHasherDefault<DefaultHasher>,
}

/// A slice that is being read.
#[derive(Debug)]
struct Reading {
    slice: Slice,
    /// Hashes of the order ids seen: a day may have very many.
    seen: HashSet<u64>,
    total: Option<u64>,
    offset: u64,
    /// Why the slice is being read a second time.
    again: Option<String>,
}

impl Orders {
    /// A run over this window that begins no slice after `take_until`.
    pub fn new(order: WindowOrder, take_until: Timestamp) -> Self {
        Self {
            order,
            take_until,
            cursor: order.cursor,
            reading: None,
            hasher: BuildHasherDefault::default(),
        }
    }

    fn begin_slice(&mut self, now: Timestamp) -> Step {
        if let Some(done) = self.reading.take() {
            self.cursor = done.slice.end;
        }
        let next = next_slice(&self.order, self.cursor).filter(|_| now <= self.take_until);
        let Some(slice) = next else {
            return Step::Done;
        };
        let reading = Reading {
            slice,
            seen: HashSet::new(),
            total: None,
            offset: 0,
            again: None,
        };
        let step = reading.ask();
        self.reading = Some(reading);
        step
    }
}

impl Reading {
    fn ask(&self) -> Step {
        let last = self.slice.end.minus(Duration::from_millis(1));
        let filter = format!("lastmodifieddate:[{}..{last}]", self.slice.fetch_start);
        let request = Request::get(PATH, Shape::Page { member: "orders" })
            .with("filter", filter)
            .with("fieldGroups", "TAX_BREAKDOWN")
            .with("limit", LIMIT.to_string())
            .with("offset", self.offset.to_string());
        Step::Fetch(request)
    }

    fn page(&mut self, page: &Page) -> Result<Step, Failure> {
        let announced = announced(page)?;
        if announced > 0 && page.list != Member::Array {
            return Err(bad_answer("orders is missing", "orders"));
        }
        let total = *self.total.get_or_insert(announced);
        if total != announced {
            return self.read_again(format!("total went from {total} to {announced}"));
        }
        let seen = self.seen.len() as u64;
        self.offset += page.items;
        if self.offset < total && page.items == 0 {
            return self.read_again(format!(
                "the page at offset {} is empty, total is {total}",
                self.offset
            ));
        }
        if self.offset < total {
            return Ok(self.ask());
        }
        if seen != total {
            return self.read_again(format!("{seen} different orders came, total is {total}"));
        }
        Ok(Step::SliceDone(Completed {
            mark: Mark::Slice(self.slice),
            items: seen,
            announced: Some(total),
        }))
    }

    /// The set changed while it was paged: once more from the start, then no longer.
    fn read_again(&mut self, why: String) -> Result<Step, Failure> {
        if let Some(first) = &self.again {
            return Err(incomplete(format!("{why}; before that: {first}"), "total"));
        }
        self.again = Some(why);
        self.seen.clear();
        self.total = None;
        self.offset = 0;
        Ok(self.ask())
    }
}

fn announced(page: &Page) -> Result<u64, Failure> {
    match page.members.get("total") {
        Some(Value::Number(total)) if total.is_u64() => Ok(total.as_u64().unwrap_or(0)),
        Some(_) => Err(bad_answer("total is not a count", "total")),
        None => Err(bad_answer("total is missing", "total")),
    }
}

impl SyncWorker for Orders {
    fn step(&mut self, reply: Reply, now: Timestamp) -> Result<Step, Failure> {
        match (reply, &mut self.reading) {
            (Reply::Go, _) => Ok(self.begin_slice(now)),
            (Reply::Page(page), Some(reading)) => reading.page(&page),
            (other, _) => Err(unexpected(&other)),
        }
    }

    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        let Item::Json(text) = item else {
            return Err(ParseError::bad(0, "an order is not JSON"));
        };
        let order = values::json(text)?;
        let id = record::push(&order, out)?;
        if let Some(reading) = &mut self.reading {
            reading.seen.insert(self.hasher.hash_one(&id));
        }
        Ok(())
    }

    fn slice(&self) -> Option<Slice> {
        self.reading.as_ref().map(|reading| reading.slice)
    }
}

#[cfg(test)]
mod tests;
