//! Writing a tree in canonical form.

use std::ops::Range;

use super::text::{push_json_escaped, push_json_string};
use super::tree::{Entry, Json, JsonValue, Kind};

impl<'a> Json<'a> {
    /// The canonical text of the value: keys sorted bytewise, no white space, the last of several
    /// members of one name. What [`super::canonical`] gives for the same value.
    pub fn canonical(self) -> String {
        self.canonical_parts(None).0
    }

    /// The canonical text, and where in it the elements of `list` stand, an array in this value:
    /// what is stored as a whole and in parts is written once.
    pub fn canonical_parts(self, list: Option<Json<'_>>) -> (String, Vec<Range<usize>>) {
        let room = self.entry().map_or(0, |entry| entry.value.len as usize);
        let mut writer = Writer {
            out: String::with_capacity(room + 2),
            list: list.map(|list| list.at),
            parts: Vec::new(),
        };
        writer.value(self);
        (writer.out, writer.parts)
    }

    /// The member as it stands in the text.
    fn whole(self, entry: &Entry) -> &'a str {
        let quote = usize::from(entry.kind == Kind::Plain);
        let start = (entry.key.start as usize).saturating_sub(1);
        let end = (entry.value.start + entry.value.len) as usize + quote;
        self.text.get(start..end).unwrap_or_default()
    }
}

struct Writer {
    out: String,
    list: Option<u32>,
    parts: Vec<Range<usize>>,
}

impl Writer {
    fn value(&mut self, json: Json<'_>) {
        let Some(entry) = json.entry() else { return };
        match entry.kind {
            Kind::Null | Kind::True | Kind::False => self.out.push_str(entry.value.of(json.text)),
            Kind::Number => {
                if let JsonValue::Number(number) = json.value() {
                    self.out.push_str(&number.to_string());
                }
            }
            Kind::Plain => {
                self.out.push('"');
                self.out.push_str(entry.value.of(json.text));
                self.out.push('"');
            }
            Kind::Escaped => {
                push_json_string(json.as_str().unwrap_or_default(), &mut self.out);
            }
            Kind::Array => self.elements(json),
            Kind::Object => self.members(json),
        }
    }

    fn elements(&mut self, array: Json<'_>) {
        self.out.push('[');
        for (position, element) in array.as_array().into_iter().flatten().enumerate() {
            if position > 0 {
                self.out.push(',');
            }
            let start = self.out.len();
            self.value(element);
            if self.list == Some(array.at) {
                self.parts.push(start..self.out.len());
            }
        }
        self.out.push(']');
    }

    fn members(&mut self, object: Json<'_>) {
        self.out.push('{');
        for (position, member) in object.members().iter().enumerate() {
            if position > 0 {
                self.out.push(',');
            }
            self.member(Json {
                at: member.at,
                ..object
            });
        }
        self.out.push('}');
    }

    fn member(&mut self, json: Json<'_>) {
        let Some(entry) = json.entry() else { return };
        if entry.verbatim {
            self.out.push_str(json.whole(entry));
            return;
        }
        self.out.push('"');
        if entry.escaped_key {
            push_json_escaped(json.key(), &mut self.out);
        } else {
            self.out.push_str(json.key());
        }
        self.out.push_str("\":");
        self.value(json);
    }
}
