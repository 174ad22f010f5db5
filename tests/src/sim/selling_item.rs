//! A listing as Trading's `Item`: the XML that is served, and the row that it must become.

use serde_json::{Map, Value, json};

use super::{
    clock::stamp,
    lexicon::{THINGS, amount, mix},
    listing::{Listing, Price, Variation},
    trading::element::Element,
};

/// Elements that eBay's schema lets repeat, of those that are served.
const LISTS: [&str; 4] = [
    "NameValueList",
    "PictureURL",
    "ShippingServiceOptions",
    "Value",
];
/// What a listing says of all its variations together.
const SUMS: [&str; 5] = [
    "Quantity",
    "QuantityAvailable",
    "SellingStatus",
    "StartPrice",
    "Variations",
];

fn text(name: &'static str, text: impl AsRef<str>) -> Element {
    listed(name, Element::text(name, text.as_ref()))
}

fn of(name: &'static str, elements: Vec<Element>) -> Element {
    listed(name, Element::group(name, elements))
}

fn price(name: &'static str, price: Price) -> Element {
    match price.currency {
        Some(currency) => Element::money(name, price.hundredths, currency),
        None => text(name, amount(price.hundredths)),
    }
}

fn listed(name: &str, element: Element) -> Element {
    if LISTS.contains(&name) {
        element.repeated()
    } else {
        element
    }
}

/// What a listing is beside what the report shows: drawn from its id, so that it never changes.
struct Extra {
    title: String,
    listing_type: &'static str,
    condition: Option<&'static str>,
    start_at: String,
    view_url: String,
    /// How many were sold, of the listing or of each variation.
    sold: u32,
}

impl Extra {
    fn of(listing: &Listing) -> Self {
        let item = listing.item;
        let thing = THINGS.get((item % 12) as usize).unwrap_or(&"Thing");
        let started = 1_700_000_000_000 + (item % 1_000_000) * 60_000;
        Self {
            title: format!("{thing} no. {item}"),
            listing_type: if listing.bids.is_some() {
                "Chinese"
            } else {
                "FixedPriceItem"
            },
            condition: *[None, Some("New"), Some("Used")]
                .get((item / 12 % 3) as usize)
                .unwrap_or(&None),
            start_at: stamp(i64::try_from(started).unwrap_or_default()),
            view_url: format!("https://www.ebay.com/itm/{item}"),
            sold: u32::try_from(mix(item, 3) % 9).unwrap_or_default(),
        }
    }
}

/// The listing as an `Item`, at this time.
pub(crate) fn item(listing: &Listing, now: i64, hide_variations: bool) -> Element {
    let extra = Extra::of(listing);
    let (quantity, lowest) = whole(listing);
    let variations = u32::try_from(listing.variations.len().max(1)).unwrap_or(1);
    let moving = u64::try_from(now).unwrap_or_default();
    let mut status = Vec::new();
    if let Some(bids) = listing.bids {
        status.push(text("BidCount", bids.to_string()));
    }
    let converted = Price {
        hundredths: lowest.hundredths + moving % 97,
        currency: Some("CHF"),
    };
    status.push(price("ConvertedCurrentPrice", converted).moving());
    status.push(price("CurrentPrice", lowest));
    status.push(text("QuantitySold", (extra.sold * variations).to_string()));
    let cost = Price {
        hundredths: 499,
        currency: Some("USD"),
    };
    let option = of(
        "ShippingServiceOptions",
        vec![price("ShippingServiceCost", cost)],
    );
    let mut elements = vec![
        text("ItemID", listing.item.to_string()),
        of(
            "ListingDetails",
            vec![
                text("StartTime", extra.start_at),
                text("ViewItemURL", extra.view_url),
            ],
        ),
        text("ListingType", extra.listing_type),
        text("Quantity", (quantity + extra.sold * variations).to_string()),
        of("SellingStatus", status),
        of(
            "ShippingDetails",
            vec![option, text("ShippingType", "Flat")],
        ),
        text("TimeLeft", format!("P{}DT{}S", moving % 30, moving % 3_600)).moving(),
        text("Title", extra.title),
        text("WatchCount", (moving % 101).to_string()).moving(),
        text("QuantityAvailable", quantity.to_string()),
    ];
    elements.extend(listing.sku.clone().map(|sku| text("SKU", sku)));
    elements.extend(
        extra
            .condition
            .map(|name| text("ConditionDisplayName", name)),
    );
    if !listing.variations.is_empty() && !hide_variations {
        let variations = listing.variations.iter();
        let variations = variations.map(|each| variation(each, extra.sold, moving));
        elements.push(of("Variations", variations.collect()));
    }
    of("Item", elements)
}

