//! Returns: Post-Order return search, then the details of new and changed ones.
//!
//! *API:* `GET /post-order/v2/return/search?creation_date_range_from=A&creation_date_range_to=B`,
//! `GET /post-order/v2/return/{id}`; see [`super::post_order`] for all that the three share.
//! *Still open:* `return_state=ALL_OPEN` is eBay's word for every open return, so the older past
//! is read with it: sellers may have thousands. An older return that closes is seen by the next
//! daily pass, which reads everything.
//! *Quirks:* the detail (field group FULL) leaves out the summary, with it the state and the id,
//! though some answers carry it: then it is the newer one. A return has no time of change but the
//! last entry of its history. Ids are text here. A search without `return_state` is taken to show
//! every return; one of eBay's pages (`CountSummaryType`) says that it shows the open ones.
//! *Columns:* type, state and status as the summary has them; the amount is what the seller
//! refunds, or is expected to; respond-by is the seller's; closed is the last change to `CLOSED`.
//! *Left out of the content hash:* whether buyer and seller may escalate now: the clock decides,
//! by the times beside it.

use serde_json::Value as Json;
use shared::table::Table;

use super::post_order::{self, Columns, Events, PAGE, PostOrder, Resource};
use super::read::BodyKind;
use crate::fetch::request::Shape;
use crate::parse::ParseError;

const RESOURCE: Resource = Resource {
    table: Table::Returns,
    name: "return",
    path: "/post-order/v2/return",
    id: "returnId",
    key: &["returnId"],
    detail: "detail",
    created: ["creation_date_range_from", "creation_date_range_to"],
    open: Some(("return_state", "ALL_OPEN")),
    total: "total",
    volatile: &[
        "summary.escalationInfo.buyerEscalationEligibilityInfo.eligible",
        "summary.escalationInfo.sellerEscalationEligibilityInfo.eligible",
        "detail.summary.escalationInfo.buyerEscalationEligibilityInfo.eligible",
        "detail.summary.escalationInfo.sellerEscalationEligibilityInfo.eligible",
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

/// Reads returns.
pub fn reader(marketplace: &str) -> PostOrder {
    PostOrder::new(&RESOURCE, marketplace)
}

fn columns(item: &Json) -> Result<Columns, ParseError> {
    let history = Events::at(item, "detail.detail.responseHistory", "creationDate")?;
    let closing = |event: &Json| event.get("toState").and_then(Json::as_str) == Some("CLOSED");
    Ok(Columns {
        order: post_order::id(item, &either("orderId", "orderId"))?,
        item: post_order::id(
            item,
            &either("creationInfo.item.itemId", "itemDetail.itemId"),
        )?,
        transaction: post_order::id(
            item,
            &either(
                "creationInfo.item.transactionId",
                "itemDetail.transactionId",
            ),
        )?,
        kind: post_order::text(
            item,
            &[of_summary("currentType"), of_summary("creationInfo.type")].concat(),
        )?,
        state: post_order::text(item, &of_summary("state"))?,
        status: post_order::text(item, &of_summary("status"))?,
        reason: post_order::text(item, &of_summary("creationInfo.reason"))?,
        buyer: post_order::text(item, &either("buyerLoginName", "buyerLoginName"))?,
        seller: post_order::text(item, &either("sellerLoginName", "sellerLoginName"))?,
        amount: post_order::amount(
            item,
            &[
                either(
                    "sellerTotalRefund.actualRefundAmount",
                    "refundInfo.actualRefundDetail.actualRefund.totalAmount",
                ),
                of_summary("sellerTotalRefund.estimatedRefundAmount"),
            ]
            .concat(),
        )?,
        opened: post_order::time(item, &of_summary("creationInfo.creationDate"))?,
        modified: history.last(|_| true)?,
        respond_by: post_order::time(item, &of_summary("sellerResponseDue.respondByDate"))?,
        closed: history.last(closing)?,
    })
}

/// Where a field of the summary may be: the one that came with the detail is the newer one.
fn of_summary(path: &str) -> Vec<String> {
    vec![format!("detail.summary.{path}"), format!("summary.{path}")]
}

/// Where a field may be that the detail has too.
fn either(summary: &str, detail: &str) -> Vec<String> {
    let mut paths = of_summary(summary);
    paths.push(format!("detail.detail.{detail}"));
    paths
}

#[cfg(test)]
mod tests;
