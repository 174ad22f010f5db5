//! One record as one line of JSON.

use std::fmt::Write as _;

use shared::record::{Record, Value};

use crate::parse::json::push_json_string;

/// Appends `{"table":…,"key":[…],"ebay_time":…,"columns":{…},"payload":…,"volatile":…}` and a line
/// feed. Columns that the source cannot deliver are left out, and so is what there is none of:
/// eBay's time and the volatile part.
pub(super) fn push(record: &Record, out: &mut String) {
    let def = record.table.def();
    out.push_str("{\"table\":");
    push_json_string(def.name, out);
    out.push_str(",\"key\":[");
    for (position, part) in record.key.iter().enumerate() {
        comma(position, out);
        push_json_string(part, out);
    }
    out.push(']');
    if let Some(time) = record.ebay_time {
        // Writing to a String cannot fail.
        write!(out, ",\"ebay_time\":\"{time}\"").ok();
    }
    out.push_str(",\"columns\":{");
    let columns = def.columns.iter().zip(&record.values);
    let there = columns.filter(|(_, value)| **value != Value::Absent);
    for (position, (column, value)) in there.enumerate() {
        comma(position, out);
        push_json_string(column.name, out);
        out.push(':');
        push_value(value, out);
    }
    out.push('}');
    for (name, text) in [("payload", &record.payload), ("volatile", &record.volatile)] {
        if !text.is_empty() {
            // They are JSON as they stand.
            write!(out, ",\"{name}\":{text}").ok();
        }
    }
    out.push_str("}\n");
}

fn comma(position: usize, out: &mut String) {
    if position > 0 {
        out.push(',');
    }
}

fn push_value(value: &Value, out: &mut String) {
    // Writing to a String cannot fail.
    match value {
        Value::Null | Value::Absent => out.push_str("null"),
        Value::Text(text) | Value::Decimal(text) => push_json_string(text, out),
        Value::Integer(number) => write!(out, "{number}").unwrap_or_default(),
        Value::Time(time) => write!(out, "\"{time}\"").unwrap_or_default(),
        Value::Boolean(yes) => write!(out, "{yes}").unwrap_or_default(),
    }
}
