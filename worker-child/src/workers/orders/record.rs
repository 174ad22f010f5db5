//! One order to its row and the rows of its line items.

use shared::record::{Record, Value};
use shared::table::Table;

use crate::parse::ParseError;
use crate::parse::field;
use crate::parse::json::{Elements, Json};
use crate::workers::values::{decimal, integer, text, time, under};

/// Appends the records of an order; returns its id.
pub(super) fn push(order: Json<'_>, out: &mut Vec<Record>) -> Result<String, ParseError> {
    let order_id = field::id(order, "orderId")?;
    let created = time(order, "creationDate")?;
    let modified = time(order, "lastModifiedDate")?;
    let line_items = list(order, "lineItems")?
        .ok_or_else(|| ParseError::bad(0, "value is missing").with_path("lineItems"))?;
    let mut values = Vec::with_capacity(Table::Orders.def().columns.len());
    values.extend([
        Value::Time(created),
        Value::Time(modified),
        text(order, "orderPaymentStatus")?,
        text(order, "orderFulfillmentStatus")?,
        text(order, "cancelStatus.cancelState")?,
        text(order, "buyer.username")?,
        decimal(order, "pricingSummary.total.value")?,
        text(order, "pricingSummary.total.currency")?,
        Value::Integer(i64::try_from(line_items.clone().count()).unwrap_or(i64::MAX)),
        tracking_number(order)?,
    ]);
    values.extend(ship_to(order)?);
    let (payload, parts) = order.canonical_parts(order.get("lineItems"));
    let rows = line_items.zip(parts).enumerate();
    let rows = rows.map(|(position, (item, part))| {
        let payload = payload.get(part).unwrap_or_default();
        let row = line_item(&order_id, item, payload);
        let mut row = row.or_else(|error| under(&format!("lineItems[{position}]"), Err(error)))?;
        row.ebay_time = Some(modified);
        Ok(row)
    });
    let rows = rows.collect::<Result<Vec<_>, ParseError>>()?;
    out.push(Record {
        table: Table::Orders,
        key: vec![order_id.clone()],
        values,
        ebay_time: Some(modified),
        payload,
        volatile: String::new(),
    });
    out.extend(rows);
    Ok(order_id)
}

fn line_item(order_id: &str, item: Json<'_>, payload: &str) -> Result<Record, ParseError> {
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
        payload: payload.to_owned(),
        volatile: String::new(),
    })
}

/// The last path segment of the first fulfillment's address.
fn tracking_number(order: Json<'_>) -> Result<Value, ParseError> {
    let Some(first) = first(order, "fulfillmentHrefs")? else {
        return Ok(Value::Null);
    };
    let href = first
        .as_str()
        .ok_or_else(|| ParseError::bad(0, "expected text").with_path("fulfillmentHrefs[0]"))?;
    let path = href.split(['?', '#']).next().unwrap_or_default();
    let segment = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .filter(|segment| !segment.is_empty());
    Ok(segment.map_or(Value::Null, |text| Value::Text(text.to_owned())))
}

/// Name, city, state, postal code and country of the first shipping step.
fn ship_to(order: Json<'_>) -> Result<[Value; 5], ParseError> {
    let Some(first) = first(order, "fulfillmentStartInstructions")? else {
        return Ok([const { Value::Null }; 5]);
    };
    let Some(ship_to) = first.at("shippingStep.shipTo") else {
        return Ok([const { Value::Null }; 5]);
    };
    let read = |path: &str| {
        text(ship_to, path).or_else(|error| {
            let above = "fulfillmentStartInstructions[0].shippingStep.shipTo";
            under(above, Err(error))
        })
    };
    Ok([
        read("fullName")?,
        read("contactAddress.city")?,
        read("contactAddress.stateOrProvince")?,
        read("contactAddress.postalCode")?,
        read("contactAddress.countryCode")?,
    ])
}

fn first<'a>(order: Json<'a>, name: &str) -> Result<Option<Json<'a>>, ParseError> {
    Ok(list(order, name)?.and_then(|mut list| list.next()))
}

/// An array member; `None` if it is absent or null.
fn list<'a>(order: Json<'a>, name: &str) -> Result<Option<Elements<'a>>, ParseError> {
    let Some(found) = order.get(name).filter(|found| !found.is_null()) else {
        return Ok(None);
    };
    match found.as_array() {
        Some(elements) => Ok(Some(elements)),
        None => Err(ParseError::bad(0, "expected an array").with_path(name)),
    }
}
