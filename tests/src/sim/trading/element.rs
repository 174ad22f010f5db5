//! XML elements of Trading answers: as text, and as the JSON in which a mirror keeps them.

use std::fmt::Display;

use serde_json::{Map, Value, json};

use crate::sim::{lexicon::amount, xml::escaped};

/// One element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    name: &'static str,
    attribute: Option<(&'static str, String)>,
    text: String,
    inner: Vec<Element>,
    /// Whether the contract lets it come more than once.
    repeats: bool,
    /// Whether it changes while nobody changes the item: served, and not stored.
    moves: bool,
}

impl Element {
    /// An element with text.
    pub(crate) fn text(name: &'static str, text: impl Display + Copy) -> Self {
        Self {
            name,
            attribute: None,
            text: text.to_string(),
            inner: Vec::new(),
            repeats: false,
            moves: false,
        }
    }

    /// An element with others in it.
    pub(crate) fn group(name: &'static str, inner: Vec<Self>) -> Self {
        Self {
            inner,
            ..Self::text(name, "")
        }
    }

    /// Hundredths of a currency.
    pub(crate) fn money(name: &'static str, hundredths: u64, currency: &str) -> Self {
        Self {
            attribute: Some(("currencyID", currency.to_owned())),
            ..Self::text(name, &amount(hundredths))
        }
    }

    /// The same element, which by its contract may come more than once.
    pub(crate) fn repeated(mut self) -> Self {
        self.repeats = true;
        self
    }

    /// The same element, which changes while nobody changes the item.
    pub(crate) fn moving(mut self) -> Self {
        self.moves = true;
        self
    }

    /// Appends the element as XML. Some texts are CDATA, as eBay has them.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let attribute = self.attribute.as_ref();
        let attribute = attribute.map(|(name, value)| format!(" {name}=\"{value}\""));
        let open = format!("<{}{}>", self.name, attribute.unwrap_or_default());
        out.extend_from_slice(open.as_bytes());
        if self.text.contains('<')
            && self.text.len().is_multiple_of(3)
            && !self.text.contains("]]>")
        {
            out.extend_from_slice(format!("<![CDATA[{}]]>", self.text).as_bytes());
        } else {
            let written = escaped(out, &self.text);
            debug_assert!(written.is_ok(), "memory takes everything");
        }
        for element in &self.inner {
            element.write(out);
        }
        out.extend_from_slice(format!("</{}>", self.name).as_bytes());
    }

    /// The content that is stored, as JSON: plain text, or an object with attributes as `@name`, text as
    /// `#text`, and a list for what may come more than once.
    pub(crate) fn json(&self) -> Value {
        if self.attribute.is_none() && self.inner.is_empty() {
            return json!(self.text);
        }
        let mut members = Map::new();
        if let Some((name, value)) = &self.attribute {
            members.insert(format!("@{name}"), json!(value));
        }
        if !self.text.is_empty() {
            members.insert("#text".to_owned(), json!(self.text));
        }
        for element in self.inner.iter().filter(|element| !element.moves) {
            let value = element.json();
            if !element.repeats {
                members.insert(element.name.to_owned(), value);
            } else if let Some(list) = members.get_mut(element.name).and_then(Value::as_array_mut) {
                list.push(value);
            } else {
                members.insert(element.name.to_owned(), json!([value]));
            }
        }
        Value::Object(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_json_hold_the_same() {
        let value = |text: &str| Element::text("Value", text).repeated();
        let element = Element::group(
            "Item",
            vec![
                Element::money("Price", 1050, "EUR"),
                Element::text("Title", "A & <b>"),
                Element::group("Empty", Vec::new()),
                value("1"),
                value("2"),
            ],
        );
        let mut xml = Vec::new();
        element.write(&mut xml);
        assert_eq!(
            String::from_utf8(xml).unwrap(),
            "<Item><Price currencyID=\"EUR\">10.5</Price><Title>A &amp; &lt;b&gt;</Title>\
             <Empty></Empty><Value>1</Value><Value>2</Value></Item>"
        );
        assert_eq!(
            element.json(),
            json!({
                "Price": {"@currencyID": "EUR", "#text": "10.5"},
                "Title": "A & <b>", "Empty": "", "Value": ["1", "2"],
            })
        );
        let mut xml = Vec::new();
        Element::text("T", "<b>").write(&mut xml);
        assert_eq!(xml, b"<T><![CDATA[<b>]]></T>");
    }
}
