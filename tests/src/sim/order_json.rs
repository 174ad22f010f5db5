//! An order as the Fulfillment API writes it, member by member in the contract's order.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    clock::{DAY_MS, stamp},
    lexicon::amount,
    order::{Buyer, Line, Order},
};

#[derive(Serialize)]
struct Money<'a> {
    value: String,
    currency: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderText<'a> {
    order_id: &'a str,
    legacy_order_id: &'a str,
    creation_date: String,
    last_modified_date: String,
    order_fulfillment_status: &'a str,
    order_payment_status: &'a str,
    seller_id: &'a str,
    buyer: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    buyer_checkout_notes: Option<&'a str>,
    pricing_summary: Value,
    cancel_status: Value,
    payment_summary: Value,
    fulfillment_start_instructions: Vec<Value>,
    fulfillment_hrefs: Vec<String>,
    line_items: Vec<LineText<'a>>,
    ebay_collect_and_remit_tax: bool,
    sales_record_reference: String,
    total_fee_basis_amount: Money<'a>,
    total_marketplace_fee: Money<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LineText<'a> {
    line_item_id: &'a str,
    legacy_item_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<&'a str>,
    title: &'a str,
    line_item_cost: Money<'a>,
    quantity: u32,
    sold_format: &'a str,
    listing_marketplace_id: &'a str,
    purchase_marketplace_id: &'a str,
    line_item_fulfillment_status: &'a str,
    total: Money<'a>,
    delivery_cost: Value,
    applied_promotions: [Value; 0],
    taxes: [Value; 0],
    ebay_collect_and_remit_taxes: Vec<Value>,
    properties: Value,
    line_item_fulfillment_instructions: Value,
    item_location: Value,
}

fn money(order: &Order, hundredths: u64) -> Money<'_> {
    Money {
        value: amount(hundredths),
        currency: order.currency,
    }
}

fn money_value(order: &Order, hundredths: u64) -> Value {
    json!({ "value": amount(hundredths), "currency": order.currency })
}

/// Serialises what cannot fail: maps with text keys, texts, numbers.
#[expect(
    clippy::expect_used,
    reason = "only text keys and plain values are ever passed"
)]
pub(crate) fn json_text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain values always serialise")
}

/// Sets a member of a JSON object.
pub(crate) fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}

/// The order's JSON text as served to `seller`.
pub(crate) fn order_text(order: &Order, seller: &str) -> String {
    json_text(&shape(order, seller))
}

/// The JSON value of one line item as served within its order.
pub(crate) fn line_value(order: &Order, line: &Line) -> Value {
    serde_json::to_value(line_shape(order, line)).unwrap_or_default()
}

/// The JSON value of the order as served to `seller`.
pub(crate) fn order_value(order: &Order, seller: &str) -> Value {
    serde_json::to_value(shape(order, seller)).unwrap_or_default()
}

fn shape<'a>(order: &'a Order, seller: &'a str) -> OrderText<'a> {
    let total = order.total();
    OrderText {
        order_id: &order.id,
        legacy_order_id: &order.id,
        creation_date: stamp(order.created),
        last_modified_date: stamp(order.modified),
        order_fulfillment_status: order.fulfillment(),
        order_payment_status: order.payment,
        seller_id: seller,
        buyer: buyer_value(&order.buyer),
        buyer_checkout_notes: order.note,
        pricing_summary: json!({
            "priceSubtotal": money_value(order, total - order.shipping),
            "deliveryCost": money_value(order, order.shipping),
            "total": money_value(order, total),
        }),
        cancel_status: json!({ "cancelState": order.cancel, "cancelRequests": [] }),
        payment_summary: payment_value(order),
        fulfillment_start_instructions: order.ships.then(|| shipment(order)).into_iter().collect(),
        fulfillment_hrefs: hrefs(order),
        line_items: order
            .lines
            .iter()
            .map(|line| line_shape(order, line))
            .collect(),
        ebay_collect_and_remit_tax: order.currency == "USD",
        sales_record_reference: order.record.to_string(),
        total_fee_basis_amount: money(order, total + total / 20),
        total_marketplace_fee: money(order, total / 11),
    }
}

fn hrefs(order: &Order) -> Vec<String> {
    let base = "https://api.ebay.com/sell/fulfillment/v1/order";
    order
        .tracking
        .iter()
        .map(|number| format!("{base}/{}/shipping_fulfillment/{number}", order.id))
        .collect()
}

fn address(buyer: &Buyer) -> Value {
    let (city, state, postal_code, country) = buyer.place;
    let mut address = json!({
        "addressLine1": buyer.street, "city": city,
        "postalCode": postal_code, "countryCode": country,
    });
    if let Some(state) = state {
        put(&mut address, "stateOrProvince", json!(state));
    }
    address
}

