//! Monetary transactions: Finances `getTransactions`.
//!
//! *API:* `GET /sell/finances/v1/transaction?filter=transactionDate:[A..B]` on `apiz.ebay.com`,
//! Bearer, JSON.
//! *Paging:* limit 1000, offset counts records, newest first; the total may be missing and an
//! empty window is a 204: [`super::finances_api`] says what is complete then.
//! *Cursor:* time of the transaction. Both ends of eBay's range are inclusive: B is end − 1 ms.
//! The filter is no modification time: a transaction keeps its date when its status changes, so
//! the deep pass reads the last days again.
//! *Key:* id, type and booking entry; eBay uses one id under several types. One that lacks a part
//! is bad data. Types and statuses are open sets.
//! *Quirks:* the amount of a sale is net of its fees and has no sign, here it is stored as it is
//! sent. The payload has the collected tax under the documented name (`eBayCollectedTaxAmount`),
//! also where eBay writes `ebayCollectedTaxAmount`.
//! *Time of change:* none is told; `transactionDate` is not one.
//! *Left out of the content hash:* nothing; a transaction has no field that moves on its own.

mod record;

use shared::failure::Failure;
use shared::record::Record;
use shared::table::Table;

use super::finances_api::{KEY, Pages, TRANSACTIONS};
use super::keyed::Keyed;
use super::read::{BodyKind, Next, ReadSpan, Span};
use super::step::{Item, Reply};
use crate::fetch::request::Request;
use crate::parse::ParseError;

/// What this worker reads.
pub const BODIES: &[BodyKind] = &[BodyKind {
    shape: TRANSACTIONS.shape(),
    records: |item, out| record::push(item, out).map(drop),
}];

/// Reads transactions.
#[derive(Debug)]
pub struct Transactions(Pages);

impl Default for Transactions {
    fn default() -> Self {
        Self(Pages::new(&TRANSACTIONS))
    }
}

impl ReadSpan for Transactions {
    fn begin(&mut self, span: Span) -> Request {
        self.0.begin(span)
    }

    fn keyed(&self) -> Option<Keyed> {
        Some(Keyed {
            members: &KEY,
            table: Some(Table::Transactions),
        })
    }

    fn passed_over(&mut self, id: &str) {
        self.0.saw(id);
    }

    fn next(&mut self, reply: Reply) -> Result<Next, Failure> {
        self.0.next(reply)
    }

    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        self.0.saw(&record::push(item, out)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
