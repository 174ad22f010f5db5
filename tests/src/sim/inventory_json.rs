//! SKUs and offers as the Inventory API writes them, and the rows that offers must become.

use serde_json::{Value, json};

use super::{
    inventory_world::{InventoryItem, Offer, Stock},
    lexicon::amount,
    order_json::put,
    tables::Table,
};

/// An `InventoryItemWithSkuLocaleGroupid`.
pub(crate) fn item_value(sku: &str, item: &InventoryItem) -> Value {
    let quantity: u32 = item.offers.iter().map(|offer| offer.quantity).sum();
    json!({
        "sku": sku,
        "locale": "en_US",
        "condition": item.condition,
        "product": { "title": item.title, "imageUrls": ["https://i.ebayimg.com/images/1.jpg"] },
        "availability": { "shipToLocationAvailability": { "quantity": quantity } },
    })
}

/// An `EbayOfferDetailsWithAll`.
pub(crate) fn offer_value(sku: &str, item: &InventoryItem, offer: &Offer) -> Value {
    let amount = |hundredths| json!({ "value": amount(hundredths), "currency": offer.currency });
    let price = offer.price.map(|price| {
        let name = if offer.auction {
            "auctionStartPrice"
        } else {
            "price"
        };
        json!({ name: amount(price) })
    });
    let mut value = json!({
        "offerId": offer.id,
        "sku": sku,
        "marketplaceId": offer.marketplace,
        "format": if offer.auction { "AUCTION" } else { "FIXED_PRICE" },
        "availableQuantity": offer.quantity,
        "hideBuyerDetails": false,
        "includeCatalogProductDetails": true,
        "listingDescription": format!("<p>{}</p>", item.title),
        "listingDuration": if offer.auction { "DAYS_7" } else { "GTC" },
        "pricingSummary": price.unwrap_or_else(|| json!({})),
        "status": status(offer),
    });
    if let Some(limit) = offer.limit {
        put(&mut value, "quantityLimitPerBuyer", json!(limit));
    }
    if let Some(number) = offer.policies {
        let policies = json!({
            "fulfillmentPolicyId": policy(6, number),
            "paymentPolicyId": policy(7, number),
            "returnPolicyId": policy(8, number),
            "eBayPlusIfEligible": false,
        });
        put(&mut value, "listingPolicies", policies);
    }
    if let Some(location) = offer.location {
        put(&mut value, "merchantLocationKey", json!(location));
    }
    if let Some(listing) = published_listing(offer) {
        let listing = json!({
            "listingId": listing,
            "listingStatus": listing_status(offer),
            "soldQuantity": offer.sold,
        });
        put(&mut value, "listing", listing);
    }
    value
}

fn status(offer: &Offer) -> &'static str {
    if offer.published {
        "PUBLISHED"
    } else {
        "UNPUBLISHED"
    }
}

fn listing_status(offer: &Offer) -> &'static str {
    if offer.quantity == 0 {
        "OUT_OF_STOCK"
    } else {
        "ACTIVE"
    }
}

/// Only a published offer shows its listing.
fn published_listing(offer: &Offer) -> Option<String> {
    let listing = offer.listing.filter(|_| offer.published);
    listing.map(|listing| listing.to_string())
}

fn policy(kind: u32, number: u32) -> String {
    format!("{kind}{number:09}")
}

/// The offers as they must be stored.
pub(crate) fn table(stock: &Stock) -> Table {
    let items = stock.items.iter();
    let rows = items.flat_map(|(sku, item)| {
        let offers = item.offers.iter();
        offers.map(move |offer| row(sku, item, offer))
    });
    Table {
        name: "ebay_offers",
        entity: "offer",
        key: &["offer_id"],
        ends: true,
        rows: rows.collect(),
    }
}

fn row(sku: &str, item: &InventoryItem, offer: &Offer) -> Value {
    let price = offer.price.filter(|_| !offer.auction);
    let listing = published_listing(offer);
    let policy = |kind| offer.policies.map(|number| policy(kind, number));
    json!({
        "offer_id": offer.id,
        "sku": sku,
        "marketplace": offer.marketplace,
        "status": status(offer),
        "listing_status": listing.as_ref().map(|_| listing_status(offer)),
        "sold_quantity": listing.as_ref().map(|_| offer.sold),
        "listing_id": listing,
        "price": price.map(amount),
        "currency": price.map(|_| offer.currency),
        "available_quantity": offer.quantity,
        "limit_per_buyer": offer.limit,
        "fulfillment_policy_id": policy(6),
        "payment_policy_id": policy(7),
        "return_policy_id": policy(8),
        "location_key": offer.location,
        "payload": offer_value(sku, item, offer),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_agree_with_the_payload_that_is_served() {
        let stock = Stock::new(4, 200);
        let (mut published, mut drafts, mut auctions) = (0, 0, 0);
        for row in table(&stock).rows {
            let offer = &row["payload"];
            assert_eq!(row["offer_id"], offer["offerId"]);
            assert_eq!(row["price"], offer["pricingSummary"]["price"]["value"]);
            assert_eq!(row["listing_id"], offer["listing"]["listingId"]);
            assert_eq!(row["sold_quantity"], offer["listing"]["soldQuantity"]);
            assert_eq!(
                row["return_policy_id"],
                offer["listingPolicies"]["returnPolicyId"]
            );
            assert_eq!(row["location_key"], offer["merchantLocationKey"]);
            assert_eq!(
                row["listing_id"].is_string(),
                offer["status"] == "PUBLISHED"
            );
            published += u32::from(row["listing_id"].is_string());
            drafts += u32::from(row["listing_id"].is_null());
            auctions += u32::from(offer["format"] == "AUCTION");
        }
        assert!(published > 50 && drafts > 10 && auctions > 2);
    }
}
