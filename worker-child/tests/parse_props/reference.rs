//! A simple whole-document reader on quick-xml's own events, to compare with.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use serde_json::{Map, Value};

/// An element as it grows.
#[derive(Default)]
struct Element {
    name: String,
    members: Vec<(String, Value)>,
    has_children: bool,
    text: String,
    run: String,
}

impl Element {
    fn new(tag: &BytesStart<'_>) -> Option<Self> {
        let mut element = Element {
            name: tag.local_name().as_ref().to_owned(),
            ..Element::default()
        };
        for attribute in tag.attributes() {
            let attribute = attribute.ok()?;
            let name = attribute.key.as_ref().to_owned();
            let value = attribute.normalized_value(XmlVersion::Explicit1_0).ok()?;
            if name != "xmlns" && !name.starts_with("xmlns:") {
                element
                    .members
                    .push((format!("@{name}"), value.as_ref().into()));
            }
        }
        Some(element)
    }

    fn close_run(&mut self, leaf: bool) {
        let run = std::mem::take(&mut self.run);
        if leaf || !run.bytes().all(|b| b.is_ascii_whitespace()) {
            self.text.push_str(&run);
        }
    }

    fn value(mut self) -> Value {
        self.close_run(!self.has_children);
        if self.members.is_empty() {
            return self.text.into();
        }
        let mut map = Map::new();
        if !self.text.is_empty() {
            map.insert("#text".to_owned(), self.text.into());
        }
        let mut repeated = std::collections::BTreeMap::<String, Vec<Value>>::new();
        for (name, value) in self.members {
            repeated.entry(name).or_default().push(value);
        }
        for (name, mut values) in repeated {
            let value = if values.len() == 1 {
                values.remove(0)
            } else {
                values.into()
            };
            map.insert(name, value);
        }
        map.into()
    }
}

/// The canonical text of the elements at `path`, or `None` if the document is malformed.
pub(super) fn items(text: &str, path: &[&str]) -> Option<Vec<String>> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut found = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => start(&mut open, &tag)?,
            Event::Empty(tag) => {
                start(&mut open, &tag)?;
                end(&mut open, &mut found, path)?;
            }
            Event::End(_) => end(&mut open, &mut found, path)?,
            Event::Text(text) => append(&mut open, &text.xml10_content()),
            Event::CData(text) => append(&mut open, &text.xml10_content()),
            Event::GeneralRef(name) => {
                let known = quick_xml::escape::resolve_predefined_entity(&name);
                match name.resolve_char_ref().ok()? {
                    Some(c) => append(&mut open, c.encode_utf8(&mut [0; 4])),
                    None => append(&mut open, known?),
                }
            }
            Event::Eof => return open.is_empty().then_some(found),
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            Event::DocType(_) => return None,
        }
    }
}

fn start(open: &mut Vec<Element>, tag: &BytesStart<'_>) -> Option<()> {
    if let Some(parent) = open.last_mut() {
        parent.close_run(false);
        parent.has_children = true;
    }
    open.push(Element::new(tag)?);
    Some(())
}

fn end(open: &mut Vec<Element>, found: &mut Vec<String>, path: &[&str]) -> Option<()> {
    let names: Vec<&str> = open.iter().map(|element| element.name.as_str()).collect();
    let is_item = names == path;
    let element = open.pop()?;
    let name = element.name.clone();
    let value = element.value();
    if is_item {
        found.push(value.to_string());
    } else if let Some(parent) = open.last_mut() {
        parent.members.push((name, value));
    }
    Some(())
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.run.push_str(text);
    }
}
