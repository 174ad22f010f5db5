//! Scripted faults: what can go wrong with an answer, when, and for how many requests.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{finances, post_order::ErrorShape};

/// Trading calls that are served.
const CALLS: [&str; 3] = ["GetMyeBaySelling", "GetOrders", "GetMyMessages"];
/// Paths of JSON lists, with the name under which their requests are counted.
const PAGES: [(&str, &str); 7] = [
    ("/sell/inventory/v1/inventory_item", "inventory_items"),
    ("/sell/inventory/v1/offer", "offers"),
    ("/post-order/v2/return/search", "returns"),
    ("/post-order/v2/inquiry/search", "inquiries"),
    ("/post-order/v2/casemanagement/search", "cases"),
    (finances::TRANSACTIONS, "transactions"),
    (finances::PAYOUTS, "payouts"),
];
/// How paths of single items begin, with the name under which their requests are counted.
const DETAILS: [(&str, &str); 3] = [
    ("/post-order/v2/return/", "return"),
    ("/post-order/v2/inquiry/", "inquiry"),
    ("/post-order/v2/casemanagement/", "case"),
];
/// The names under which requests to Post-Order are counted.
const POST_ORDER: [&str; 6] = ["returns", "inquiries", "cases", "return", "inquiry", "case"];

/// Kinds of request, for counts and for where a fault makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A page of orders; `later` means with an offset above 0.
    Orders {
        later: bool,
    },
    TaskCreate,
    TaskGet,
    TaskList,
    Report,
    /// A page of a JSON list, by the name of its API; `later` means not the first page.
    Page {
        api: &'static str,
        later: bool,
    },
    /// One item of an API, in full.
    Detail {
        api: &'static str,
    },
    /// A Trading call, by its name; `later` is not known before the body is read.
    Call {
        name: &'static str,
    },
    Other,
}

impl Place {
    /// The name under which requests are counted.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Orders { .. } => "orders",
            Self::TaskCreate => "task_create",
            Self::TaskGet => "task_get",
            Self::TaskList => "task_list",
            Self::Report => "report",
            Self::Page { api, .. } | Self::Detail { api } => api,
            Self::Call { name } => name,
            Self::Other => "other",
        }
    }

    /// The kind of request with this method, path and query.
    pub(crate) fn of(post: bool, path: &str, query: &str, call: &str) -> Self {
        if path.ends_with("/download_result_file") {
            Self::Report
        } else if path == "/sell/fulfillment/v1/order" {
            let offset = query
                .split('&')
                .find_map(|pair| pair.strip_prefix("offset="));
            Self::Orders {
                later: offset.is_some_and(|text| text != "0"),
            }
        } else if path == "/sell/feed/v1/inventory_task" {
            if post {
                Self::TaskCreate
            } else {
                Self::TaskList
            }
        } else if path.starts_with("/sell/feed/v1/inventory_task/") {
            Self::TaskGet
        } else if let Some(name) = CALLS.into_iter().find(|name| *name == call) {
            Self::Call { name }
        } else if let Some((_, api)) = PAGES.into_iter().find(|(page, _)| *page == path) {
            let offset = query
                .split('&')
                .find_map(|pair| pair.strip_prefix("offset="));
            Self::Page {
                api,
                later: offset.is_some_and(|text| text != "0"),
            }
        } else if let Some((_, api)) = DETAILS
            .into_iter()
            .find(|(detail, _)| path.starts_with(detail))
        {
            Self::Detail { api }
        } else {
            Self::Other
        }
    }
}

/// What goes wrong. In JSON: `{"kind":"status","status":429,"retry_after":"1"}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// An error answer with eBay's body for that status.
    Status {
        /// HTTP status, 400 or above.
        status: u16,
        /// `Retry-After` header, sent as it is.
        #[serde(default)]
        retry_after: Option<String>,
        /// eBay's error id instead of the usual one for the status.
        #[serde(default)]
        error_id: Option<u32>,
        /// An HTML page of a proxy instead of eBay's JSON.
        #[serde(default)]
        html: bool,
    },
    /// The connection closes after this many body bytes, although more were announced.
    CutBody {
        /// Body bytes sent before the close.
        after: u64,
    },
    /// After this many body bytes nothing more comes, and the connection stays open.
    StallBody {
        /// Body bytes sent before the silence.
        after: u64,
    },
    /// The request is accepted and never answered.
    StallHeaders {},
    /// The answer is as it should be, and comes this much later.
    Late {
        /// How much, in milliseconds.
        ms: u64,
    },
    /// A page announces a total that is off by this much.
    TotalLies {
        /// Added to the true total.
        by: i64,
    },
    /// Pages after the first announce one more than the first did.
    TotalChanges {},
    /// A page after the first holds no orders.
    EmptyPage {},
    /// A page holds its first order twice; a report holds one item twice.
    DuplicateItem {},
    /// A finished report that only carries `Ack` Failure and an error.
    ReportFailure {},
    /// The last bytes of the packed report are missing; the HTTP answer is whole.
    TruncatedZip {
        /// Number of bytes missing.
        drop: usize,
    },
    /// The zip's checksum is wrong, in the data descriptor and in the directory.
    WrongCrc {},
    /// The zip's uncompressed size is wrong, in the data descriptor and in the directory.
    WrongSize {},
    /// The report's XML ends within an item; the archive is whole.
    TruncatedXml {},
    /// One item of the report lacks its end tag.
    UnbalancedXml {},
    /// A JSON page ends early; the HTTP answer is whole.
    MalformedJson {},
    /// The page has `orders` as an object, or is an HTML page with status 200.
    WrongPageType {
        /// HTML instead of JSON of the wrong shape.
        #[serde(default)]
        html: bool,
    },
    /// One order or one report item is about this long.
    ItemOverCap {
        /// Length in bytes, made of values of 60 KiB.
        bytes: u64,
    },
    /// An order holds nested arrays, or a report item nested elements.
    DeepNesting {
        /// Number of levels.
        depth: usize,
    },
    /// An order or a report item holds bytes that are not UTF-8.
    InvalidUtf8 {},
    /// 204 without a body, where the contract has no 204.
    #[serde(rename = "not_modified_204")]
    NotModified204 {},
    /// The report's XML declares a document type with an entity and uses it.
    Doctype {},
    /// The report lists one item twice, with different quantities.
    SameKeyDiffers {},
    /// The report lists one item twice, identically.
    SameKeyTwice {},
    /// A well-formed report without items.
    ReportEmpty {},
    /// The report task has a status that nobody has heard of.
    StatusUnknown {},
    /// The report task does not exist.
    TaskLost {},
    /// An error answer of Post-Order in one of the shapes that it has.
    PostOrderError {
        /// HTTP status, 400 or above.
        status: u16,
        /// How the error is wrapped.
        #[serde(default)]
        shape: ErrorShape,
    },
    /// A Trading answer with HTTP 200 that says `Ack` Failure and this error.
    AckFailure {
        /// eBay's error code.
        code: u32,
    },
    /// A Trading answer with `Ack` `PartialFailure`: half of the items and an error.
    AckPartialFailure {},
    /// The account's first token has expired; any other one of it is good.
    TokenExpired {},
}

