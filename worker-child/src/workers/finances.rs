//! Monetary transactions with their fees, and payouts: Finances `getTransactions`, `getPayouts`.
//!
//! *API:* `GET /sell/finances/v1/transaction?filter=transactionDate:[A..B]`, then
//! `GET /sell/finances/v1/payout?filter=payoutDate:[A..B]`, both on `apiz.ebay.com`, Bearer, JSON.
//! *Paging:* limit 1000 and 200, offset counts records; the total may be missing and an empty
//! window is a 204: [`super::finances_api`] says what is complete then. A span is complete when
//! both lists are; what contradicts itself in one of them has both read again.
//! *Cursor:* time of the transaction and of the payout. Both ends of eBay's range are inclusive:
//! B is end − 1 ms. Neither filter is a modification time: statuses change later, so the deep
//! pass reads the last days again.
//! *Amounts:* eBay sends no sign, `bookingEntry` is it: a DEBIT is stored negated, a CREDIT as it
//! is sent. A debit of nothing has no sign. Another entry is bad data. Fees have no sign of their
//! own: the booking entry in their key says whether one was taken or given back.
//! *Fees:* their position counts from 0 in the order of the answer: line item after line item, in
//! each `marketplaceFees` before `donations`, and last the transaction itself where it has a
//! `feeType`. The transaction's payload keeps eBay's order too, so another order is a change of
//! both. A fee that is gone from an answer keeps its row: nothing in a window tells of an end.
//! *Quirks:* a transaction names the first of its line items. The payload has the collected tax
//! under the documented name (`eBayCollectedTaxAmount`), also where eBay writes
//! `ebayCollectedTaxAmount`.
//! *Time of change:* none is told; neither date is one.
//! *Left out of the content hash:* nothing; no field moves on its own.

mod record;

use shared::failure::Failure;
use shared::record::Record;
use shared::table::Table;

use super::finances_api::{KEY, PAYOUTS, Pages, TRANSACTIONS};
use super::keyed::Keyed;
use super::read::{BodyKind, Next, ReadSpan, Span, Total};
use super::step::{Item, Reply};
use crate::fetch::request::Request;
use crate::parse::ParseError;

/// What this worker reads.
pub const BODIES: &[BodyKind] = &[
    BodyKind {
        shape: TRANSACTIONS.shape(),
        records: |item, out| record::push_transaction(item, out).map(drop),
    },
    BodyKind {
        shape: PAYOUTS.shape(),
        records: |item, out| record::push_payout(item, out).map(drop),
    },
];

/// Reads transactions, then payouts.
#[derive(Debug)]
pub struct Finances {
    span: Option<Span>,
    transactions: Pages,
    payouts: Pages,
    /// What the transactions came to, once they are complete.
    before: Option<Total>,
}

impl Default for Finances {
    fn default() -> Self {
        Self {
            span: None,
            transactions: Pages::new(&TRANSACTIONS),
            payouts: Pages::new(&PAYOUTS),
            before: None,
        }
    }
}

impl ReadSpan for Finances {
    fn begin(&mut self, span: Span) -> Request {
        self.span = Some(span);
        self.before = None;
        self.transactions.begin(span)
    }

    fn keyed(&self) -> Option<Keyed> {
        let transaction = Keyed {
            members: &KEY,
            table: Some(Table::FinancesTransactions),
        };
        let payout = Keyed {
            members: &["payoutId"],
            table: Some(Table::Payouts),
        };
        Some(self.before.map_or(transaction, |_| payout))
    }

    fn passed_over(&mut self, id: &str) {
        if self.before.is_none() {
            self.transactions.saw(id);
        } else {
            self.payouts.saw(id);
        }
    }

    fn next(&mut self, reply: Reply) -> Result<Next, Failure> {
        let Some(before) = self.before else {
            let next = self.transactions.next(reply)?;
            return Ok(match (next, self.span) {
                (Next::Complete(total), Some(span)) => {
                    self.before = Some(total);
                    Next::Fetch(self.payouts.begin(span))
                }
                (next, _) => next,
            });
        };
        Ok(match self.payouts.next(reply)? {
            Next::Complete(payouts) => Next::Complete(Total {
                items: before.items + payouts.items,
                announced: before
                    .announced
                    .zip(payouts.announced)
                    .map(|(first, second)| first + second),
            }),
            next @ (Next::Fetch(_) | Next::Probe(_) | Next::Again(_)) => next,
        })
    }

    fn records(&mut self, item: Item<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
        if self.before.is_none() {
            self.transactions.saw(&record::push_transaction(item, out)?);
        } else {
            self.payouts.saw(&record::push_payout(item, out)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