/// What is available in all, and the lowest price.
fn whole(listing: &Listing) -> (u32, Price) {
    let variations = listing.variations.iter();
    match variations
        .clone()
        .map(|each| each.price)
        .min_by_key(|price| price.hundredths)
    {
        Some(price) => (variations.map(|each| each.quantity).sum(), price),
        None => (listing.quantity, listing.price),
    }
}

fn variation(variation: &Variation, sold: u32, moving: u64) -> Element {
    let mut elements = Vec::new();
    elements.extend(variation.sku.clone().map(|sku| text("SKU", sku)));
    elements.push(price("StartPrice", variation.price));
    elements.push(text("Quantity", (variation.quantity + sold).to_string()));
    let mut lists = Vec::new();
    let walked = variation.each_specific(&mut |name, values| {
        let mut list = vec![text("Name", name)];
        list.extend(values.iter().map(|value| text("Value", *value)));
        lists.push(of("NameValueList", list));
        Ok(())
    });
    debug_assert!(walked.is_ok(), "nothing in the closure can fail");
    elements.push(of("VariationSpecifics", lists));
    let sold = text("QuantitySold", sold.to_string());
    elements.push(of("SellingStatus", vec![sold]));
    elements.push(text("WatchCount", (moving % 7).to_string()).moving());
    of("Variation", elements)
}

/// The columns that only Trading delivers, and the payload of each row of the listing.
pub(crate) fn rows(listing: &Listing) -> Vec<(Map<String, Value>, Value)> {
    let extra = Extra::of(listing);
    let mut columns = Map::new();
    for (name, value) in [
        ("title", json!(extra.title)),
        ("listing_type", json!(extra.listing_type)),
        ("condition", json!(extra.condition)),
        ("start_at", json!(extra.start_at)),
        ("end_at", Value::Null),
        ("view_url", json!(extra.view_url)),
        ("source", json!("trading")),
    ] {
        columns.insert(name.to_owned(), value);
    }
    let whole = item(listing, 0, true).json();
    if listing.variations.is_empty() {
        return vec![(columns, whole)];
    }
    let mut shared = whole;
    for name in SUMS {
        shared.as_object_mut().map(|members| members.remove(name));
    }
    let row = |each: &Variation| {
        let mut payload = shared.clone();
        if let Some(members) = payload.as_object_mut() {
            members.insert(
                "Variation".to_owned(),
                variation(each, extra.sold, 0).json(),
            );
        }
        (columns.clone(), payload)
    };
    listing.variations.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::listing::{Catalogue, Slot};

    fn xml(element: &Element) -> Vec<u8> {
        let mut out = Vec::new();
        element.write(&mut out);
        out
    }

    const CATALOGUE: Catalogue = Catalogue {
        seed: 9,
        currency: "EUR",
        big: None,
        planted: None,
    };

    fn listings(revision: u32) -> Vec<Listing> {
        let slots = (110_000_000_000..110_000_000_400).map(|item| Slot { item, revision });
        slots.map(|slot| CATALOGUE.listing(slot)).collect()
    }

    #[test]
    fn what_moves_is_served_and_not_stored() {
        for listing in listings(0) {
            let (now, later) = (item(&listing, 5, false), item(&listing, 7_000, false));
            assert_ne!(xml(&now), xml(&later));
            assert_eq!(now.json(), later.json());
        }
    }

    #[test]
    fn a_revision_changes_only_rows_whose_price_or_quantity_differs() {
        let (mut same, mut different) = (0, 0);
        for (mut old, new) in listings(0).into_iter().zip(listings(1)) {
            assert_eq!(rows(&old).len(), old.keys().len());
            if old.variations.len() > 1 {
                // Only the first variation is revised.
                let first = new.variations.first().unwrap().clone();
                let before = rows(&old);
                *old.variations.first_mut().unwrap() = first;
                let after = rows(&old);
                assert_eq!(before[1..], after[1..]);
                same += 1;
            } else if (old.price, old.quantity) != (new.price, new.quantity) {
                assert_ne!(rows(&old), rows(&new));
                different += 1;
            }
        }
        assert!(same > 5 && different > 100, "{same} {different}");
    }

    #[test]
    fn the_quantity_is_what_is_left() {
        for listing in listings(0) {
            let stored = item(&listing, 0, false).json();
            let number = |value: &Value| value.as_str().unwrap().parse::<u32>().unwrap();
            let sold = number(&stored["SellingStatus"]["QuantitySold"]);
            assert_eq!(
                number(&stored["Quantity"]) - sold,
                number(&stored["QuantityAvailable"])
            );
        }
    }
}
