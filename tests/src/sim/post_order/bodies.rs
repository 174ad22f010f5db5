//! Summaries and details as Post-Order writes them: dates and amounts as objects, amounts as
//! numbers, ids as numbers in searches for inquiries and cases and as text everywhere else.

use serde_json::{Value, json};

use super::{Dispute, Happened, Kind};
use crate::sim::{
    clock::{DAY_MS, stamp},
    order_json::put,
};

/// A date.
fn date(ms: i64) -> Value {
    json!({ "value": stamp(ms) })
}

/// Hundredths of a currency.
fn money(hundredths: u64, currency: &str) -> Value {
    // Hundredths are small: the number is the nearest one to the decimal text.
    let text = crate::sim::lexicon::amount(hundredths);
    let value: f64 = text.parse().unwrap_or_default();
    json!({ "value": value, "currency": currency })
}

/// An element of a search page, without what depends on the time of asking.
pub(crate) fn summary(dispute: &Dispute, seller: &str) -> Value {
    match dispute.kind {
        Kind::Return => return_summary(dispute, seller),
        Kind::Inquiry => brief(dispute, seller, "inquiryId", "inquiryStatusEnum"),
        Kind::Case => brief(dispute, seller, "caseId", "caseStatusEnum"),
    }
}

/// The answer to a question for one, without what depends on the time of asking.
pub(crate) fn detail(dispute: &Dispute, seller: &str) -> Value {
    match dispute.kind {
        Kind::Return => json!({ "detail": return_detail(dispute, seller) }),
        Kind::Inquiry => inquiry(dispute),
        Kind::Case => case(dispute),
    }
}

/// Adds to a summary what depends on the time of asking.
pub(crate) fn date_summary(summary: &mut Value, dispute: &Dispute, now: i64) {
    if dispute.kind == Kind::Return {
        let (from, to) = escalation(dispute);
        let path = "/escalationInfo/buyerEscalationEligibilityInfo";
        put_at(summary, path, "eligible", json!((from..to).contains(&now)));
    }
}

/// Adds to a detail what depends on the time of asking.
pub(crate) fn date_detail(detail: &mut Value, dispute: &Dispute, now: i64) {
    let late = dispute.stage.is_closed() && now < dispute.modified() + 30 * DAY_MS;
    let left = (dispute.modified() + 45 * DAY_MS - now).max(0) / DAY_MS;
    match dispute.kind {
        Kind::Return => {}
        Kind::Inquiry => {
            let path = "/inquiryDetails/appealDetails";
            put_at(detail, path, "eligibleForAppeal", json!(late));
        }
        Kind::Case => {
            put_at(detail, "/appealDetails", "eligibleForAppeal", json!(late));
            let days = json!({ "daysToExpireWithResponse": left, "maxDaysToFileClaim": 30 });
            put(detail, "actionDeadlines", days);
        }
    }
}

fn put_at(body: &mut Value, path: &str, name: &str, value: Value) {
    if let Some(object) = body.pointer_mut(path) {
        put(object, name, value);
    }
}

fn brief(dispute: &Dispute, seller: &str, id: &str, status: &str) -> Value {
    let mut body = json!({
        "itemId": dispute.item,
        "transactionId": dispute.transaction,
        "buyer": dispute.buyer,
        "seller": seller,
        "claimAmount": money(dispute.claimed, dispute.currency),
        "creationDate": date(dispute.created),
        "lastModifiedDate": date(dispute.modified()),
    });
    put(&mut body, id, json!(dispute.id));
    put(&mut body, status, json!(dispute.stage.status));
    if let Some(time) = dispute.respond_by() {
        put(&mut body, "respondByDate", date(time));
    }
    body
}

/// When the buyer may ask eBay to step in.
fn escalation(dispute: &Dispute) -> (i64, i64) {
    (dispute.created + 3 * DAY_MS, dispute.created + 30 * DAY_MS)
}

/// What a case is about.
pub(super) fn case_type(dispute: &Dispute) -> &'static str {
    if dispute.id.is_multiple_of(2) {
        "RETURN"
    } else {
        "ITEM_NOT_RECEIVED"
    }
}

/// What the buyer of a return wants by now.
pub(super) fn return_type(dispute: &Dispute) -> &'static str {
    let replacement = |event: &Happened| event.to.is_some_and(|to| to.starts_with("REPLACEMENT"));
    if dispute.events.iter().any(replacement) {
        "REPLACEMENT"
    } else {
        "MONEY_BACK"
    }
}

