//! One order to its row and the rows of its line items.

use shared::record::{Record, Value};
use shared::table::Table;

use crate::parse::ParseError;
use crate::parse::field::{self, Picked};
use crate::parse::json::{Elements, Json};
use crate::workers::values::{decimal, integer, text, time, under};

/// What an order's columns are read from, sorted.
const MEMBERS: [&str; 9] = [
    "buyer",
    "cancelStatus",
    "creationDate",
    "lastModifiedDate",
    "lineItems",
    "orderFulfillmentStatus",
    "orderId",
    "orderPaymentStatus",
    "pricingSummary",
];

/// Appends the records of an order; returns its id.
pub(super) fn push(order: Json<'_>, out: &mut Vec<Record>) -> Result<String, ParseError> {
    let [
        buyer,
        cancel_status,
        creation_date,
        modified_date,
        line_items,
        fulfillment_status,
        order_id,
        payment_status,
        pricing,
    ] = order.pick(MEMBERS);
    let order_id = field::id(Picked(order_id), "orderId")?;
    let created = time(Picked(creation_date), "creationDate")?;
    let modified = time(Picked(modified_date), "lastModifiedDate")?;
    let items = list(line_items, "lineItems")?
        .ok_or_else(|| ParseError::bad(0, "value is missing").with_path("lineItems"))?;
    let mut values = Vec::with_capacity(Table::Orders.def().columns.len());
    values.extend([
        Value::Time(created),
        Value::Time(modified),
        text(Picked(payment_status), "orderPaymentStatus")?,
        text(Picked(fulfillment_status), "orderFulfillmentStatus")?,
        text(
            inside(cancel_status, "cancelState"),
            "cancelStatus.cancelState",
        )?,
        text(inside(buyer, "username"), "buyer.username")?,
        decimal(inside(pricing, "total.value"), "pricingSummary.total.value")?,
        text(
            inside(pricing, "total.currency"),
            "pricingSummary.total.currency",
        )?,
        Value::Integer(i64::try_from(items.clone().count()).unwrap_or(i64::MAX)),
        tracking_number(order)?,
    ]);
    values.extend(ship_to(order)?);
    let (payload, parts) = order.canonical_parts(line_items);
    let at = out.len();
    out.push(Record {
        table: Table::Orders,
        key: vec![order_id.clone()],
        values,
        ebay_time: Some(modified),
        payload,
        volatile: String::new(),
    });
    for (position, (item, part)) in items.zip(parts).enumerate() {
        let payload = out.get(at).and_then(|order| order.payload.get(part));
        let row = line_item(&order_id, item, payload.unwrap_or_default());
        let mut row = row.or_else(|error| under(&format!("lineItems[{position}]"), Err(error)))?;
        row.ebay_time = Some(modified);
        out.push(row);
    }
    Ok(order_id)
}

fn line_item(order_id: &str, item: Json<'_>, payload: &str) -> Result<Record, ParseError> {
    let [
        legacy_item_id,
        status,
        line_item_id,
        quantity,
        sku,
        title,
        total,
    ] = item.pick([
        "legacyItemId",
        "lineItemFulfillmentStatus",
        "lineItemId",
        "quantity",
        "sku",
        "title",
        "total",
    ]);
    let line_item_id = field::id(Picked(line_item_id), "lineItemId")?;
    let legacy_item_id = field::id_opt(Picked(legacy_item_id), "legacyItemId")?;
    Ok(Record {
        table: Table::OrderLineItems,
        key: vec![order_id.to_owned(), line_item_id],
        values: vec![
            text(Picked(sku), "sku")?,
            legacy_item_id.map_or(Value::Null, Value::Text),
            text(Picked(title), "title")?,
            integer(Picked(quantity), "quantity")?,
            decimal(inside(total, "value"), "total.value")?,
            text(inside(total, "currency"), "total.currency")?,
            text(Picked(status), "lineItemFulfillmentStatus")?,
        ],
        ebay_time: None,
        payload: payload.to_owned(),
        volatile: String::new(),
    })
}

/// What stands at a path in a value that may be absent.
fn inside<'a>(found: Option<Json<'a>>, path: &str) -> Picked<'a> {
    Picked(found.and_then(|found| found.at(path)))
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
    let [address, full_name] = ship_to.pick(["contactAddress", "fullName"]);
    let address = address
        .map(|address| address.pick(["city", "countryCode", "postalCode", "stateOrProvince"]));
    let [city, country, postal_code, state] = address.unwrap_or_default();
    let read = |found, path: &str| {
        text(Picked(found), path).or_else(|error| {
            let above = "fulfillmentStartInstructions[0].shippingStep.shipTo";
            under(above, Err(error))
        })
    };
    Ok([
        read(full_name, "fullName")?,
        read(city, "contactAddress.city")?,
        read(state, "contactAddress.stateOrProvince")?,
        read(postal_code, "contactAddress.postalCode")?,
        read(country, "contactAddress.countryCode")?,
    ])
}

fn first<'a>(order: Json<'a>, name: &str) -> Result<Option<Json<'a>>, ParseError> {
    Ok(list(order.get(name), name)?.and_then(|mut list| list.next()))
}

/// An array member; `None` if it is absent or null.
fn list<'a>(found: Option<Json<'a>>, name: &str) -> Result<Option<Elements<'a>>, ParseError> {
    let Some(found) = found.filter(|found| !found.is_null()) else {
        return Ok(None);
    };
    match found.as_array() {
        Some(elements) => Ok(Some(elements)),
        None => Err(ParseError::bad(0, "expected an array").with_path(name)),
    }
}
