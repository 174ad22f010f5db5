//! What the database must hold, written from the simulator's own model.

use std::io;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    account::Account,
    clock::stamp,
    lexicon::amount,
    listing::{Listing, Price, Variation},
    order::{Line, Order},
    order_json::{line_value, order_value, put},
    tables,
};

/// Payloads longer than this are left out unless all are asked for.
const SMALL_BYTES: usize = 64 * 1024;

/// Which payloads the rows carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payloads {
    /// Those up to 64 KiB; longer ones are replaced by `payload_bytes`.
    #[default]
    Small,
    /// All, whatever their size.
    All,
    /// None.
    None,
}

impl Payloads {
    fn put(self, row: &mut Value, payload: impl FnOnce() -> Value) {
        if self == Self::None {
            return;
        }
        let payload = payload();
        let length = if self == Self::Small {
            json_length(&payload)
        } else {
            0
        };
        if length > SMALL_BYTES {
            put(row, "payload_bytes", json!(length));
        } else {
            put(row, "payload", payload);
        }
    }
}

impl Payloads {
    /// A row that carries its payload, with as much of it as is wanted.
    pub(crate) fn show(self, mut row: Value) -> Value {
        if let Some(payload) = row.as_object_mut().and_then(|row| row.remove("payload")) {
            self.put(&mut row, || payload);
        }
        row
    }
}

/// Length of the value as compact JSON, counted without making the text.
fn json_length(value: &Value) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    let counted = serde_json::to_writer(&mut count, value);
    debug_assert!(counted.is_ok(), "counting cannot fail");
    count.0
}

/// Everything that must be true of the account's tables.
pub(crate) fn truth(account: &Account, payloads: Payloads) -> Value {
    let orders = account.orders.values();
    let seller = &account.spec.name;
    let order_rows: Vec<Value> = orders
        .clone()
        .map(|order| order_row(order, seller, payloads))
        .collect();
    let line_rows: Vec<Value> = orders
        .flat_map(|order| {
            order
                .lines
                .iter()
                .map(|line| line_row(order, line, payloads))
        })
        .collect();
    let slots = account.slots.iter();
    let listing_rows: Vec<Value> = slots
        .flat_map(|slot| listing_rows(&account.catalogue.listing(*slot), payloads))
        .collect();
    let mut truth = Map::new();
    put_rows(&mut truth, "ebay_orders", order_rows);
    put_rows(&mut truth, "ebay_order_line_items", line_rows);
    put_rows(&mut truth, "ebay_active_inventory", listing_rows);
    truth.insert("ended".to_owned(), json!(ended(account)));
    tables::truth(account, payloads, &mut truth);
    Value::Object(truth)
}

fn put_rows(truth: &mut Map<String, Value>, table: &str, rows: Vec<Value>) {
    truth.insert(table.to_owned(), Value::Array(rows));
}

/// Keys of listings that were there and are not: as observed, or all of them without observation.
fn ended(account: &Account) -> Vec<[String; 3]> {
    let slots = match account.observed.missing_listings(&account.slots) {
        Some(slots) => slots,
        None => account.ended.values().copied().collect(),
    };
    slots
        .into_iter()
        .flat_map(|slot| account.catalogue.listing(slot).keys())
        .collect()
}

fn order_row(order: &Order, seller: &str, payloads: Payloads) -> Value {
    let mut row = json!({
        "order_id": order.id,
        "created_at": stamp(order.created),
        "modified_at": stamp(order.modified),
        "payment_status": order.payment,
        "fulfillment_status": order.fulfillment(),
        "cancel_state": order.cancel,
        "buyer_username": order.buyer.username,
        "total": amount(order.total()),
        "currency": order.currency,
        "line_item_count": order.lines.len(),
        "tracking_number": order.tracking.first(),
    });
    let (city, state, postal_code, country) = order.buyer.place;
    let address = [
        ("ship_to_name", Some(order.buyer.name)),
        ("ship_to_city", Some(city)),
        ("ship_to_state", state),
        ("ship_to_postal_code", Some(postal_code)),
        ("ship_to_country", Some(country)),
    ];
    for (column, text) in address {
        put(&mut row, column, json!(text.filter(|_| order.ships)));
    }
    payloads.put(&mut row, || order_value(order, seller));
    row
}

fn line_row(order: &Order, line: &Line, payloads: Payloads) -> Value {
    let mut row = json!({
        "order_id": order.id,
        "line_item_id": line.id,
        "sku": line.sku,
        "legacy_item_id": line.legacy_item_id,
        "title": line.title,
        "quantity": line.quantity,
        "total": amount(line.cost()),
        "currency": order.currency,
        "fulfillment_status": line.fulfillment(),
    });
    payloads.put(&mut row, || line_value(order, line));
    row
}

/// One row per variation, or one for a listing without variations.
pub(crate) fn listing_rows(listing: &Listing, payloads: Payloads) -> Vec<Value> {
    let keys = listing.keys();
    if listing.variations.is_empty() {
        let rows = keys.iter().map(|key| {
            let mut row = stock_row(key, listing.price, listing.quantity);
            payloads.put(&mut row, || plain_payload(listing));
            row
        });
        return rows.collect();
    }
    let rows = keys
        .iter()
        .zip(&listing.variations)
        .map(|(key, variation)| {
            let mut row = stock_row(key, variation.price, variation.quantity);
            payloads.put(&mut row, || variation_payload(listing.item, variation));
            row
        });
    rows.collect()
}

