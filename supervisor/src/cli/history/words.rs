//! Histories as text for a person.

use std::fmt::Write as _;

use serde_json::Value;

use super::{ColumnAnswer, EventAnswer, ItemAnswer};

/// The most characters of a value on a line.
const SHORT: usize = 100;

/// Items, each with its events below it.
pub(super) fn items(items: &[ItemAnswer]) -> String {
    let texts: Vec<String> = items.iter().map(item).collect();
    texts.join("\n\n")
}

/// A key for a person.
pub(super) fn key(parts: &[String]) -> String {
    parts.join("/").escape_debug().to_string()
}

fn item(item: &ItemAnswer) -> String {
    let state = match &item.ended_at {
        Some(at) => format!("ended {at}"),
        None => item.state.to_owned(),
    };
    let mut text = format!(
        "{} {} of {}: {state}",
        item.entity,
        key(&item.key),
        item.account
    );
    let earlier = item.events_total.saturating_sub(item.events.len() as u64);
    if earlier > 0 {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  … {earlier} earlier events");
    }
    for one in &item.events {
        text.push_str(&event(one));
    }
    text
}

fn event(event: &EventAnswer) -> String {
    let mut text = format!("\n  {} {}", event.recorded_at, event.kind);
    if event.kind == "reshaped" {
        text.push_str(" (told otherwise, not changed)");
    }
    if let Some(at) = &event.ebay_time {
        let _ = write!(text, ", by eBay's time {at}");
    }
    let worker = event.worker.as_deref().unwrap_or("forgotten");
    let _ = write!(
        text,
        ", attempt {} run {} ({worker})",
        event.attempt, event.run
    );
    for column in &event.columns {
        let _ = write!(text, "\n      {}", change(event.kind, column));
    }
    for path in event.payload.iter().flatten() {
        let (old, new) = (side(path.old.as_deref()), side(path.new.as_deref()));
        let _ = write!(text, "\n      {}: {old} → {new}", path.path);
    }
    if event.payload.is_none() {
        text.push_str(
            "\n      the payload is another one that cannot be compared: too large, or gone",
        );
    }
    if event.payload_more > 0 {
        let _ = write!(text, "\n      … and {} more", event.payload_more);
    }
    text
}

fn change(kind: &str, column: &ColumnAnswer) -> String {
    let new = value(&column.new);
    if kind == "created" || kind == "ended" {
        return format!("{}: {new}", column.column);
    }
    format!("{}: {} → {new}", column.column, value(&column.old))
}

fn value(value: &Value) -> String {
    let text = (!value.is_null()).then(|| value.to_string());
    side(text.as_deref())
}

fn side(text: Option<&str>) -> String {
    let Some(text) = text else {
        return "nothing".to_owned();
    };
    let mut start: String = text.chars().take(SHORT).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}
