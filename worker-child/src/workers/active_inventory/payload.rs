//! A Trading element as JSON, and what of it moves on its own.

use serde_json::{Map, Value as Json};

use crate::parse::{Node, ParseError, tree_to_json};

/// Elements that are arrays even when there is one: those that eBay's schema lets repeat in what
/// an item holds.
const ARRAYS: &[&str] = &[
    "BidValue",
    "ConditionDescriptor",
    "CrossBorderTrade",
    "DiscountProfile",
    "Document",
    "ExcludeShipToLocation",
    "InternationalShippingServiceOption",
    "ListingEnhancement",
    "NameValueList",
    "PaymentAllowedSite",
    "PaymentMethods",
    "PictureURL",
    "PictureURLs",
    "Pictures",
    "ResponsiblePerson",
    "ShipToLocation",
    "ShipToLocations",
    "ShippingPackageInfo",
    "ShippingServiceCostOverride",
    "ShippingServiceOptions",
    "TaxJurisdiction",
    "Value",
    "Variation",
    "VariationSpecificPictureSet",
    "VideoID",
];

/// Members that change without anybody changing the listing, wherever they stand. The module of
/// the worker gives the reasons.
const VOLATILE: [&str; 14] = [
    "ConvertedBuyItNowPrice",
    "ConvertedCurrentPrice",
    "ConvertedReservePrice",
    "ConvertedStartPrice",
    "FeedbackRatingStar",
    "FeedbackScore",
    "HitCount",
    "LeadCount",
    "NewLeadCount",
    "PositiveFeedbackPercent",
    "QuestionCount",
    "TimeLeft",
    "TotalQuestionCount",
    "WatchCount",
];

/// The child elements of an element by name, as [`tree_to_json`] has them, but for those in
/// `without`. Items and variations have no attributes and no text of their own.
pub(super) fn members(node: Node<'_>, without: &[&str]) -> Result<Map<String, Json>, ParseError> {
    let mut members = Map::new();
    let mut text = String::new();
    for child in node.children() {
        let name = child.name();
        if without.contains(&name) {
            continue;
        }
        text.clear();
        tree_to_json(child, ARRAYS, &mut text);
        let value: Json = serde_json::from_str(&text)
            .map_err(|error| ParseError::bad(0, format!("payload is not JSON: {error}")))?;
        match members.get_mut(name) {
            None if ARRAYS.contains(&name) => {
                members.insert(name.to_owned(), Json::Array(vec![value]));
            }
            None => {
                members.insert(name.to_owned(), value);
            }
            Some(Json::Array(list)) => list.push(value),
            Some(one) => *one = Json::Array(vec![one.take(), value]),
        }
    }
    Ok(members)
}

/// Takes out what moves on its own, in the same nesting.
pub(super) fn take_volatile(members: &mut Map<String, Json>) -> Map<String, Json> {
    let mut taken = Map::new();
    for (name, mut value) in std::mem::take(members) {
        if VOLATILE.contains(&name.as_str()) {
            taken.insert(name, value);
            continue;
        }
        if let Some(inner) = value.as_object_mut() {
            let from_inner = take_volatile(inner);
            if !from_inner.is_empty() {
                taken.insert(name.clone(), Json::Object(from_inner));
            }
        }
        members.insert(name, value);
    }
    taken
}
