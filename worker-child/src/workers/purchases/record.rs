//! One order to the rows of its lines.

use shared::record::{MAX_RECORD, Record, Value};
use shared::table::Table;
use shared::time::Timestamp;

use crate::parse::field;
use crate::parse::xml::{members_to_json, tree_to_json};
use crate::parse::{Node, ParseError};
use crate::workers::values::{decimal, either, id, integer, moment, text, under};

/// Repeatable elements of an order by eBay's contract: lists always.
const LISTS: &[&str] = &[
    "AddressAttribute",
    "Attribute",
    "BuyerPackageEnclosure",
    "BuyerTaxIdentifier",
    "ConditionDescriptor",
    "DiscountProfile",
    "ExcludeShipToLocation",
    "InternationalShippingServiceOption",
    "LineItem",
    "LinkedLineItem",
    "NameValueList",
    "Payment",
    "PaymentMethods",
    "PickupOptions",
    "Refund",
    "SellerDiscount",
    "ShipToLocation",
    "ShipmentTrackingDetails",
    "ShippingPackageInfo",
    "ShippingServiceOptions",
    "TaxDetails",
    "TaxJurisdiction",
    "Value",
];
const LINES: &str = "TransactionArray";

/// Appends the records of an order; returns its id.
pub(super) fn push(order: Node<'_>, out: &mut Vec<Record>) -> Result<String, ParseError> {
    let order_id = field::id(order, "OrderID")?;
    let modified = field::timestamp_opt(order, "CheckoutStatus.LastModifiedTime")?;
    let mut shared = String::new();
    members_to_json(order, |name| name != LINES, LISTS, &mut shared);
    let mut bytes = 0;
    let lines = order.child(LINES);
    let lines = lines
        .iter()
        .flat_map(|lines| lines.children_named("Transaction"));
    for (position, line) in lines.enumerate() {
        let row = row(order, line);
        let (key, values) = under(&format!("{LINES}.Transaction[{position}]"), row)?;
        let mut payload = format!(r#"{{"Order":{shared},"Transaction":"#);
        tree_to_json(line, LISTS, &mut payload);
        payload.push('}');
        bytes += payload.len();
        if bytes > MAX_RECORD {
            let what = format!("order makes records of over {MAX_RECORD} bytes");
            return Err(ParseError::too_large(0, what).with_path(LINES));
        }
        let mut row = Record {
            table: Table::Purchases,
            key: vec![key],
            values: vec![Value::Text(order_id.clone())],
            ebay_time: modified.map(Timestamp),
            payload,
            volatile: String::new(),
        };
        row.values.extend(values);
        out.push(row);
    }
    if bytes == 0 {
        return Err(ParseError::bad(0, "order has no line").with_path(LINES));
    }
    Ok(order_id)
}

/// The key of a line, and its columns behind the order's id.
fn row(order: Node<'_>, line: Node<'_>) -> Result<(String, [Value; 14]), ParseError> {
    let item_id = id(line, "Item.ItemID")?;
    let transaction_id = id(line, "TransactionID")?;
    let key = match (
        field::id_opt(line, "OrderLineItemID")?,
        &item_id,
        &transaction_id,
    ) {
        (Some(key), _, _) => key,
        (None, Value::Text(item), Value::Text(transaction)) => format!("{item}-{transaction}"),
        (None, _, _) => {
            return Err(ParseError::bad(0, "value is missing").with_path("OrderLineItemID"));
        }
    };
    let seller = either(text(order, "SellerUserID")?, || {
        text(line, "Item.Seller.UserID")
    })?;
    let [carrier, tracking_number] = tracking(order, line)?;
    let (total, currency) = total(order, line)?;
    let values = [
        item_id,
        transaction_id,
        text(line, "Item.Title")?,
        seller,
        integer(line, "QuantityPurchased")?,
        decimal(line, "TransactionPrice")?,
        total,
        currency,
        either(moment(line, "CreatedDate")?, || {
            moment(order, "CreatedTime")
        })?,
        either(moment(line, "PaidTime")?, || moment(order, "PaidTime"))?,
        either(moment(line, "ShippedTime")?, || {
            moment(order, "ShippedTime")
        })?,
        carrier,
        tracking_number,
        text(order, "OrderStatus")?,
    ];
    Ok((key, values))
}

/// Carrier and number of the first package, of the line if it has one.
fn tracking(order: Node<'_>, line: Node<'_>) -> Result<[Value; 2], ParseError> {
    const PACKAGE: &str = "ShippingDetails.ShipmentTrackingDetails";
    let package = line.at(PACKAGE).or_else(|| order.at(PACKAGE));
    let Some(package) = package else {
        return Ok([Value::Null, Value::Null]);
    };
    Ok([
        text(package, "ShippingCarrierUsed")?,
        text(package, "ShipmentTrackingNumber")?,
    ])
}

/// The order's total and the currency of both amounts: the price's, if there is a price.
fn total(order: Node<'_>, line: Node<'_>) -> Result<(Value, Value), ParseError> {
    let total = decimal(order, "Total")?;
    let [of_price, of_total] = [line.at("TransactionPrice"), order.at("Total")]
        .map(|amount| amount.and_then(|amount| amount.attr("currencyID")));
    let currency = of_price.or(of_total);
    let total = if of_total == currency {
        total
    } else {
        Value::Null
    };
    let currency = currency.map_or(Value::Null, |code| Value::Text(code.to_owned()));
    Ok((total, currency))
}
