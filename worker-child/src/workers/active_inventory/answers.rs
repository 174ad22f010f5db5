//! What the Feed API answers about tasks, and what a report says about itself.

use serde_json::Value;
use shared::failure::Failure;
use shared::time::Timestamp;

use crate::parse::field;
use crate::workers::step::{Report, bad_answer, parse_failure};

/// A report that eBay makes or has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Task {
    /// eBay's id of it.
    pub(super) id: String,
    /// eBay's word for how far it is.
    pub(super) status: String,
    /// eBay's creation date; before it is known, when we asked.
    pub(super) created_at: Timestamp,
}

impl Task {
    /// Whether the file can be downloaded. A status that nobody has heard of is not finished.
    pub(super) fn is_finished(&self) -> bool {
        matches!(self.status.as_str(), "COMPLETED" | "COMPLETED_WITH_ERROR")
    }

    /// Whether a task that somebody asked for earlier is worth taking up.
    pub(super) fn is_usable(&self) -> bool {
        matches!(self.status.as_str(), "COMPLETED" | "IN_PROCESS" | "QUEUED")
    }
}

/// A task's status page.
pub(super) fn task(object: &Value) -> Result<Task, Failure> {
    read_task(object).map_err(|error| parse_failure(error, ""))
}

fn read_task(object: &Value) -> Result<Task, crate::parse::ParseError> {
    Ok(Task {
        id: field::id(object, "taskId")?,
        status: field::text(object, "status")?.to_owned(),
        created_at: Timestamp(field::timestamp(object, "creationDate")?),
    })
}

/// The list of tasks; one without a member `tasks` is empty.
pub(super) fn tasks(object: &Value) -> Result<Vec<Task>, Failure> {
    match object.get("tasks") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(task).collect(),
        Some(_) => Err(bad_answer("tasks is not an array", "tasks")),
    }
}

/// The id of a new task: the last path segment of its address.
pub(super) fn created(location: Option<&str>) -> Result<String, Failure> {
    let address = location.ok_or_else(|| bad_answer("Location is missing", "Location"))?;
    let path = address.split(['?', '#']).next().unwrap_or_default();
    match path.trim_end_matches('/').rsplit('/').next() {
        Some(id) if !id.is_empty() && id != "inventory_task" => Ok(id.to_owned()),
        _ => Err(bad_answer("Location names no task", "Location")),
    }
}

/// What is wrong with a finished report, if it says that something is: the items that came along
/// prove nothing then.
pub(super) fn complaint(report: &Report) -> Option<Failure> {
    let failed = |ack: &&String| !matches!(ack.as_str(), "Success" | "Warning");
    let ack = report.acks.iter().find(failed);
    let serious = |severity: &str| severity != "Warning";
    let errors: Vec<String> = report
        .errors
        .iter()
        .filter(|error| serious(&error.severity))
        .map(|error| {
            let words = [error.long.as_str(), error.short.as_str()];
            let words = words.into_iter().find(|words| !words.is_empty());
            format!("{} {}", error.code, words.unwrap_or("without words"))
        })
        .collect();
    if ack.is_none() && errors.is_empty() {
        return None;
    }
    let detail = if errors.is_empty() {
        format!("Ack {}", ack.map_or("", String::as_str))
    } else {
        errors.join("; ")
    };
    Some(bad_answer(
        format!("report carries errors: {detail}"),
        "Errors",
    ))
}
