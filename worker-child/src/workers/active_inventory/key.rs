//! The text that tells a listing's variations apart.

use blake3::Hasher;

use crate::parse::Node;

/// Longest key that stands as itself, in bytes.
const PLAIN_BYTES: usize = 256;
/// Hex digits of a hashed key.
const HASH_DIGITS: usize = 32;

/// The variation's specifics, sorted by name: `Name=Value1,Value2;Name2=…`; if that is longer than
/// 256 bytes, `b3:` and the first 32 hex digits of its BLAKE3 hash; empty without specifics.
pub(super) fn variation_key(variation: Node<'_>) -> String {
    let mut pairs: Vec<(&str, Node<'_>)> = variation
        .child("VariationSpecifics")
        .iter()
        .flat_map(Node::children)
        .filter(|pair| pair.name() == "NameValueList")
        .map(|pair| (pair.text_at("Name").unwrap_or_default(), pair))
        .collect();
    pairs.sort_by_key(|(name, _)| *name);
    let mut key = KeyText::default();
    for (position, (name, pair)) in pairs.iter().enumerate() {
        if position > 0 {
            key.push(";");
        }
        key.push(name);
        for (nth, value) in pair.children_named("Value").enumerate() {
            key.push(if nth == 0 { "=" } else { "," });
            key.push(value.text());
        }
    }
    key.finish()
}

/// Text of which only the beginning is held: the whole may be as large as the item. Hashed only
/// when it turns out to be long.
#[derive(Debug, Default)]
struct KeyText {
    text: String,
    hasher: Option<Hasher>,
}

impl KeyText {
    fn push(&mut self, part: &str) {
        if self.hasher.is_none() && self.text.len() + part.len() <= PLAIN_BYTES {
            self.text.push_str(part);
            return;
        }
        let hasher = self.hasher.get_or_insert_default();
        hasher.update(std::mem::take(&mut self.text).as_bytes());
        hasher.update(part.as_bytes());
    }

    fn finish(self) -> String {
        let Some(hasher) = self.hasher else {
            return self.text;
        };
        let hex = hasher.finalize().to_hex();
        format!("b3:{}", hex.get(..HASH_DIGITS).unwrap_or_default())
    }
}
