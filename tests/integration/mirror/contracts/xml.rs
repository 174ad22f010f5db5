//! Trading exchanges and the inventory report, held against the table of Trading's types.

use std::path::Path;

use integration_tests::sim::Exchange;
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use serde_json::Value;

use super::read;

const TYPES: &str = "trading/trading_types_2025_derived.json";

/// What is wrong with a Trading call and its answer.
pub(super) fn trading(folder: &Path, exchange: &Exchange) -> Vec<String> {
    let types = read(&folder.join(TYPES));
    let call = &exchange.call;
    let mut wrong = Vec::new();
    for (what, bytes, kind, base) in [
        (
            "Request",
            &exchange.sent,
            "RequestType",
            "AbstractRequestType",
        ),
        (
            "Response",
            &exchange.body,
            "ResponseType",
            "AbstractResponseType",
        ),
    ] {
        let root = [format!("{call}{kind}"), base.to_owned()];
        let found = check(&types, bytes, &format!("{call}{what}"), &root);
        wrong.extend(found);
    }
    wrong
}

/// What is wrong with a report.
pub(super) fn report(folder: &Path, exchange: &Exchange) -> Vec<String> {
    let types = read(&folder.join(TYPES));
    let root = ["BulkDataExchangeResponsesType".to_owned()];
    check(&types, &exchange.body, "BulkDataExchangeResponses", &root)
}

/// The types that an element may be of: a response has its own fields and those of its base.
type Kinds = Vec<String>;

fn check(types: &Value, xml: &[u8], root: &str, kinds: &[String]) -> Vec<String> {
    let mut look = Look {
        types,
        open: Vec::new(),
        wrong: Vec::new(),
    };
    let mut reader = Reader::from_reader(xml);
    loop {
        let entered = match reader.read_event() {
            Err(error) => {
                look.wrong.push(format!("the XML is broken: {error}"));
                return look.wrong;
            }
            Ok(Event::Eof) => return look.wrong,
            Ok(Event::Start(start)) => look.enter(&start, root, kinds),
            Ok(Event::Empty(start)) => {
                let entered = look.enter(&start, root, kinds);
                look.open.pop();
                entered
            }
            Ok(Event::End(_)) => {
                look.open.pop();
                Ok(())
            }
            Ok(
                Event::Text(_)
                | Event::CData(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_)
                | Event::GeneralRef(_),
            ) => Ok(()),
        };
        // What follows an element of no known type cannot be judged.
        if let Err(fault) = entered {
            look.wrong.push(fault);
            return look.wrong;
        }
    }
}

/// One look at a document.
struct Look<'a> {
    types: &'a Value,
    open: Vec<(String, Kinds)>,
    wrong: Vec<String>,
}

impl Look<'_> {
    fn enter(
        &mut self,
        start: &BytesStart<'_>,
        root: &str,
        kinds: &[String],
    ) -> Result<(), String> {
        let name = start.local_name().as_ref().to_owned();
        let path = path(&self.open);
        let inner = match self.open.last() {
            None if name == root => kinds.to_vec(),
            None => return Err(format!("the root is {name}, not {root}")),
            Some((_, kinds)) if kinds.is_empty() => return Err(format!("{path} has no children")),
            Some((_, kinds)) => field(self.types, kinds, &name)
                .ok_or_else(|| format!("{path}/{name} is not in {kinds:?}"))?,
        };
        for attribute in start.attributes().flatten() {
            let attribute = attribute.key.as_ref().to_owned();
            let known = field(self.types, &inner, &attribute).is_some();
            if !known && !attribute.starts_with("xmlns") {
                self.wrong
                    .push(format!("{path}/{name}@{attribute} is not in {inner:?}"));
            }
        }
        self.open.push((name, inner));
        Ok(())
    }
}

fn path(open: &[(String, Kinds)]) -> String {
    let names: Vec<&str> = open.iter().map(|(name, _)| name.as_str()).collect();
    names.join("/")
}

/// The types of a field, empty for a plain value; `None` if there is no such field.
fn field(types: &Value, kinds: &[String], name: &str) -> Option<Kinds> {
    for kind in kinds {
        // A list with a wrapper: its entries.
        if let Some((entry, of)) = kind.strip_prefix("list:").and_then(|of| of.split_once(':')) {
            if entry == name {
                return Some(inner(types, of));
            }
            continue;
        }
        let fields = types[kind]["fields"].as_array().into_iter().flatten();
        for field in fields {
            if field["name"] != name {
                let inline = field["list"]["inline"] == true && field["list"]["entry"] == name;
                if !inline {
                    continue;
                }
            }
            let kind = field["type"].as_str().unwrap_or_default();
            let element = kind
                .strip_prefix("array<")
                .and_then(|kind| kind.strip_suffix('>'));
            return Some(match (element, field["list"]["inline"] == false) {
                (Some(element), true) => {
                    let entry = field["list"]["entry"].as_str().unwrap_or_default();
                    vec![format!("list:{entry}:{element}")]
                }
                (Some(element), false) => inner(types, element),
                (None, _) => inner(types, kind),
            });
        }
    }
    None
}

/// A described type has fields of its own, and those that every answer has; a plain one has none.
fn inner(types: &Value, kind: &str) -> Kinds {
    if types.get(kind).is_none() {
        return Vec::new();
    }
    let mut kinds = vec![kind.to_owned()];
    if kind.ends_with("ResponseType") {
        kinds.push("AbstractResponseType".to_owned());
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn elements_are_held_against_their_types() {
        let types = json!({
            "AResponseType": {"fields": [
                {"name": "Items", "type": "array<ItemType>",
                 "list": {"inline": false, "entry": "Item"}},
                {"name": "Total", "type": "int"},
            ]},
            "ItemType": {"fields": [
                {"name": "Price", "type": "AmountType"},
                {"name": "Note", "type": "array<string>",
                 "list": {"inline": true, "entry": "Note"}},
            ]},
            "AmountType": {"fields": [{"name": "currencyID", "type": "string", "attr": true}]},
        });
        let cases = [
            (
                "<A><Items><Item><Price currencyID='X'>1</Price></Item></Items></A>",
                None,
            ),
            (
                "<A><Items><Item><Note/><Note/></Item></Items><Total>1</Total></A>",
                None,
            ),
            ("<B/>", Some("the root is B, not A")),
            ("<A><Item/></A>", Some("A/Item is not in")),
            (
                "<A><Items><Other/></Items></A>",
                Some("A/Items/Other is not in"),
            ),
            (
                "<A><Total><x/></Total></A>",
                Some("A/Total has no children"),
            ),
            (
                "<A><Items><Item><Price unit='X'/></Item></Items></A>",
                Some("@unit is not in"),
            ),
        ];
        for (xml, expected) in cases {
            let wrong = check(&types, xml.as_bytes(), "A", &["AResponseType".to_owned()]);
            match expected {
                None => assert!(wrong.is_empty(), "{xml}: {wrong:?}"),
                Some(words) => assert!(wrong[0].contains(words), "{xml}: {wrong:?}"),
            }
        }
    }
}
