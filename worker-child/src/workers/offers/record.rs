//! One offer to its row.

use serde_json::Value as Json;
use shared::record::{Record, Value};
use shared::table::Table;

use crate::parse::ParseError;
use crate::parse::field;
use crate::parse::json::canonical;
use crate::workers::values::{decimal, integer, text};

/// Appends the record of an offer; returns its id.
///
/// The price is that of a fixed-price listing, or of buying an auctioned item at once; what an
/// auction starts with stands in the payload. An offer that is not published has no listing.
pub(super) fn push(offer: &Json, out: &mut Vec<Record>) -> Result<String, ParseError> {
    let offer_id = field::id(offer, "offerId")?;
    let listing_id = field::id_opt(offer, "listing.listingId")?;
    out.push(Record {
        table: Table::Offers,
        key: vec![offer_id.clone()],
        values: vec![
            text(offer, "sku")?,
            text(offer, "marketplaceId")?,
            listing_id.map_or(Value::Null, Value::Text),
            text(offer, "status")?,
            text(offer, "listing.listingStatus")?,
            decimal(offer, "pricingSummary.price.value")?,
            text(offer, "pricingSummary.price.currency")?,
            integer(offer, "availableQuantity")?,
            integer(offer, "listing.soldQuantity")?,
            integer(offer, "quantityLimitPerBuyer")?,
            text(offer, "listingPolicies.fulfillmentPolicyId")?,
            text(offer, "listingPolicies.paymentPolicyId")?,
            text(offer, "listingPolicies.returnPolicyId")?,
            text(offer, "merchantLocationKey")?,
        ],
        ebay_time: None,
        payload: canonical(offer),
        volatile: String::new(),
    });
    Ok(offer_id)
}
