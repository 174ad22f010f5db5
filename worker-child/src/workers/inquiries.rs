//! Inquiries about items not received: Post-Order inquiry search, then the details of new and
//! changed ones.
//!
//! *API:* `GET /post-order/v2/inquiry/search?inquiry_creation_date_range_from=A&…_to=B`,
//! `GET /post-order/v2/inquiry/{id}`; see [`super::post_order`] for all that the three share.
//! *Still open:* `inquiry_status` takes one status, and an open inquiry may be `OPEN`, `PENDING`
//! or waiting for either side. No value is sure to mean all of them, so the older past is read
//! without it. Inquiries are few: it is the same number of requests, and what did not change
//! costs no detail.
//! *Quirks:* ids are numbers in the search and text in the detail. The detail has no time of
//! change; the summary has, and names the status `inquiryStatusEnum`. Every inquiry is of one
//! kind and eBay tells no reason: both columns are null.
//! *Columns:* closed is the last event of an inquiry whose status says that it is closed.
//! *Left out of the content hash:* whether an appeal is possible now: the clock decides.

use serde_json::Value as Json;
use shared::record::Value;
use shared::table::Table;

use super::post_order::{self, Columns, Events, PAGE, PostOrder, Resource};
use super::read::BodyKind;
use crate::fetch::request::Shape;
use crate::parse::ParseError;

const RESOURCE: Resource = Resource {
    table: Table::Inquiries,
    name: "inquiry",
    path: "/post-order/v2/inquiry",
    id: "inquiryId",
    key: &["inquiryId"],
    detail: "inquiryId",
    created: [
        "inquiry_creation_date_range_from",
        "inquiry_creation_date_range_to",
    ],
    open: None,
    total: "totalNumberOfInquiries",
    volatile: &["detail.inquiryDetails.appealDetails.eligibleForAppeal"],
    columns,
};

/// What this worker reads.
pub const BODIES: &[BodyKind] = &[
    BodyKind {
        shape: PAGE,
        records: |item, out| post_order::summary(&RESOURCE, item, out),
    },
    BodyKind {
        shape: Shape::Item,
        records: |item, out| post_order::detail(&RESOURCE, item, out),
    },
];

/// Reads inquiries.
pub fn reader(marketplace: &str) -> PostOrder {
    PostOrder::new(&RESOURCE, marketplace)
}

fn columns(item: &Json) -> Result<Columns, ParseError> {
    let status = post_order::text(item, &["detail.status", "summary.inquiryStatusEnum"])?;
    let history = Events::at(item, "detail.inquiryHistoryDetails.history", "date")?;
    let last = history.last(|_| true)?;
    Ok(Columns {
        order: post_order::id(item, &["detail.orderId", "summary.orderId"])?,
        item: post_order::id(item, &["detail.itemId", "summary.itemId"])?,
        transaction: post_order::id(item, &["detail.transactionId", "summary.transactionId"])?,
        kind: Value::Null,
        state: post_order::text(item, &["detail.state"])?,
        reason: Value::Null,
        buyer: post_order::text(item, &["summary.buyer"])?,
        seller: post_order::text(item, &["summary.seller"])?,
        amount: post_order::amount(item, &["detail.claimAmount", "summary.claimAmount"])?,
        opened: post_order::time(
            item,
            &["summary.creationDate", "detail.inquiryDetails.creationDate"],
        )?,
        modified: post_order::time(item, &["summary.lastModifiedDate"])?,
        respond_by: post_order::time(
            item,
            &["summary.respondByDate", "detail.sellerMakeItRightByDate"],
        )?,
        closed: last.filter(|_| post_order::is_closed(&status)),
        status,
    })
}

#[cfg(test)]
mod tests;
