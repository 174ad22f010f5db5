//! One `SKUDetails` to its row, or to a row for each of its variations.

use shared::record::{Record, Value};
use shared::table::Table;

use super::key::variation_key;
use crate::parse::field;
use crate::parse::json::push_json_string;
use crate::parse::{Node, ParseError, tree_to_json};
use crate::workers::values::{decimal, integer, under};

/// Elements that are arrays in the payload even when there is one.
const ARRAYS: &[&str] = &["NameValueList", "Value"];

/// What the payload of most variations fits into, in bytes.
const PAYLOAD_BYTES: usize = 384;

/// Appends the records of a listing. With variations it has no row of its own.
pub(super) fn push(listing: Node<'_>, out: &mut Vec<Record>) -> Result<(), ParseError> {
    let item_id = field::text(listing, "ItemID")?;
    let variations = listing.child("Variations");
    let before = out.len();
    if let Some(variations) = variations {
        for (position, variation) in variations.children_named("Variation").enumerate() {
            let row = row(item_id, variation, Part::Variation);
            let under = |error| under(&format!("Variations.Variation[{position}]"), Err(error));
            out.push(row.or_else(under)?);
        }
    }
    if out.len() == before {
        out.push(row(item_id, listing, Part::Listing)?);
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Listing,
    Variation,
}

fn row(item_id: &str, node: Node<'_>, part: Part) -> Result<Record, ParseError> {
    let sku = field::text_opt(node, "SKU")?.unwrap_or_default();
    let price = decimal(node, "Price")?;
    if price == Value::Null {
        return Err(ParseError::bad(0, "value is missing").with_path("Price"));
    }
    let currency = node
        .child("Price")
        .and_then(|price| price.attr("currencyID"))
        .filter(|currency| !currency.is_empty());
    let (key, payload) = match part {
        Part::Listing => (String::new(), payload(node)),
        Part::Variation => (variation_key(node), variation_payload(item_id, node)?),
    };
    Ok(Record {
        table: Table::ActiveInventory,
        key: vec![item_id.to_owned(), sku.to_owned(), key],
        values: vec![
            Value::Absent, // title
            integer(node, "Quantity")?,
            price,
            currency.map_or(Value::Null, |text| Value::Text(text.to_owned())),
            Value::Absent, // listing_type
            Value::Absent, // condition
            Value::Absent, // start_at
            Value::Absent, // end_at
            Value::Absent, // view_url
            Value::Text("report".to_owned()),
        ],
        ebay_time: None,
        payload,
        volatile: String::new(),
    })
}

fn payload(node: Node<'_>) -> String {
    let mut json = String::new();
    tree_to_json(node, ARRAYS, &mut json);
    json
}

/// The variation's own members, and the listing's `ItemID` in its sorted place.
fn variation_payload(item_id: &str, node: Node<'_>) -> Result<String, ParseError> {
    let mut json = String::with_capacity(PAYLOAD_BYTES);
    json.push_str("{\"ItemID\":");
    push_json_string(item_id, &mut json);
    let joint = json.len();
    tree_to_json(node, ARRAYS, &mut json);
    let sorts_after = |name: &str| name > "ItemID";
    if node.attrs().next().is_none()
        && node.text().is_empty()
        && node.children().next().is_some()
        && node.children().all(|child| sorts_after(child.name()))
    {
        // The usual case, without a second copy: both objects become one at the joint.
        json.replace_range(joint..=joint, ",");
        return Ok(json);
    }
    let own = json.get(joint..).unwrap_or_default();
    let mut value: serde_json::Value = serde_json::from_str(own)
        .map_err(|error| ParseError::bad(0, format!("payload is not JSON: {error}")))?;
    if let Some(members) = value.as_object_mut() {
        members.insert("ItemID".to_owned(), item_id.into());
    }
    Ok(value.to_string())
}
