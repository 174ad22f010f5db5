//! What may happen to a body on its way, or in eBay.

use fastrand::Rng;
use serde_json::Value;
use shared::worker::Worker;
use worker_child::fetch::request::Shape;
use worker_child::workers::registry;

use crate::corpus::{around, bodies};

/// Largest item that is made, in bytes: so large that its text outweighs everything else.
const HUGE: usize = 5 << 20;
/// Values in an item of very many: just below the cap.
const MANY: usize = 131_000;
/// The longest text of one XML element that is allowed, in bytes.
const TEXT: usize = 1 << 20;

/// What is put in somewhere.
const SPLINTERS: &[&str] = &[
    "<",
    ">",
    "</",
    "/>",
    "&",
    ";",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "<!DOCTYPE a [",
    "&lt;",
    "&#0;",
    "&#x110000;",
    "&undefined;",
    "'",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\\",
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "-",
    "1e999",
    "-1",
    "0.5",
    "9",
    "\"a\":",
    "\u{0}",
    "\u{feff}",
    "é",
    "PK\u{3}\u{4}",
    "<Ack>Failure</Ack>",
    "<Errors/>",
    "\"errors\":[{\"errorId\":1}],",
];

/// Changes the bytes in one place.
pub(crate) fn damage(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let at = rng.usize(..=bytes.len());
    let end = (at + rng.usize(..40)).min(bytes.len());
    match rng.u8(..8) {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << rng.u8(..8);
            }
        }
        1 => bytes.truncate(at),
        2 => {
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
        3 => {
            bytes.drain(at..end);
        }
        4 => {
            let nested = ["[", "{\"a\":", "<a>"][rng.usize(..3)].repeat(rng.usize(1..200));
            bytes.splice(at..at, nested.into_bytes());
        }
        5 => {
            let digits = "9".repeat(rng.usize(1..600));
            bytes.splice(at..at, digits.into_bytes());
        }
        6 => {
            let random: Vec<u8> = (0..rng.usize(1..9)).map(|_| rng.u8(..)).collect();
            bytes.splice(at..end, random);
        }
        _ => {
            let splinter = SPLINTERS[rng.usize(..SPLINTERS.len())];
            bytes.splice(at..at, splinter.bytes());
        }
    }
}

/// The body with each value in its first item replaced by values of every other type.
pub(crate) fn wrong_values(text: &[u8]) -> Vec<Vec<u8>> {
    match serde_json::from_slice::<Value>(text) {
        Ok(page) => wrong_json(&page),
        Err(_) => wrong_xml(std::str::from_utf8(text).unwrap()),
    }
}

fn wrong_json(page: &Value) -> Vec<Vec<u8>> {
    let mut page = page.clone();
    for list in page.as_object_mut().unwrap().values_mut() {
        if let Value::Array(items) = list {
            items.truncate(1);
        }
    }
    let mut places = Vec::new();
    pointers(&page, String::new(), &mut places);
    let wrong = [
        "null",
        "true",
        "-7",
        "0.125",
        "1e300",
        "123456789012345678901234567890",
        "\"\"",
        "\"x\"",
        "[]",
        "{}",
        "[[{\"a\":[1]}]]",
        "\"2026-13-45T99:00:00Z\"",
    ];
    let wrong: Vec<Value> = wrong
        .map(|text| serde_json::from_str(text).unwrap())
        .to_vec();
    let mut texts = Vec::new();
    for (position, place) in places.iter().enumerate() {
        // A third of the values at each place, all of them at neighbouring ones.
        for wrong in wrong.iter().skip(position % 3).step_by(3) {
            let mut changed = page.clone();
            *changed.pointer_mut(place).unwrap() = wrong.clone();
            texts.push(changed.to_string().into_bytes());
        }
    }
    texts
}

fn pointers(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                pointers(item, format!("{at}/{position}"), out);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                pointers(
                    member,
                    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
                    out,
                );
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    out.push(at);
}

fn wrong_xml(text: &str) -> Vec<Vec<u8>> {
    let wrong = [
        "",
        "-7",
        "0.125",
        "1e300",
        "12345678901234567890",
        "x",
        "<a>1</a>",
        " ",
        "&lt;",
    ];
    let mut texts = Vec::new();
    let ends = text.match_indices('>').map(|(at, _)| at + 1);
    for (position, start) in ends.enumerate() {
        let (before, rest) = text.split_at(start);
        let Some((_, after)) = rest.find('<').map(|length| rest.split_at(length)) else {
            continue;
        };
        for wrong in wrong.iter().skip(position % 3).step_by(3) {
            texts.push([before, wrong, after].concat().into_bytes());
        }
    }
    texts
}

/// What an item is made large with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Large {
    /// Very many values.
    Values,
    /// Long text.
    Text,
}

/// Bodies with one item that is as large as the caps allow.
pub(crate) fn large_items(worker: Worker, large: Large) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    for kind in registry::bodies(worker) {
        let Some((before, after)) = around(kind.shape) else {
            continue;
        };
        let items = match kind.shape {
            Shape::Page { member } => json_items(worker, member, large, HUGE),
            Shape::Item => json_items(worker, "", large, 1 << 19),
            Shape::Report { item_path } | Shape::Call { item_path, .. } => {
                xml_items(item_path[item_path.len() - 1], large)
            }
            Shape::Object | Shape::Nothing => Vec::new(),
        };
        for item in items {
            texts.push(
                [&before, &item, &after]
                    .map(String::as_str)
                    .concat()
                    .into_bytes(),
            );
        }
    }
    texts
}

/// A good item with a member more; if there is none, that member alone.
fn json_items(worker: Worker, member: &str, large: Large, bytes: usize) -> Vec<String> {
    let pages = bodies(worker).into_iter();
    let pages = pages.filter_map(|body| serde_json::from_slice::<Value>(&body.text).ok());
    let mut items = pages.map(|page| match member {
        "" => page,
        member => page[member][0].clone(),
    });
    let good = items.find(|item| item.as_object().is_some_and(|item| !item.is_empty()));
    let good = good.map_or(String::new(), |item| item.to_string());
    let good = good
        .trim_start_matches('{')
        .trim_end_matches('}')
        .to_owned();
    let comma = if good.is_empty() { "" } else { "," };
    let close = good.matches('{').count() - good.matches('}').count();
    let close = "}".repeat(close);
    let large = match large {
        Large::Text => [
            format!("\"{}\"", "x".repeat(bytes)),
            format!("\"{}\"", "\\n".repeat(bytes / 2)),
        ],
        Large::Values => [
            format!("[{}0]", "0,".repeat(MANY.min(bytes / 2) - good.len())),
            format!(
                "{{{}\"b\":0}}",
                "\"a\":0,".repeat(MANY.min(bytes / 8) - good.len())
            ),
        ],
    };
    large
        .map(|large| format!("{{{good}{close}{comma}\"zzz\":{large}}}"))
        .to_vec()
}

fn xml_items(name: &str, large: Large) -> Vec<String> {
    let good =
        "<SKU>a</SKU><Price currencyID='USD'>1.0</Price><Quantity>1</Quantity><ItemID>1</ItemID>";
    let text = format!("<Zzz>{}</Zzz>", "x".repeat(TEXT - 1));
    let large = match large {
        Large::Text => [
            text.repeat(HUGE / TEXT),
            format!("<Zzz>{}</Zzz>", "&amp;".repeat(TEXT - 1)),
        ],
        Large::Values => ["<Z/>".repeat(MANY), "<Z a='1'/>".repeat(MANY / 2)],
    };
    large
        .map(|large| format!("<{name}>{good}{large}</{name}>"))
        .to_vec()
}
