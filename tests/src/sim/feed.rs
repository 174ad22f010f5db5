//! The Feed API: inventory report tasks and the download of their files.

use std::{fs::File, io, path::PathBuf, sync::Arc};

use axum::{
    Extension,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    Hub,
    account::{Account, InventoryTask, Packing},
    body,
    clock::{DAY_MS, now_ms, stamp},
    faults::FaultKind,
    feed_query::{FEED_TYPE, TaskAsk, parse},
    order_json::put,
    refusal::Refusal,
    report::{ReportPlan, write_report},
    serve::{Call, Site},
};

const PATH: &str = "/sell/feed/v1/inventory_task";

/// `POST /sell/feed/v1/inventory_task`.
pub(crate) async fn create(
    (State(hub), Extension(call)): Site,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let site = headers
        .get("X-EBAY-C-MARKETPLACE-ID")
        .and_then(|value| value.to_str().ok());
    if !site.is_some_and(|site| site.starts_with("EBAY_")) {
        let message = "The X-EBAY-C-MARKETPLACE-ID header is missing or invalid.";
        return Refusal::feed(400, 160_027, message).into_response();
    }
    match add_task(&hub, &call, &body) {
        Ok(id) => {
            let location = format!("{}{PATH}/{id}", hub.base);
            (StatusCode::ACCEPTED, [(header::LOCATION, location)]).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Validates the body and records a task with the listings of this moment.
fn add_task(hub: &Hub, call: &Call, body: &[u8]) -> Result<String, Refusal> {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let member = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
    if member("feedType") != FEED_TYPE {
        let message = "The 'feedType' is missing or invalid.";
        return Err(Refusal::feed(400, 160_017, message));
    }
    if member("schemaVersion").is_empty() {
        return Err(Refusal::feed(
            400,
            160_018,
            "The 'schemaVersion' is invalid.",
        ));
    }
    let listing_format = match asked.pointer("/filterCriteria/listingFormat") {
        None | Some(Value::Null) => None,
        Some(format) if format == "AUCTION" || format == "FIXED_PRICE" => {
            format.as_str().map(str::to_owned)
        }
        Some(_) => {
            return Err(Refusal::feed(
                400,
                160_019,
                "The 'filterCriteria' is invalid.",
            ));
        }
    };
    let mut world = hub.world();
    let id = world.task_id();
    let account = world
        .account_mut(&call.account)
        .map_err(|_| Refusal::token())?;
    let created = now_ms();
    let recent = account
        .tasks
        .iter()
        .filter(|task| task.created > created - DAY_MS)
        .count();
    if recent >= usize::try_from(account.spec.report_limit).unwrap_or(usize::MAX) {
        let message = "You have exceeded the maximum number of tasks in the period.";
        return Err(Refusal::feed(409, 160_025, message));
    }
    let delay = i64::try_from(account.spec.report_delay_ms).unwrap_or(i64::MAX / 2);
    let slots = Some(account.slots.clone());
    let ready = created.saturating_add(delay);
    account.tasks.push(InventoryTask {
        id: id.clone(),
        created,
        ready,
        listing_format,
        slots,
    });
    account.forget_old_reports();
    Ok(id)
}

/// `GET /sell/feed/v1/inventory_task`.
pub(crate) async fn list(
    (State(hub), Extension(call)): Site,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let now = now_ms();
    let ask = match parse(&pairs, now) {
        Ok(ask) => ask,
        Err(refusal) => return refusal.into_response(),
    };
    let page = match hub.world().account(&call.account) {
        Ok(account) => page(account, &ask, &hub.base, now),
        Err(_) => return Refusal::token().into_response(),
    };
    body::json(
        page.to_string().into_bytes(),
        &call.faults,
        hub.stop.clone(),
    )
}

fn page(account: &Account, ask: &TaskAsk, base: &str, now: i64) -> Value {
    let newest_first = account.tasks.iter().rev();
    let hits: Vec<_> = newest_first
        .filter(|task| (ask.from..=ask.to).contains(&task.created))
        .collect();
    let link = |offset| format!("{base}{PATH}?{}", ask.link(offset));
    let tasks = hits.iter().skip(ask.offset).take(ask.limit);
    let mut page = json!({
        "href": link(ask.offset),
        "limit": ask.limit,
        "offset": ask.offset,
        "total": hits.len(),
        "tasks": tasks.map(|task| task_value(task, base, now)).collect::<Vec<_>>(),
    });
    if ask.offset + ask.limit < hits.len() {
        put(&mut page, "next", json!(link(ask.offset + ask.limit)));
    }
    if ask.offset > 0 {
        put(
            &mut page,
            "prev",
            json!(link(ask.offset.saturating_sub(ask.limit))),
        );
    }
    page
}

fn task_value(task: &InventoryTask, base: &str, now: i64) -> Value {
    let done = task.ready <= now;
    let mut value = json!({
        "taskId": task.id,
        "status": if done { "COMPLETED" } else { "IN_PROCESS" },
        "feedType": FEED_TYPE,
        "creationDate": stamp(task.created),
        "schemaVersion": "1.0",
        "detailHref": format!("{base}{PATH}/{}", task.id),
    });
    if done {
        put(&mut value, "completionDate", json!(stamp(task.ready)));
    }
    if let Some(format) = &task.listing_format {
        put(
            &mut value,
            "filterCriteria",
            json!({ "listingFormat": format }),
        );
    }
    value
}

/// `GET /sell/feed/v1/inventory_task/{id}`.
pub(crate) async fn task((State(hub), Extension(call)): Site, Path(id): Path<String>) -> Response {
    let lost = call.faults.contains(&FaultKind::TaskLost {});
    let found = find(&hub, &call, &id).filter(|_| !lost);
    let Some((task, _)) = found else {
        let message = format!("Task {id} does not exist.");
        return Refusal::feed(404, 160_003, message).into_response();
    };
    let mut value = task_value(&task, &hub.base, now_ms());
    if call.faults.contains(&FaultKind::StatusUnknown {}) {
        put(&mut value, "status", json!("AWAITING_MOONRISE"));
    }
    if call
        .faults
        .contains(&(FaultKind::WrongPageType { html: false }))
    {
        value = json!([value]);
    }
    body::json(
        value.to_string().into_bytes(),
        &call.faults,
        hub.stop.clone(),
    )
}

/// The account's task, and what its report would be written from.
fn find(hub: &Arc<Hub>, call: &Call, id: &str) -> Option<(InventoryTask, Source)> {
    let world = hub.world();
    let account = world.account(&call.account).ok()?;
    let task = account.tasks.iter().find(|task| task.id == id)?.clone();
    let source = match (&account.spec.report_file, &task.slots) {
        (Some(path), _) => Source::File(path.clone()),
        (None, None) => Source::Forgotten,
        (None, Some(slots)) => Source::Plan(ReportPlan {
            slots: slots.clone(),
            catalogue: account.catalogue,
            packing: account.spec.packing,
            listing_format: task.listing_format.clone(),
            faults: call.faults.clone(),
        }),
    };
    Some((task, source))
}

enum Source {
    File(PathBuf),
    Plan(ReportPlan),
    Forgotten,
}

/// `GET /sell/feed/v1/task/{id}/download_result_file`.
pub(crate) async fn download(
    (State(hub), Extension(call)): Site,
    Path(id): Path<String>,
) -> Response {
    let found = find(&hub, &call, &id).filter(|(task, _)| task.ready <= now_ms());
    let (faults, stop) = (&call.faults, hub.stop.clone());
    let (ending, body) = match found {
        Some((_, Source::Plan(plan))) => {
            let ending = match plan.packing {
                Packing::Zip => "zip",
                Packing::Gzip => "xml.gz",
                Packing::Plain => "xml",
            };
            (
                ending,
                body::streamed(faults, stop, move |out| write_report(&plan, out)),
            )
        }
        Some((_, Source::File(path))) => {
            let copy =
                move |out: &mut dyn io::Write| io::copy(&mut File::open(&path)?, out).map(drop);
            ("zip", body::streamed(faults, stop, copy))
        }
        Some((_, Source::Forgotten)) | None => {
            let message = format!("No file found for task ID {id}.");
            return Refusal::feed(404, 160_014, message).into_response();
        }
    };
    let name = format!("attachment; filename=\"{id}_report.{ending}\"");
    let octets = HeaderValue::from_static("application/octet-stream");
    let mut answer = ([(header::CONTENT_TYPE, octets)], body).into_response();
    if let Ok(name) = HeaderValue::from_str(&name) {
        answer
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, name);
    }
    answer
}
