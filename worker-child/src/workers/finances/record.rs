//! One transaction to its row and the rows of its fees, and one payout to its row.

use serde_json::{Value as Json, json};
use shared::record::{Record, Value, is_decimal};
use shared::table::Table;

use crate::parse::json::canonical;
use crate::parse::{ParseError, field};
use crate::workers::finances_api::{self, id, key};
use crate::workers::step::Item;
use crate::workers::values::{decimal, integer, text, time, under};

/// Appends the records of a transaction; returns what tells it from others.
pub(super) fn push_transaction(
    item: Item<'_>,
    out: &mut Vec<Record>,
) -> Result<String, ParseError> {
    let transaction = &finances_api::json(item)?;
    let key = key(transaction)?;
    let seen = key.join("\n");
    let first_line_item = match list(transaction, "orderLineItems")?.first() {
        Some(first) => under("orderLineItems[0]", id(first, "lineItemId"))?,
        None => Value::Null,
    };
    out.push(Record {
        table: Table::FinancesTransactions,
        values: vec![
            id(transaction, "orderId")?,
            first_line_item,
            Value::Time(time(transaction, "transactionDate")?),
            text(transaction, "transactionStatus")?,
            signed_amount(transaction)?,
            text(transaction, "amount.currency")?,
            id(transaction, "payoutId")?,
            id(transaction, "salesRecordReference")?,
            text(transaction, "transactionMemo")?,
        ],
        key: key.clone(),
        ebay_time: None,
        payload: canonical(transaction),
        volatile: String::new(),
    });
    push_fees(transaction, &key, out)?;
    Ok(seen)
}

/// Appends the record of a payout; returns its id.
pub(super) fn push_payout(item: Item<'_>, out: &mut Vec<Record>) -> Result<String, ParseError> {
    let payout = &finances_api::json(item)?;
    let payout_id = field::id(payout, "payoutId")?;
    out.push(Record {
        table: Table::Payouts,
        key: vec![payout_id.clone()],
        values: vec![
            Value::Time(time(payout, "payoutDate")?),
            text(payout, "payoutStatus")?,
            decimal(payout, "amount.value")?,
            text(payout, "amount.currency")?,
            integer(payout, "transactionCount")?,
        ],
        ebay_time: None,
        payload: canonical(payout),
        volatile: String::new(),
    });
    Ok(payout_id)
}

/// Appends the fees of a transaction in the order of the answer, its own last.
fn push_fees(transaction: &Json, key: &[String], out: &mut Vec<Record>) -> Result<(), ParseError> {
    let mut position = 0_usize;
    for (line, item) in list(transaction, "orderLineItems")?.iter().enumerate() {
        for member in ["marketplaceFees", "donations"] {
            let path = format!("orderLineItems[{line}]");
            let fees = under(&path, list(item, member))?;
            for (nth, fee) in fees.iter().enumerate() {
                let line_item_id = under(&path, id(item, "lineItemId"))?;
                let record = fee_record(key, position, line_item_id, fee);
                out.push(under(&format!("{path}.{member}[{nth}]"), record)?);
                position += 1;
            }
        }
    }
    if let Some(fee_type) = field::text_opt(transaction, "feeType")? {
        let fee = json!({ "feeType": fee_type, "amount": transaction.get("amount") });
        out.push(fee_record(key, position, Value::Null, &fee)?);
    }
    Ok(())
}

fn fee_record(
    key: &[String],
    position: usize,
    line_item_id: Value,
    fee: &Json,
) -> Result<Record, ParseError> {
    let mut key = key.to_vec();
    key.push(position.to_string());
    Ok(Record {
        table: Table::FinancesFees,
        key,
        values: vec![
            line_item_id,
            text(fee, "feeType")?,
            decimal(fee, "amount.value")?,
            text(fee, "amount.currency")?,
        ],
        ebay_time: None,
        payload: canonical(fee),
        volatile: String::new(),
    })
}

/// The amount with the sign that the booking entry means.
fn signed_amount(transaction: &Json) -> Result<Value, ParseError> {
    let amount = decimal(transaction, "amount.value")?;
    match (field::text_opt(transaction, "bookingEntry")?, amount) {
        (Some("DEBIT"), Value::Decimal(amount)) => negated(&amount).map(Value::Decimal),
        (Some("CREDIT" | "DEBIT"), amount) => Ok(amount),
        (entry, _) => {
            let found = entry.unwrap_or_default();
            let what = format!("expected DEBIT or CREDIT, found {found:?}");
            Err(ParseError::bad(0, what).with_path("bookingEntry"))
        }
    }
}

/// The decimal with the other sign; nothing has none.
fn negated(amount: &str) -> Result<String, ParseError> {
    let negated = match amount.strip_prefix('-') {
        Some(positive) => positive.to_owned(),
        None if amount.bytes().all(|byte| matches!(byte, b'0' | b'.')) => amount.to_owned(),
        None => format!("-{amount}"),
    };
    if is_decimal(&negated) {
        return Ok(negated);
    }
    let what = format!("decimal of {} bytes is too long", negated.len());
    Err(ParseError::bad(0, what).with_path("amount.value"))
}

/// An array of objects; empty if it is absent or null.
fn list<'a>(item: &'a Json, name: &str) -> Result<&'a [Json], ParseError> {
    let list = match item.get(name) {
        None | Some(Json::Null) => return Ok(&[]),
        Some(Json::Array(list)) => list,
        Some(_) => return Err(ParseError::bad(0, "expected an array").with_path(name)),
    };
    match list.iter().position(|element| !element.is_object()) {
        None => Ok(list),
        Some(nth) => {
            let path = format!("{name}[{nth}]");
            Err(ParseError::bad(0, "expected an object").with_path(path))
        }
    }
}
