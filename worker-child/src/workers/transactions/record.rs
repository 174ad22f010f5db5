//! One transaction to its row.

use shared::record::{Record, Value};
use shared::table::Table;

use crate::parse::ParseError;
use crate::parse::json::canonical;
use crate::workers::finances_api::{id, json, key};
use crate::workers::step::Item;
use crate::workers::values::{decimal, text, time};

/// Appends the record of a transaction; returns what tells it from others.
pub(super) fn push(item: Item<'_>, out: &mut Vec<Record>) -> Result<String, ParseError> {
    let transaction = &json(item)?;
    let key = key(transaction)?;
    let seen = key.join("\n");
    out.push(Record {
        table: Table::Transactions,
        key,
        values: vec![
            id(transaction, "orderId")?,
            Value::Time(time(transaction, "transactionDate")?),
            text(transaction, "transactionStatus")?,
            decimal(transaction, "amount.value")?,
            text(transaction, "amount.currency")?,
        ],
        ebay_time: None,
        payload: canonical(transaction),
        volatile: String::new(),
    });
    Ok(seen)
}
