//! Cases, which eBay decides: Post-Order case search, then the details of new and changed ones.
//!
//! *API:* `GET /post-order/v2/casemanagement/search?case_creation_date_range_from=A&…_to=B`,
//! `GET /post-order/v2/casemanagement/{id}`; see [`super::post_order`] for all that the three
//! share.
//! *Still open:* `case_status_filter` takes one status, and an open case may be `OPEN`,
//! `ON_HOLD`, waiting for someone or for a refund that failed. No value is sure to mean all of
//! them, so the older past is read without it. Cases are few: it is the same number of requests,
//! and what did not change costs no detail.
//! *Quirks:* ids are numbers in the search and text in the detail. The status is `status` in the
//! detail and `caseStatusEnum` in the search. Both have a time of change: the later one counts. A
//! case has no state beside its status.
//! *Columns:* reason is why it was escalated; closed is the last event of a case whose status
//! says that it is closed.
//! *Left out of the content hash:* the days that are left for each step, and whether an appeal
//! is possible now: the clock decides.

use serde_json::Value as Json;
use shared::record::Value;
use shared::table::Table;

use super::post_order::{self, Columns, Events, PAGE, PostOrder, Resource};
use super::read::BodyKind;
use crate::fetch::request::Shape;
use crate::parse::ParseError;

const RESOURCE: Resource = Resource {
    table: Table::Cases,
    name: "case",
    path: "/post-order/v2/casemanagement",
    id: "caseId",
    key: &["caseId"],
    detail: "caseId",
    created: [
        "case_creation_date_range_from",
        "case_creation_date_range_to",
    ],
    open: None,
    total: "totalNumberOfCases",
    volatile: &[
        "detail.actionDeadlines",
        "detail.appealDetails.eligibleForAppeal",
    ],
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

/// Reads cases.
pub fn reader(marketplace: &str) -> PostOrder {
    PostOrder::new(&RESOURCE, marketplace)
}

fn columns(item: &Json) -> Result<Columns, ParseError> {
    let status = post_order::text(item, &["detail.status", "summary.caseStatusEnum"])?;
    let history = Events::at(item, "detail.caseHistoryDetails.history", "date")?;
    let last = history.last(|_| true)?;
    Ok(Columns {
        order: post_order::id(item, &["detail.orderId", "summary.orderId"])?,
        item: post_order::id(item, &["detail.itemId", "summary.itemId"])?,
        transaction: post_order::id(item, &["detail.transactionId", "summary.transactionId"])?,
        kind: post_order::text(item, &["detail.caseType"])?,
        state: Value::Null,
        reason: post_order::text(item, &["detail.escalateReason"])?,
        buyer: post_order::text(item, &["summary.buyer"])?,
        seller: post_order::text(item, &["summary.seller"])?,
        amount: post_order::amount(item, &["detail.claimAmount", "summary.claimAmount"])?,
        opened: post_order::time(
            item,
            &[
                "detail.creationDate",
                "summary.creationDate",
                "detail.caseDetails.creationDate",
            ],
        )?,
        modified: post_order::latest(
            item,
            &["detail.lastModifiedDate", "summary.lastModifiedDate"],
        )?,
        respond_by: post_order::time(item, &["summary.respondByDate"])?,
        closed: last.filter(|_| post_order::is_closed(&status)),
        status,
    })
}

#[cfg(test)]
mod tests;
