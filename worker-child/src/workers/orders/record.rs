//! One order to its row and the rows of its line items.

use serde_json::Value as Json;
use shared::record::{Record, Value};
use shared::table::Table;

use crate::parse::ParseError;
use crate::parse::field;
use crate::parse::json::canonical;
use crate::workers::values::{decimal, integer, text, time, under};

/// Appends the records of an order; returns its id.
pub(super) fn push(order: &Json, out: &mut Vec<Record>) -> Result<String, ParseError> {
    let order_id = field::id(order, "orderId")?;
    let created = time(order, "creationDate")?;
    let modified = time(order, "lastModifiedDate")?;
    let line_items = list(order, "lineItems")?
        .ok_or_else(|| ParseError::bad(0, "value is missing").with_path("lineItems"))?;
    let mut values = vec![
        Value::Time(created),
        Value::Time(modified),
        text(order, "orderPaymentStatus")?,
        text(order, "orderFulfillmentStatus")?,
        text(order, "cancelStatus.cancelState")?,
        text(order, "buyer.username")?,
        decimal(order, "pricingSummary.total.value")?,
        text(order, "pricingSummary.total.currency")?,
        Value::Integer(i64::try_from(line_items.len()).unwrap_or(i64::MAX)),
        tracking_number(order)?,
    ];
    values.extend(ship_to(order)?);
    out.push(Record {
        table: Table::Orders,
        key: vec![order_id.clone()],
        values,
        ebay_time: Some(modified),
        payload: canonical(order),
        volatile: String::new(),
    });
    for (position, item) in line_items.iter().enumerate() {
        let row = line_item(&order_id, item);
        let mut row = under(&format!("lineItems[{position}]"), row)?;
        row.ebay_time = Some(modified);
        out.push(row);
    }
    Ok(order_id)
}

fn line_item(order_id: &str, item: &Json) -> Result<Record, ParseError> {
    let line_item_id = field::id(item, "lineItemId")?;
    let legacy_item_id = field::id_opt(item, "legacyItemId")?;
    Ok(Record {
        table: Table::OrderLineItems,
        key: vec![order_id.to_owned(), line_item_id],
        values: vec![
            text(item, "sku")?,
            legacy_item_id.map_or(Value::Null, Value::Text),
            text(item, "title")?,
            integer(item, "quantity")?,
            decimal(item, "total.value")?,
            text(item, "total.currency")?,
            text(item, "lineItemFulfillmentStatus")?,
        ],
        ebay_time: None,
        payload: canonical(item),
        volatile: String::new(),
    })
}

/// The last path segment of the first fulfillment's address.
fn tracking_number(order: &Json) -> Result<Value, ParseError> {
    let Some(first) = first(order, "fulfillmentHrefs")? else {
        return Ok(Value::Null);
    };
    let Json::String(href) = first else {
        return Err(ParseError::bad(0, "expected text").with_path("fulfillmentHrefs[0]"));
    };
    let path = href.split(['?', '#']).next().unwrap_or_default();
    let segment = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .filter(|segment| !segment.is_empty());
    Ok(segment.map_or(Value::Null, |text| Value::Text(text.to_owned())))
}

/// Name, city, state, postal code and country of the first shipping step.
fn ship_to(order: &Json) -> Result<[Value; 5], ParseError> {
    let Some(first) = first(order, "fulfillmentStartInstructions")? else {
        return Ok([const { Value::Null }; 5]);
    };
    let read = |path: &str| {
        let path = format!("shippingStep.shipTo.{path}");
        under("fulfillmentStartInstructions[0]", text(first, &path))
    };
    Ok([
        read("fullName")?,
        read("contactAddress.city")?,
        read("contactAddress.stateOrProvince")?,
        read("contactAddress.postalCode")?,
        read("contactAddress.countryCode")?,
    ])
}

fn first<'a>(order: &'a Json, name: &str) -> Result<Option<&'a Json>, ParseError> {
    Ok(list(order, name)?.and_then(|list| list.first()))
}

/// An array member; `None` if it is absent or null.
fn list<'a>(order: &'a Json, name: &str) -> Result<Option<&'a Vec<Json>>, ParseError> {
    match order.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Array(list)) => Ok(Some(list)),
        Some(_) => Err(ParseError::bad(0, "expected an array").with_path(name)),
    }
}
