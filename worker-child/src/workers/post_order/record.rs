//! One item to its row: `{"detail": …, "summary": …}` as payload, columns from both.

use serde_json::{Map, Value as Json};
use shared::record::{Record, Value};
use shared::time::Timestamp;

use super::{ERRORS, Resource, is_told};
use crate::parse::ParseError;
use crate::parse::field;
use crate::parse::json::canonical;
use crate::workers::values;

const DETAIL: &str = "detail";
const SUMMARY: &str = "summary";
/// Where the body of a detail may name its id.
const OWN_IDS: [&str; 3] = ["", "summary.", "detail."];

/// The columns that the three tables have in common, but the summary's version.
#[derive(Debug)]
pub(in crate::workers) struct Columns {
    pub(in crate::workers) order: Value,
    pub(in crate::workers) item: Value,
    pub(in crate::workers) transaction: Value,
    pub(in crate::workers) kind: Value,
    pub(in crate::workers) state: Value,
    pub(in crate::workers) status: Value,
    pub(in crate::workers) reason: Value,
    pub(in crate::workers) buyer: Value,
    pub(in crate::workers) seller: Value,
    /// Amount and currency.
    pub(in crate::workers) amount: [Value; 2],
    pub(in crate::workers) opened: Option<Timestamp>,
    pub(in crate::workers) modified: Option<Timestamp>,
    pub(in crate::workers) respond_by: Option<Timestamp>,
    pub(in crate::workers) closed: Option<Timestamp>,
}

