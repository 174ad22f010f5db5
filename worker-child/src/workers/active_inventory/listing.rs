//! One `Item` of Trading to its row, or to a row for each of its variations.

use serde_json::{Map, Value as Json};
use shared::record::{MAX_RECORD, Record, Value};
use shared::table::Table;
use shared::time::Timestamp;

use super::key::variation_key;
use super::payload;
use crate::parse::field;
use crate::parse::json::canonical;
use crate::parse::{Node, ParseError};
use crate::workers::values::{decimal, text, under};

/// Members of a listing that add up or choose among its variations: in each one's payload they
/// would make a sale of one a change of all.
const OF_ALL_VARIATIONS: [&str; 6] = [
    "BuyItNowPrice",
    "Quantity",
    "QuantityAvailable",
    "SellingStatus",
    "StartPrice",
    "Variations",
];

/// Where the price stands, the best place first: variations have no current price of their own.
const PRICES: [&str; 2] = ["SellingStatus.CurrentPrice", "StartPrice"];

/// Most elements and attributes of a listing: eBay has at most 250 variations, each of a few dozen.
/// As JSON in memory, many tiny ones would take a hundred times their text.
const MOST_NODES: usize = 16_384;

/// What a listing and all its variations have in common.
struct Common {
    item_id: String,
    title: Value,
    listing_type: Value,
    condition: Value,
    start_at: Value,
    end_at: Value,
    view_url: Value,
}

/// Appends the records of a listing; returns its id. With variations it has no row of its own, and
/// each one's payload is the listing with that `Variation` alone.
pub(super) fn push(listing: Node<'_>, out: &mut Vec<Record>) -> Result<String, ParseError> {
    let mut left = MOST_NODES;
    if !is_within(listing, &mut left) {
        let what = format!("listing of more than {MOST_NODES} elements");
        return Err(ParseError::too_large(0, what));
    }
    let common = read(listing)?;
    let mut of_listing = None;
    let mut bytes = 0;
    let variations = listing.child("Variations");
    let variations = variations.iter().flat_map(Node::children);
    let variations = variations.filter(|child| child.name() == "Variation");
    for (position, variation) in variations.enumerate() {
        let members = match &of_listing {
            Some(members) => members,
            None => of_listing.insert(payload::members(listing, &OF_ALL_VARIATIONS)?),
        };
        let row = of_variation(&common, variation, members.clone());
        let row = under(&format!("Variations.Variation[{position}]"), row)?;
        bytes += row.size();
        // The listing's part is in each row: together they may be many times the item.
        if bytes > MAX_RECORD {
            let what = format!("rows of one listing take more than {MAX_RECORD} bytes");
            return Err(ParseError::too_large(0, what).with_path("Variations"));
        }
        out.push(row);
    }
    if of_listing.is_none() {
        let sku = field::text_opt(listing, "SKU")?.unwrap_or_default();
        let key = [sku.to_owned(), String::new()];
        let available = field::integer_opt(listing, "QuantityAvailable")?;
        let quantity =
            available.map_or_else(|| unsold(listing), |count| Ok(Value::Integer(count)))?;
        let members = payload::members(listing, &[])?;
        out.push(row(&common, key, quantity, listing, members)?);
    }
    Ok(common.item_id)
}

/// Whether an element with all below it has at most so many elements and attributes.
fn is_within(node: Node<'_>, left: &mut usize) -> bool {
    let Some(rest) = left.checked_sub(1 + node.attrs().count()) else {
        return false;
    };
    *left = rest;
    node.children().all(|child| is_within(child, left))
}

fn read(listing: Node<'_>) -> Result<Common, ParseError> {
    let mut condition = text(listing, "ConditionDisplayName")?;
    if condition == Value::Null {
        condition = text(listing, "ConditionID")?;
    }
    Ok(Common {
        item_id: field::text(listing, "ItemID")?.to_owned(),
        title: text(listing, "Title")?,
        listing_type: text(listing, "ListingType")?,
        condition,
        start_at: moment(listing, "ListingDetails.StartTime")?,
        end_at: moment(listing, "ListingDetails.EndTime")?,
        view_url: text(listing, "ListingDetails.ViewItemURL")?,
    })
}

fn of_variation(
    common: &Common,
    variation: Node<'_>,
    mut members: Map<String, Json>,
) -> Result<Record, ParseError> {
    let sku = field::text_opt(variation, "SKU")?.unwrap_or_default();
    let key = [sku.to_owned(), variation_key(variation)];
    let own = payload::members(variation, &[])?;
    members.insert("Variation".to_owned(), Json::Object(own));
    let quantity = unsold(variation)?;
    let mut row = row(common, key, quantity, variation, members)?;
    let view_url = text(variation, "VariationViewItemURL")?;
    if let Some(column) = row.values.get_mut(VIEW_URL)
        && view_url != Value::Null
    {
        *column = view_url;
    }
    Ok(row)
}

/// Where `view_url` stands among the columns.
const VIEW_URL: usize = 8;

/// The row of a listing or of a variation: `priced` is the one that has the price.
fn row(
    common: &Common,
    [sku, variation_key]: [String; 2],
    quantity: Value,
    priced: Node<'_>,
    mut members: Map<String, Json>,
) -> Result<Record, ParseError> {
    let [price, currency] = price(priced)?;
    let volatile = payload::take_volatile(&mut members);
    Ok(Record {
        table: Table::ActiveInventory,
        key: vec![common.item_id.clone(), sku, variation_key],
        values: vec![
            common.title.clone(),
            quantity,
            price,
            currency,
            common.listing_type.clone(),
            common.condition.clone(),
            common.start_at.clone(),
            common.end_at.clone(),
            common.view_url.clone(),
            Value::Text("trading".to_owned()),
        ],
        ebay_time: None,
        payload: canonical(&Json::Object(members)),
        volatile: if volatile.is_empty() {
            String::new()
        } else {
            canonical(&Json::Object(volatile))
        },
    })
}

/// What is left of the quantity; null where eBay tells none.
fn unsold(node: Node<'_>) -> Result<Value, ParseError> {
    let sold = field::integer_opt(node, "SellingStatus.QuantitySold")?.unwrap_or(0);
    let quantity = field::integer_opt(node, "Quantity")?;
    Ok(quantity.map_or(Value::Null, |quantity| {
        Value::Integer(quantity.saturating_sub(sold))
    }))
}

/// Price and currency.
fn price(node: Node<'_>) -> Result<[Value; 2], ParseError> {
    for path in PRICES {
        let price = decimal(node, path)?;
        if price == Value::Null {
            continue;
        }
        let currency = node.at(path).and_then(|price| price.attr("currencyID"));
        let currency = currency.filter(|currency| !currency.is_empty());
        let currency = currency.map_or(Value::Null, |text| Value::Text(text.to_owned()));
        return Ok([price, currency]);
    }
    Ok([Value::Null, Value::Null])
}

fn moment(node: Node<'_>, path: &str) -> Result<Value, ParseError> {
    let found = field::timestamp_opt(node, path)?;
    Ok(found.map_or(Value::Null, |time| Value::Time(Timestamp(time))))
}
