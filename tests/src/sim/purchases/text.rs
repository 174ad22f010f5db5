//! An order as Trading writes it, and the rows that it becomes.

use serde_json::{Value, json};

use super::model::{Line, Purchase};
use crate::sim::{clock::stamp, lexicon::amount, trading::element::Element};

/// The order as served to its buyer.
pub(super) fn order(purchase: &Purchase, buyer: &str) -> Element {
    let lines = purchase.lines.iter();
    let lines = lines.map(|line| transaction(purchase, line).repeated());
    let mut inner = parts(purchase, buyer);
    inner.push(Element::group("TransactionArray", lines.collect()));
    Element::group("Order", inner)
}

/// Everything in the order but its lines.
fn parts(purchase: &Purchase, buyer: &str) -> Vec<Element> {
    let currency = purchase.currency;
    let of_total = purchase.foreign.unwrap_or(currency);
    let total = purchase.total();
    let mut parts = vec![
        Element::text("OrderID", &purchase.id),
        Element::text("OrderStatus", purchase.status),
        Element::money("AdjustmentAmount", 0, currency),
        Element::money("AmountPaid", purchase.paid.map_or(0, |_| total), of_total),
        checkout(purchase),
        Element::group("ShippingDetails", tracking(&purchase.parcels)),
        Element::text("CreatedTime", &stamp(purchase.created)),
        Element::text("PaymentMethods", "CreditCard").repeated(),
        Element::text("PaymentMethods", "PayPal").repeated(),
        Element::group("ShippingAddress", address(purchase)),
        Element::money("Subtotal", total - purchase.shipping, currency),
        Element::money("Total", total, of_total),
        Element::text("BuyerUserID", buyer),
        Element::text("SellerUserID", &purchase.seller),
    ];
    let times = [
        ("PaidTime", purchase.paid),
        ("ShippedTime", purchase.shipped),
    ];
    for (name, time) in times {
        parts.extend(time.map(|time| Element::text(name, &stamp(time))));
    }
    parts
}

fn checkout(purchase: &Purchase) -> Element {
    let status = match purchase.paid {
        Some(_) => "Complete",
        None => "Incomplete",
    };
    let inner = vec![
        Element::text("eBayPaymentStatus", "NoPaymentFailure"),
        Element::text("LastModifiedTime", &stamp(purchase.modified)),
        Element::text("PaymentMethod", "CreditCard"),
        Element::text("Status", status),
    ];
    Element::group("CheckoutStatus", inner)
}

fn tracking<'a>(parcels: impl IntoIterator<Item = &'a (&'static str, String)>) -> Vec<Element> {
    let parcel = |(carrier, number): &(&str, String)| {
        let inner = vec![
            Element::text("ShippingCarrierUsed", carrier),
            Element::text("ShipmentTrackingNumber", number),
        ];
        Element::group("ShipmentTrackingDetails", inner).repeated()
    };
    parcels.into_iter().map(parcel).collect()
}

fn address(purchase: &Purchase) -> Vec<Element> {
    let (city, state, postal_code, country) = purchase.place;
    vec![
        Element::text("Name", purchase.recipient),
        Element::text("Street1", "1 Example Street"),
        Element::text("Street2", ""),
        Element::text("CityName", city),
        Element::text("StateOrProvince", state.unwrap_or_default()),
        Element::text("Country", country),
        Element::text("PostalCode", postal_code),
    ]
}

fn transaction(purchase: &Purchase, line: &Line) -> Element {
    let item = vec![
        Element::text("ItemID", &line.item),
        Element::text("Site", "US"),
        Element::text("Title", &line.title),
    ];
    let mut inner = vec![
        Element::text("CreatedDate", &stamp(purchase.created)),
        Element::group("Item", item),
        Element::text("QuantityPurchased", line.quantity),
        Element::text("TransactionID", &line.transaction),
        Element::money("TransactionPrice", line.unit, purchase.currency),
        Element::text("OrderLineItemID", &line.id()),
    ];
    if line.parcel.is_some() {
        inner.push(Element::group("ShippingDetails", tracking(&line.parcel)));
    }
    if let Some(colour) = line.colour {
        let pair = vec![
            Element::text("Name", "Colour"),
            Element::text("Value", colour).repeated(),
        ];
        let pair = Element::group("NameValueList", pair).repeated();
        let specifics = Element::group("VariationSpecifics", vec![pair]);
        inner.push(Element::group("Variation", vec![specifics]));
    }
    Element::group("Transaction", inner)
}

/// The row of a line.
pub(super) fn row(purchase: &Purchase, line: &Line, buyer: &str) -> Value {
    let parcel = line.parcel.as_ref().or(purchase.parcels.first());
    let total = match purchase.foreign {
        None => Some(amount(purchase.total())),
        Some(_) => None,
    };
    json!({
        "order_line_item_id": line.id(),
        "order_id": purchase.id,
        "item_id": line.item,
        "transaction_id": line.transaction,
        "title": line.title,
        "seller": purchase.seller,
        "quantity": line.quantity,
        "price": amount(line.unit),
        "total": total,
        "currency": purchase.currency,
        "created_at": stamp(purchase.created),
        "paid_at": purchase.paid.map(stamp),
        "shipped_at": purchase.shipped.map(stamp),
        "carrier": parcel.map(|(carrier, _)| carrier),
        "tracking_number": parcel.map(|(_, number)| number),
        "status": purchase.status,
        "payload": {
            "Order": Element::group("Order", parts(purchase, buyer)).json(),
            "Transaction": transaction(purchase, line).json(),
        },
    })
}
