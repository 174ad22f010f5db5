//! The rows that the database must hold, from the model.
//!
//! What depends on the time of asking is no part of a stored item: whether someone may escalate
//! or appeal, and how many days are left.

use serde_json::{Value, json};

use super::{Dispute, Kind, bodies};
use crate::sim::{account::Account, clock::stamp, lexicon::amount, order_json::put, tables::Table};

/// The table of a kind. Nothing in it ever ends.
pub(crate) fn table(account: &Account, kind: Kind) -> Table {
    let (name, entity, key): (_, _, &'static [&'static str]) = match kind {
        Kind::Return => ("ebay_returns", "return", &["return_id"]),
        Kind::Inquiry => ("ebay_inquiries", "inquiry", &["inquiry_id"]),
        Kind::Case => ("ebay_cases", "case", &["case_id"]),
    };
    let seller = &account.spec.name;
    let row = |dispute: &Dispute| {
        let mut row = row(dispute, seller);
        for column in key {
            put(&mut row, column, json!(dispute.id.to_string()));
        }
        row
    };
    Table {
        name,
        entity,
        key,
        ends: false,
        rows: account.post_order.of(kind).map(row).collect(),
    }
}

fn row(dispute: &Dispute, seller: &str) -> Value {
    let detail = bodies::detail(dispute, seller);
    let summary = bodies::summary(dispute, seller);
    let of_return = dispute.kind == Kind::Return;
    let kind = match dispute.kind {
        Kind::Return => json!(bodies::return_type(dispute)),
        Kind::Case => json!(bodies::case_type(dispute)),
        Kind::Inquiry => Value::Null,
    };
    let reason = match dispute.kind {
        Kind::Return | Kind::Case => json!(dispute.reason),
        Kind::Inquiry => Value::Null,
    };
    let state = match dispute.kind {
        Kind::Return | Kind::Inquiry => json!(dispute.stage.state),
        Kind::Case => Value::Null,
    };
    let hundredths = dispute
        .refunded
        .filter(|_| of_return)
        .unwrap_or(dispute.claimed);
    json!({
        "order_id": null,
        "item_id": dispute.item.to_string(),
        "transaction_id": dispute.transaction.to_string(),
        "kind": kind,
        "state": state,
        "status": dispute.stage.status,
        "reason": reason,
        "buyer": dispute.buyer,
        "seller": seller,
        "amount": amount(hundredths),
        "currency": dispute.currency,
        "opened_at": stamp(dispute.created),
        "modified_at": stamp(dispute.modified()),
        "respond_by": dispute.respond_by().map(stamp),
        "closed_at": closed(dispute).map(stamp),
        "payload": { "detail": detail, "summary": summary },
    })
}

/// When it was closed: a return's history tells; of the others it is the last that happened.
fn closed(dispute: &Dispute) -> Option<i64> {
    if !dispute.stage.is_closed() {
        return None;
    }
    let mut events = dispute.events.iter().rev();
    let closing = match dispute.kind {
        Kind::Return => events.find(|event| event.to == Some("CLOSED")),
        Kind::Inquiry | Kind::Case => events.next(),
    };
    closing.map(|event| event.at)
}
