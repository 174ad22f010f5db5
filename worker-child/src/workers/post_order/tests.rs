//! Pages, probes and details as a conversation, for all three.

use serde_json::json;
use shared::attempt::RescanOrder;
use shared::time::Timestamp;

use super::*;
use crate::workers::rescan::Rescanned;
use crate::workers::step::{Step, SyncWorker};
use crate::workers::{cases, inquiries, returns};

mod contradictions;
mod requests;
mod samples;
mod totals;

const DAY: i64 = 24 * 3_600_000;

/// One of the three: how its reader is made, its path, id, total and creation parameters.
type Kind = (
    fn(&str) -> PostOrder,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const KINDS: [Kind; 3] = [
    (
        returns::reader,
        "/post-order/v2/return",
        "returnId",
        "total",
        "creation_date_range",
    ),
    (
        inquiries::reader,
        "/post-order/v2/inquiry",
        "inquiryId",
        "totalNumberOfInquiries",
        "inquiry_creation_date_range",
    ),
    (
        cases::reader,
        "/post-order/v2/casemanagement",
        "caseId",
        "totalNumberOfCases",
        "case_creation_date_range",
    ),
];

/// A run over one day, and over the open ones of the day before it if `open`.
struct Talk {
    run: Rescanned<PostOrder>,
    kind: Kind,
    out: Vec<Record>,
}

impl Talk {
    fn new(kind: Kind, open: bool) -> Self {
        let order = RescanOrder {
            from: Timestamp(DAY),
            open_from: Timestamp(if open { 0 } else { DAY }),
            until: Timestamp(2 * DAY),
        };
        let run = Rescanned::new(order, Timestamp(i64::MAX), (kind.0)("EBAY_GB"));
        Self {
            run,
            kind,
            out: Vec::new(),
        }
    }

    fn step(&mut self, reply: Reply) -> Result<Step, Failure> {
        self.run.step(reply, Timestamp(0))
    }

    fn begin(&mut self) -> Step {
        self.step(Reply::Go).unwrap()
    }

    fn item(&mut self, item: &Json) -> Result<(), ParseError> {
        self.run
            .records(Item::Json(&item.to_string()), &mut self.out)
    }

    /// A page that tells its total twice.
    fn page(&mut self, total: u64, members: &[Json]) -> Result<Step, Failure> {
        for member in members {
            self.item(member).unwrap();
        }
        let output = json!({"limit": 200, "offset": 0, "totalEntries": total, "totalPages": 1});
        let around = json!({self.kind.3: total, "paginationOutput": output});
        self.around(around, Member::Array, members.len() as u64)
    }

    fn around(&mut self, around: Json, list: Member, items: u64) -> Result<Step, Failure> {
        let Json::Object(members) = around else {
            panic!("not an object");
        };
        self.step(Reply::Page(Page {
            members,
            list,
            items,
        }))
    }

    fn ids(&mut self, total: u64, ids: &[u64]) -> Result<Step, Failure> {
        let members: Vec<Json> = ids.iter().map(|id| self.summary(*id)).collect();
        self.page(total, &members)
    }

    fn summary(&self, id: u64) -> Json {
        json!({self.kind.2: id, "buyer": "b"})
    }

    /// The body of a detail: what eBay must send with it.
    fn detail(&self, id: u64) -> Json {
        match self.kind.2 {
            "returnId" => json!({"detail": {"marketplaceId": "EBAY_GB"}}),
            name => json!({name: id.to_string()}),
        }
    }
}

fn probed(step: &Step) -> Vec<(String, String)> {
    let Step::Probe(probe) = step else {
        panic!("no probe: {step:?}");
    };
    let items = probe.items.iter();
    items
        .map(|item| (item.key.concat(), item.version.clone()))
        .collect()
}

fn request(step: &Step) -> &Request {
    let Step::Fetch(request) = step else {
        panic!("no request: {step:?}");
    };
    request
}

fn asks(step: &Step, name: &str) -> Option<String> {
    let found = request(step).query.iter().find(|(key, _)| *key == name);
    found.map(|(_, value)| value.clone())
}