fn buyer_value(buyer: &Buyer) -> Value {
    json!({
        "username": buyer.username,
        "taxAddress": {
            "city": buyer.place.0, "postalCode": buyer.place.2, "countryCode": buyer.place.3,
        },
        "buyerRegistrationAddress": {
            "fullName": buyer.name,
            "contactAddress": address(buyer),
            "primaryPhone": { "phoneNumber": "5550100" },
            "email": "redacted@members.ebay.com",
        },
    })
}

fn payment_value(order: &Order) -> Value {
    let due = order.total() - order.total() / 11;
    let refunds = match order.payment {
        "FULLY_REFUNDED" => vec![json!({ "amount": money_value(order, order.total()) })],
        "PARTIALLY_REFUNDED" => vec![json!({ "amount": money_value(order, order.total() / 2) })],
        _ => Vec::new(),
    };
    json!({
        "totalDueSeller": money_value(order, due),
        "refunds": refunds,
        "payments": [{
            "paymentMethod": "EBAY",
            "paymentReferenceId": format!("{}_S", order.record),
            "paymentDate": stamp(order.created + 746),
            "amount": money_value(order, due),
            "paymentStatus": if order.payment == "PENDING" { "PENDING" } else { "PAID" },
        }],
    })
}

fn shipment(order: &Order) -> Value {
    json!({
        "fulfillmentInstructionsType": "SHIP_TO",
        "minEstimatedDeliveryDate": stamp(order.created + 4 * DAY_MS),
        "maxEstimatedDeliveryDate": stamp(order.created + 7 * DAY_MS),
        "ebaySupportedFulfillment": false,
        "shippingStep": {
            "shipTo": {
                "fullName": order.buyer.name,
                "contactAddress": address(&order.buyer),
                "primaryPhone": { "phoneNumber": "5550100" },
                "email": "redacted@members.ebay.com",
            },
            "shippingCarrierCode": "UPS",
            "shippingServiceCode": "UPSGround",
        },
    })
}

fn line_shape<'a>(order: &'a Order, line: &'a Line) -> LineText<'a> {
    let taxes = if order.currency == "USD" {
        vec![json!({
            "taxType": "STATE_SALES_TAX",
            "amount": money_value(order, line.cost() / 20),
            "collectionMethod": "NET",
        })]
    } else {
        Vec::new()
    };
    LineText {
        line_item_id: &line.id,
        legacy_item_id: &line.legacy_item_id,
        sku: line.sku.as_deref(),
        title: &line.title,
        line_item_cost: money(order, line.cost()),
        quantity: line.quantity,
        sold_format: "FIXED_PRICE",
        listing_marketplace_id: "EBAY_US",
        purchase_marketplace_id: "EBAY_US",
        line_item_fulfillment_status: line.fulfillment(),
        total: money(order, line.cost()),
        delivery_cost: json!({ "shippingCost": money_value(order, 0) }),
        applied_promotions: [],
        taxes: [],
        ebay_collect_and_remit_taxes: taxes,
        properties: json!({ "buyerProtection": true, "soldViaAdCampaign": line.quantity > 1 }),
        line_item_fulfillment_instructions: json!({
            "minEstimatedDeliveryDate": stamp(order.created + 4 * DAY_MS),
            "maxEstimatedDeliveryDate": stamp(order.created + 7 * DAY_MS),
            "shipByDate": stamp(order.created + 5 * DAY_MS),
            "guaranteedDelivery": false,
        }),
        item_location: json!({
            "location": "Stafford, Texas", "countryCode": "US", "postalCode": "77477",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    #[test]
    fn served_text_and_truth_value_are_the_same_json() {
        for seed in 0..50 {
            let order = Order::make(
                &mut Rng::with_seed(seed),
                1_781_000_000_000,
                1_782_000_000_000,
            );
            let served: Value = serde_json::from_str(&order_text(&order, "s")).unwrap();
            assert_eq!(served, order_value(&order, "s"));
            for (at, line) in order.lines.iter().enumerate() {
                assert_eq!(served["lineItems"][at], line_value(&order, line));
            }
            assert_eq!(
                served["fulfillmentHrefs"].as_array().unwrap().is_empty(),
                order.tracking.is_empty()
            );
        }
    }

    #[test]
    fn a_page_is_as_long_as_real_ones() {
        let mut rng = Rng::with_seed(5);
        let bytes: usize = (0..200)
            .map(|_| {
                order_text(
                    &Order::make(&mut rng, 1_781_000_000_000, 1_782_000_000_000),
                    "s",
                )
                .len()
            })
            .sum();
        assert!((500_000..1_000_000).contains(&bytes), "{bytes}");
    }
}
