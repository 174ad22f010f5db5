//! JSON held against the part of JSON Schema that eBay's files use.

use serde_json::{Map, Value};

/// Members that live answers have and the stored contract lacks, or that it spells otherwise, with
/// the schema that they stand in. The Finances contract at hand is of 2021.
const KNOWN_EXTRAS: [(&str, &str); 4] = [
    ("Order", "legacyOrderId"),
    ("Transaction", "ebayCollectedTaxAmount"),
    ("Transaction", "eBayCollectedTaxAmount"),
    ("OrderLineItem", "donations"),
];

/// The schema that a `$ref` names, with its name.
fn resolve<'a>(contract: &'a Value, schema: &'a Value) -> (&'a str, &'a Value) {
    match schema["$ref"].as_str() {
        Some(reference) => {
            let name = reference.rsplit('/').next().unwrap_or_default();
            let pointer = reference.trim_start_matches('#');
            (name, contract.pointer(pointer).unwrap_or(&Value::Null))
        }
        None => ("", schema),
    }
}

/// One look at a value: what is wrong is collected, each with its path.
#[derive(Debug)]
pub(super) struct Look<'a> {
    contract: &'a Value,
    wrong: Vec<String>,
}

/// What is wrong with a value, each with its path.
pub(super) fn check(contract: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let mut look = Look {
        contract,
        wrong: Vec::new(),
    };
    look.value(schema, value, path);
    look.wrong
}

impl Look<'_> {
    fn value(&mut self, schema: &Value, value: &Value, path: &str) {
        let (name, schema) = resolve(self.contract, schema);
        if schema.is_null() {
            let fault = format!("{path}: the contract has no schema {name}");
            return self.wrong.push(fault);
        }
        let kind = schema["type"].as_str().unwrap_or("object");
        let fits = match kind {
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            _ => value.is_object(),
        };
        if !fits {
            return self.wrong.push(format!("{path}: {value} is no {kind}"));
        }
        if let Some(list) = value.as_array() {
            for item in list {
                self.value(&schema["items"], item, &format!("{path}[]"));
            }
        }
        if let Some(members) = value.as_object() {
            self.members(name, schema, members, path);
        }
    }

    fn members(&mut self, name: &str, schema: &Value, members: &Map<String, Value>, path: &str) {
        for (member, value) in members {
            let path = format!("{path}.{member}");
            let known = &schema["properties"][member];
            if !known.is_null() {
                self.value(known, value, &path);
            } else if schema["additionalProperties"].is_object() {
                self.value(&schema["additionalProperties"], value, &path);
            } else if !KNOWN_EXTRAS.contains(&(name, member)) {
                self.wrong.push(format!("{path} is not in {name}"));
            }
        }
        for required in schema["required"].as_array().into_iter().flatten() {
            let required = required.as_str().unwrap_or_default();
            if !members.contains_key(required) {
                self.wrong.push(format!("{path}: {required} is missing"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_held_against_their_schema() {
        let contract = json!({"components": {"schemas": {
            "Page": {"type": "object", "properties": {
                "total": {"type": "integer"},
                "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
            }},
            "Item": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "string"},
            }},
        }}});
        let page = json!({"$ref": "#/components/schemas/Page"});
        let cases = [
            (json!({"total": 1, "items": [{"id": "a"}]}), vec![]),
            (json!({"total": "1"}), vec!["$.total: \"1\" is no integer"]),
            (json!({"items": [{}]}), vec!["$.items[]: id is missing"]),
            (
                json!({"items": [{"id": "a", "x": 1}]}),
                vec!["$.items[].x is not in Item"],
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(check(&contract, &page, &value, "$"), expected, "{value}");
        }
    }
}