fn stock_row([item_id, sku, variation_key]: &[String; 3], price: Price, quantity: u32) -> Value {
    json!({
        "item_id": item_id,
        "sku": sku,
        "variation_key": variation_key,
        "quantity": quantity,
        "price": amount(price.hundredths),
        "currency": price.currency,
        "title": null,
        "listing_type": null,
        "condition": null,
        "start_at": null,
        "end_at": null,
        "view_url": null,
    })
}

/// The members that a listing and a variation share, as XML turns into JSON.
fn stock_members(sku: Option<&str>, price: Price, quantity: u32) -> Map<String, Value> {
    let mut members = Map::new();
    if let Some(sku) = sku {
        members.insert("SKU".to_owned(), json!(sku));
    }
    let text = amount(price.hundredths);
    let price = match price.currency {
        Some(currency) => json!({ "@currencyID": currency, "#text": text }),
        None => json!(text),
    };
    members.insert("Price".to_owned(), price);
    members.insert("Quantity".to_owned(), json!(quantity.to_string()));
    members
}

fn plain_payload(listing: &Listing) -> Value {
    let mut members = stock_members(listing.sku.as_deref(), listing.price, listing.quantity);
    members.insert("ItemID".to_owned(), json!(listing.item.to_string()));
    if let Some(bids) = listing.bids {
        members.insert("BidCount".to_owned(), json!(bids.to_string()));
        members.insert("ReserveMet".to_owned(), json!((bids > 3).to_string()));
    }
    Value::Object(members)
}

fn variation_payload(item: u64, variation: &Variation) -> Value {
    let mut members = stock_members(
        variation.sku.as_deref(),
        variation.price,
        variation.quantity,
    );
    members.insert("ItemID".to_owned(), json!(item.to_string()));
    let mut lists = Vec::new();
    let walked = variation.each_specific(&mut |name, values| {
        lists.push(json!({ "Name": name, "Value": values }));
        Ok(())
    });
    debug_assert!(walked.is_ok(), "nothing in the closure can fail");
    members.insert(
        "VariationSpecifics".to_owned(),
        json!({ "NameValueList": lists }),
    );
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::account::AccountSpec;

    fn account(big: u64) -> Account {
        let mut spec = AccountSpec::new("alpha", "t");
        (spec.orders, spec.listings, spec.big_listing_bytes) = (60, 120, big);
        Account::new(spec, 3, 1_782_000_000_000)
    }

    #[test]
    fn columns_agree_with_the_payload_that_is_served() {
        let truth = truth(&account(0), Payloads::Small);
        for row in truth["ebay_orders"].as_array().unwrap() {
            let order = &row["payload"];
            assert_eq!(row["order_id"], order["orderId"]);
            assert_eq!(row["modified_at"], order["lastModifiedDate"]);
            assert_eq!(row["total"], order["pricingSummary"]["total"]["value"]);
            assert_eq!(row["cancel_state"], order["cancelStatus"]["cancelState"]);
            let step = &order["fulfillmentStartInstructions"][0]["shippingStep"]["shipTo"];
            assert_eq!(
                row["ship_to_state"],
                step["contactAddress"]["stateOrProvince"]
            );
            let href = order["fulfillmentHrefs"][0]
                .as_str()
                .and_then(|h| h.rsplit('/').next());
            assert_eq!(row["tracking_number"].as_str(), href);
            assert_eq!(
                row["line_item_count"],
                order["lineItems"].as_array().unwrap().len()
            );
        }
        for row in truth["ebay_order_line_items"].as_array().unwrap() {
            assert_eq!(row["sku"], row["payload"]["sku"]);
            assert_eq!(row["total"], row["payload"]["total"]["value"]);
        }
    }

    #[test]
    fn listings_with_variations_have_no_row_of_their_own() {
        let account = account(0);
        let truth = truth(&account, Payloads::None);
        let listings = account
            .slots
            .iter()
            .map(|slot| account.catalogue.listing(*slot));
        let rows: usize = listings.map(|l| l.variations.len().max(1)).sum();
        let found = truth["ebay_active_inventory"].as_array().unwrap();
        assert_eq!(found.len(), rows);
        assert!(found.iter().all(|row| row.get("payload").is_none()));
    }

    #[test]
    fn a_big_payload_is_left_out_unless_asked_for() {
        let account = account(300_000);
        let row = |payloads| truth(&account, payloads)["ebay_active_inventory"][0].clone();
        let small = row(Payloads::Small);
        assert!(
            small["payload_bytes"].as_u64().unwrap() > 290_000 && small.get("payload").is_none()
        );
        let all = row(Payloads::All);
        assert_eq!(small["payload_bytes"], all["payload"].to_string().len());
        assert_eq!(all["variation_key"].as_str().unwrap().len(), 35);
    }
}