impl FaultKind {
    /// Whether the fault can show in an answer to this kind of request.
    fn fits(&self, place: Place) -> bool {
        let json = matches!(place, Place::Orders { .. } | Place::Page { .. });
        let call = matches!(place, Place::Call { .. });
        let page = json || call;
        let later = call
            || matches!(
                place,
                Place::Orders { later: true } | Place::Page { later: true, .. }
            );
        let detail = matches!(place, Place::Detail { .. });
        match self {
            Self::Status { .. }
            | Self::StallHeaders {}
            | Self::Late { .. }
            | Self::TokenExpired {} => true,
            Self::AckFailure { .. } | Self::AckPartialFailure {} => call,
            // There the first page is a 204 when nothing is found: nobody could tell.
            Self::NotModified204 {} => !matches!(
                place,
                Place::Page {
                    api: "transactions" | "payouts",
                    later: false
                }
            ),
            Self::CutBody { .. } | Self::StallBody { .. } => place != Place::TaskCreate,
            Self::TotalLies { .. } => page,
            Self::TotalChanges {} | Self::EmptyPage {} => later,
            Self::DuplicateItem {}
            | Self::ItemOverCap { .. }
            | Self::DeepNesting { .. }
            | Self::InvalidUtf8 {} => page || place == Place::Report,
            Self::MalformedJson {} | Self::WrongPageType { .. } => {
                json || detail || matches!(place, Place::TaskGet | Place::TaskList)
            }
            Self::ReportFailure {}
            | Self::TruncatedZip { .. }
            | Self::WrongCrc {}
            | Self::WrongSize {}
            | Self::SameKeyDiffers {}
            | Self::SameKeyTwice {}
            | Self::ReportEmpty {} => place == Place::Report,
            Self::TruncatedXml {} | Self::UnbalancedXml {} | Self::Doctype {} => {
                call || place == Place::Report
            }
            Self::StatusUnknown {} | Self::TaskLost {} => place == Place::TaskGet,
            Self::PostOrderError { .. } => POST_ORDER.contains(&place.name()),
        }
    }
}

/// A fault and when it acts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct Fault {
    /// Text that the request's path must contain; empty for all.
    pub path: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// Matching requests that pass unharmed first.
    pub skip: u32,
    /// Requests harmed after that; 0 means all.
    pub times: u32,
}

impl TryFrom<Map<String, Value>> for Fault {
    type Error = serde_json::Error;

    /// `path`, `skip` and `times` beside the members of the kind; anything else is refused.
    fn try_from(mut members: Map<String, Value>) -> Result<Self, Self::Error> {
        let mut take = |name: &str| members.remove(name);
        let path = take("path")
            .map(serde_json::from_value)
            .transpose()?
            .unwrap_or_default();
        let skip = take("skip")
            .map(serde_json::from_value)
            .transpose()?
            .unwrap_or_default();
        let times = take("times")
            .map(serde_json::from_value)
            .transpose()?
            .unwrap_or_default();
        let kind = serde_json::from_value(Value::Object(members))?;
        Ok(Self {
            path,
            kind,
            skip,
            times,
        })
    }
}

/// A fault in force and how far it has come.
#[derive(Clone, Debug)]
pub(crate) struct Armed {
    fault: Fault,
    seen: u32,
    fired: u32,
}

impl Armed {
    pub(crate) fn new(fault: Fault) -> Self {
        Self {
            fault,
            seen: 0,
            fired: 0,
        }
    }

    /// The fault's kind if it acts on this request; counts the request either way.
    pub(crate) fn strike(&mut self, path: &str, place: Place) -> Option<FaultKind> {
        let fault = &self.fault;
        if !path.contains(&fault.path) || !fault.kind.fits(place) {
            return None;
        }
        self.seen = self.seen.saturating_add(1);
        let spent = fault.times != 0 && self.fired >= fault.times;
        if self.seen <= fault.skip || spent {
            return None;
        }
        self.fired = self.fired.saturating_add(1);
        Some(fault.kind.clone())
    }
}

#[cfg(test)]
mod tests;