/// The version of a summary: 64 hexadecimal digits.
pub(super) fn version(resource: &Resource, summary: &Json) -> String {
    let mut item = joined(None, Some(summary.clone()));
    set_aside(resource, &mut item);
    let text = canonical(&item);
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// The record of a detail that was fetched for this summary.
pub(super) fn both(
    resource: &Resource,
    id: &str,
    detail: Json,
    summary: Json,
    version: Value,
) -> Result<Record, ParseError> {
    if let Some(own) = own_id(resource, &detail)?
        && own != id
    {
        let name = resource.name;
        let what = format!("asked for {name} {id}, and {name} {own} came");
        return Err(ParseError::bad(0, what).with_path(resource.id));
    }
    let item = joined(Some(detail), Some(summary));
    record(resource, id.to_owned(), item, version)
}

/// The record of a summary alone: it has no version, which only a detail may bring along.
pub(super) fn of_summary(resource: &Resource, summary: Json) -> Result<Record, ParseError> {
    let id = field::id(&summary, resource.id)?;
    record(resource, id, joined(None, Some(summary)), Value::Null)
}

/// The record of a detail alone; its key is empty if it does not name its id.
pub(super) fn of_detail(resource: &Resource, detail: Json) -> Result<Record, ParseError> {
    let id = own_id(resource, &detail)?.unwrap_or_default();
    record(resource, id, joined(Some(detail), None), Value::Null)
}

/// The id that the body of a detail names, if it does; an error if the body is no detail.
fn own_id(resource: &Resource, detail: &Json) -> Result<Option<String>, ParseError> {
    if let Json::Object(members) = detail
        && let Some(name) = ERRORS.iter().find(|name| is_told(members, name))
    {
        return Err(ParseError::bad(0, "the body reports a failure").with_path(*name));
    }
    if at(detail, resource.detail).is_none() {
        return Err(ParseError::bad(0, "value is missing").with_path(resource.detail));
    }
    for prefix in OWN_IDS {
        let own = field::id_opt(detail, &format!("{prefix}{}", resource.id))?;
        if own.is_some() {
            return Ok(own);
        }
    }
    Ok(None)
}

fn joined(detail: Option<Json>, summary: Option<Json>) -> Json {
    let parts = [(DETAIL, detail), (SUMMARY, summary)];
    let parts = parts
        .into_iter()
        .filter_map(|(name, part)| Some((name.to_owned(), part?)));
    Json::Object(parts.collect())
}

fn record(
    resource: &Resource,
    id: String,
    mut item: Json,
    version: Value,
) -> Result<Record, ParseError> {
    let columns = (resource.columns)(&item)?;
    let ebay_time = columns.modified;
    let volatile = set_aside(resource, &mut item);
    Ok(Record {
        table: resource.table,
        key: vec![id],
        values: in_order(columns, version),
        ebay_time,
        payload: canonical(&item),
        volatile,
    })
}

fn in_order(columns: Columns, version: Value) -> Vec<Value> {
    let time = |time: Option<Timestamp>| time.map_or(Value::Null, Value::Time);
    let [amount, currency] = columns.amount;
    vec![
        columns.order,
        columns.item,
        columns.transaction,
        columns.kind,
        columns.state,
        columns.status,
        columns.reason,
        columns.buyer,
        columns.seller,
        amount,
        currency,
        time(columns.opened),
        time(columns.modified),
        time(columns.respond_by),
        time(columns.closed),
        version,
    ]
}

/// Takes what moves on its own out of the item; the text of it, empty if there is none.
fn set_aside(resource: &Resource, item: &mut Json) -> String {
    let mut aside = Map::new();
    for path in resource.volatile {
        if let Some(value) = take(item, path) {
            put(&mut aside, path, value);
        }
    }
    if aside.is_empty() {
        return String::new();
    }
    canonical(&Json::Object(aside))
}

fn take(item: &mut Json, path: &str) -> Option<Json> {
    let (above, name) = path.rsplit_once('.')?;
    let above = above
        .split('.')
        .try_fold(item, |value, name| value.get_mut(name))?;
    above.as_object_mut()?.remove(name)
}

fn put(into: &mut Map<String, Json>, path: &str, value: Json) {
    let Some((name, rest)) = path.split_once('.') else {
        into.insert(path.to_owned(), value);
        return;
    };
    let inner = into
        .entry(name)
        .or_insert_with(|| Json::Object(Map::new()))
        .as_object_mut();
    if let Some(inner) = inner {
        put(inner, rest, value);
    }
}

/// Text at the first path that has any, else null.
pub(in crate::workers) fn text(
    item: &Json,
    paths: &[impl AsRef<str>],
) -> Result<Value, ParseError> {
    first(paths, |path| values::text(item, path))
}

/// An identifier at the first path that has one, else null.
pub(in crate::workers) fn id(item: &Json, paths: &[impl AsRef<str>]) -> Result<Value, ParseError> {
    first(paths, |path| {
        let found = field::id_opt(item, path)?;
        Ok(found.map_or(Value::Null, Value::Text))
    })
}

fn first(
    paths: &[impl AsRef<str>],
    read: impl Fn(&str) -> Result<Value, ParseError>,
) -> Result<Value, ParseError> {
    for path in paths {
        let value = read(path.as_ref())?;
        if value != Value::Null {
            return Ok(value);
        }
    }
    Ok(Value::Null)
}

/// Amount and currency at the first path that has an amount, else two nulls.
pub(in crate::workers) fn amount(
    item: &Json,
    paths: &[impl AsRef<str>],
) -> Result<[Value; 2], ParseError> {
    for path in paths {
        let path = path.as_ref();
        if !matches!(at(item, path), None | Some(Json::Object(_))) {
            return Err(ParseError::bad(0, "expected an amount").with_path(path));
        }
        let value = values::decimal(item, &format!("{path}.value"))?;
        if value != Value::Null {
            return Ok([value, values::text(item, &format!("{path}.currency"))?]);
        }
    }
    Ok([Value::Null, Value::Null])
}

/// A moment at the first path that has one: an object with a `value`, or the text itself.
pub(in crate::workers) fn time(
    item: &Json,
    paths: &[impl AsRef<str>],
) -> Result<Option<Timestamp>, ParseError> {
    for path in paths {
        let found = moment(item, path.as_ref())?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The latest of the moments at the paths.
pub(in crate::workers) fn latest(
    item: &Json,
    paths: &[impl AsRef<str>],
) -> Result<Option<Timestamp>, ParseError> {
    let mut latest = None;
    for path in paths {
        latest = latest.max(moment(item, path.as_ref())?);
    }
    Ok(latest)
}

fn moment(item: &Json, path: &str) -> Result<Option<Timestamp>, ParseError> {
    let inside = format!("{path}.value");
    let path = match at(item, path) {
        Some(Json::Object(_)) => &inside,
        _ => path,
    };
    Ok(field::timestamp_opt(item, path)?.map(Timestamp))
}

/// Whether a status is one of those that say closed: `CLOSED`, `CS_CLOSED` and the like.
pub(in crate::workers) fn is_closed(status: &Value) -> bool {
    matches!(status, Value::Text(status) if status.contains("CLOSED"))
}

/// What is at a path; null is nothing.
fn at<'a>(item: &'a Json, path: &str) -> Option<&'a Json> {
    path.split('.')
        .try_fold(item, |value, name| value.get(name))
        .filter(|value| !value.is_null())
}

/// The events that the detail tells of an item's life.
#[derive(Debug)]
pub(in crate::workers) struct Events<'a> {
    list: &'a [Json],
    path: &'static str,
    date: &'static str,
}

impl<'a> Events<'a> {
    /// The list at a path, whose elements have their time in the member `date`.
    pub(in crate::workers) fn at(
        item: &'a Json,
        path: &'static str,
        date: &'static str,
    ) -> Result<Self, ParseError> {
        let list = match at(item, path) {
            None => &[],
            Some(Json::Array(events)) => events.as_slice(),
            Some(_) => return Err(ParseError::bad(0, "expected an array").with_path(path)),
        };
        Ok(Self { list, path, date })
    }

    /// The time of the latest event among those that are meant.
    pub(in crate::workers) fn last(
        &self,
        meant: impl Fn(&Json) -> bool,
    ) -> Result<Option<Timestamp>, ParseError> {
        let mut last = None;
        for (position, event) in self.list.iter().enumerate() {
            let time = moment(event, self.date);
            let time = values::under(&format!("{}[{position}]", self.path), time)?;
            last = last.max(time.filter(|_| meant(event)));
        }
        Ok(last)
    }
}
