//! An eBay that stands still: it serves exactly the bytes that it was given.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, SecondsFormat};
use integration_tests::harness::wait::now_ms;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const TASKS: &str = "/sell/feed/v1/inventory_task";

/// What one account is served.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    /// The answer to every question for orders: status and body.
    pub(crate) orders: (u16, Vec<u8>),
    /// Every report's file.
    pub(crate) report: Vec<u8>,
    /// The status page of a finished task, to be filled in; our own if null.
    pub(crate) task_page: Value,
    /// Report tasks by id, with their creation times in milliseconds.
    pub(crate) tasks: BTreeMap<String, i64>,
    /// Creation times of the next tasks; now when there is none.
    pub(crate) next_created: VecDeque<i64>,
    /// Method and path of every request so far.
    pub(crate) log: Vec<String>,
}

impl Shelf {
    /// One that serves this page of orders and this report.
    pub(crate) fn of(orders: impl Into<Vec<u8>>, report: impl Into<Vec<u8>>) -> Self {
        Self {
            orders: (200, orders.into()),
            report: report.into(),
            ..Self::default()
        }
    }

    /// How often a request begins like this.
    pub(crate) fn asked(&self, request: &str) -> usize {
        self.log
            .iter()
            .filter(|one| one.starts_with(request))
            .count()
    }
}

/// A page without orders.
pub(crate) const NO_ORDERS: &str = r#"{"total":0,"limit":200,"offset":0,"orders":[]}"#;

/// A report without listings.
pub(crate) const NO_LISTINGS: &str = "<BulkDataExchangeResponses \
    xmlns=\"urn:ebay:apis:eBLBaseComponents\"><ActiveInventoryReport/></BulkDataExchangeResponses>";

/// The shelves by account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Still(Arc<Mutex<BTreeMap<String, Shelf>>>);

impl Still {
    /// Starts it, for `Stage::new`.
    pub(crate) async fn start() -> (Self, String) {
        let still = Self::default();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/sell/fulfillment/v1/order", get(orders))
            .route(TASKS, get(list).post(create))
            .route("/sell/feed/v1/inventory_task/{id}", get(look))
            .route(
                "/sell/feed/v1/task/{id}/download_result_file",
                get(download),
            )
            .with_state(still.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (still, url)
    }

    /// Puts something on an account's shelf, or looks at it.
    pub(crate) fn shelf<T>(&self, account: &str, work: impl FnOnce(&mut Shelf) -> T) -> T {
        work(
            self.0
                .lock()
                .unwrap()
                .entry(account.to_owned())
                .or_default(),
        )
    }

    /// The shelf of the account whose token came along, with the request noted.
    fn asked<T>(&self, headers: &HeaderMap, what: &str, work: impl FnOnce(&mut Shelf) -> T) -> T {
        let token = headers[header::AUTHORIZATION].to_str().unwrap();
        let account = token.rsplit('#').next().unwrap();
        self.shelf(account, |shelf| {
            shelf.log.push(what.to_owned());
            work(shelf)
        })
    }
}

type Ebay = State<Still>;

async fn orders(State(still): Ebay, headers: HeaderMap, uri: Uri) -> Response {
    still.asked(&headers, &format!("GET {uri}"), |shelf| {
        let (status, body) = shelf.orders.clone();
        (StatusCode::from_u16(status).unwrap(), body).into_response()
    })
}

async fn create(State(still): Ebay, headers: HeaderMap, method: Method, uri: Uri) -> Response {
    still.asked(&headers, &format!("{method} {uri}"), |shelf| {
        let id = format!("task-10-{}", shelf.tasks.len() + 1);
        let created = shelf.next_created.pop_front().unwrap_or_else(now_ms);
        shelf.tasks.insert(id.clone(), created);
        (
            StatusCode::ACCEPTED,
            [(header::LOCATION, format!("{TASKS}/{id}"))],
        )
            .into_response()
    })
}

async fn list(State(still): Ebay, headers: HeaderMap, uri: Uri) -> String {
    still.asked(&headers, &format!("GET {uri}"), |shelf| {
        let tasks: Vec<Value> = shelf.tasks.iter().map(|task| page(shelf, task)).collect();
        json!({ "total": tasks.len(), "tasks": tasks }).to_string()
    })
}

async fn look(State(still): Ebay, headers: HeaderMap, uri: Uri, Path(id): Path<String>) -> String {
    still.asked(&headers, &format!("GET {uri}"), |shelf| {
        let task = shelf.tasks.get_key_value(&id).unwrap();
        page(shelf, task).to_string()
    })
}

async fn download(State(still): Ebay, headers: HeaderMap, uri: Uri) -> Vec<u8> {
    still.asked(&headers, &format!("GET {uri}"), |shelf| {
        shelf.report.clone()
    })
}

fn page(shelf: &Shelf, (id, created): (&String, &i64)) -> Value {
    let mut page = shelf.task_page.clone();
    if page.is_null() {
        page = json!({ "status": "COMPLETED", "feedType": "LMS_ACTIVE_INVENTORY_REPORT" });
    }
    page["taskId"] = json!(id);
    page["creationDate"] = json!(stamp(*created));
    page
}

/// Milliseconds as eBay and the database write them.
pub(crate) fn stamp(ms: i64) -> String {
    let time = DateTime::from_timestamp_millis(ms).unwrap();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