fn return_summary(dispute: &Dispute, seller: &str) -> Value {
    let (from, to) = escalation(dispute);
    let kind = return_type(dispute);
    let estimated = money(dispute.claimed, dispute.currency);
    let mut refund = json!({ "estimatedRefundAmount": estimated });
    if let Some(refunded) = dispute.refunded {
        let refunded = money(refunded, dispute.currency);
        put(&mut refund, "actualRefundAmount", refunded);
    }
    let mut body = json!({
        "returnId": dispute.id.to_string(),
        "buyerLoginName": dispute.buyer,
        "sellerLoginName": seller,
        "currentType": kind,
        "state": dispute.stage.state,
        "status": dispute.stage.status,
        "creationInfo": {
            "item": {
                "itemId": dispute.item.to_string(),
                "transactionId": dispute.transaction.to_string(),
                "returnQuantity": 1,
            },
            "type": kind,
            "reason": dispute.reason,
            "comments": { "content": "Es paßt \"nicht\" – <sorry>" },
            "creationDate": date(dispute.created),
        },
        "sellerTotalRefund": refund.clone(),
        "buyerTotalRefund": refund,
        "escalationInfo": {
            "buyerEscalationEligibilityInfo": { "startTime": date(from), "endTime": date(to) },
        },
        "sellerAvailableOptions": [],
        "buyerAvailableOptions": [],
    });
    if let Some(time) = dispute.respond_by() {
        let due = json!({ "activityDue": "SELLER_APPROVE_REQUEST", "respondByDate": date(time) });
        put(&mut body, "sellerResponseDue", due);
    }
    body
}

fn return_detail(dispute: &Dispute, seller: &str) -> Value {
    let entry = |event: &Happened| {
        let mut entry = json!({
            "activity": event.act,
            "author": event.act.split('_').next(),
            "fromState": event.from,
            "creationDate": date(event.at),
        });
        if let Some(to) = event.to {
            put(&mut entry, "toState", json!(to));
        }
        entry
    };
    // Newest first.
    let history: Vec<Value> = dispute.events.iter().rev().map(entry).collect();
    let mut body = json!({
        "marketplaceId": "EBAY_US",
        "buyerLoginName": dispute.buyer,
        "sellerLoginName": seller,
        "itemDetail": {
            "itemId": dispute.item.to_string(),
            "transactionId": dispute.transaction.to_string(),
            "returnQuantity": 1,
        },
        "buyerAddress": {
            "name": "Zoë Müller",
            "address": { "addressLine1": "1 Example Street", "city": "Köln", "country": "DE" },
        },
        "responseHistory": history,
    });
    if let Some(refunded) = dispute.refunded {
        let actual = json!({ "totalAmount": money(refunded, dispute.currency) });
        let actual = json!({ "actualRefund": actual, "refundStatus": "SUCCESS" });
        put(
            &mut body,
            "refundInfo",
            json!({ "actualRefundDetail": actual }),
        );
    }
    if dispute.stage.is_closed() {
        let info = json!({ "returnCloseReason": "FULL_REFUNDED" });
        put(&mut body, "closeInfo", info);
    }
    body
}

fn history(dispute: &Dispute) -> Value {
    let entry = |event: &Happened| {
        json!({
            "action": event.act,
            "actor": event.act.split('_').next(),
            "date": date(event.at),
            "description": format!("{} <{}>", event.act, dispute.id),
        })
    };
    dispute.events.iter().rev().map(entry).collect()
}

fn inquiry(dispute: &Dispute) -> Value {
    json!({
        "inquiryId": dispute.id.to_string(),
        "itemId": dispute.item.to_string(),
        "transactionId": dispute.transaction.to_string(),
        "state": dispute.stage.state,
        "status": dispute.stage.status,
        "initiator": "BUYER",
        "inquiryQuantity": 1,
        "claimAmount": money(dispute.claimed, dispute.currency),
        "inquiryDetails": {
            "creationDate": date(dispute.created),
            "totalAmount": money(dispute.claimed, dispute.currency),
            "appealDetails": {},
        },
        "inquiryHistoryDetails": { "history": history(dispute) },
        "itemDetails": { "itemTitle": "日本製 包丁 & <Messer>", "itemPrice": money(1, "USD") },
    })
}

fn case(dispute: &Dispute) -> Value {
    json!({
        "caseId": dispute.id.to_string(),
        "caseType": case_type(dispute),
        "itemId": dispute.item.to_string(),
        "transactionId": dispute.transaction.to_string(),
        "status": dispute.stage.status,
        "initiator": "BUYER",
        "escalatedBy": "BUYER",
        "escalateReason": dispute.reason,
        "caseQuantity": 1,
        "claimAmount": money(dispute.claimed, dispute.currency),
        "creationDate": date(dispute.created),
        "lastModifiedDate": date(dispute.modified()),
        "appealDetails": {},
        "caseDetails": {
            "creationDate": date(dispute.created),
            "refundAmounts": refunds(dispute),
        },
        "caseHistoryDetails": { "history": history(dispute) },
    })
}

fn refunds(dispute: &Dispute) -> Value {
    match dispute.refunded {
        Some(refunded) => json!({ "refundAmount": money(refunded, dispute.currency) }),
        None => json!({}),
    }
}
