//! What the simulator says of returns, inquiries and cases, asked by hand.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use integration_tests::sim::{AccountSpec, Sim};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::{faults, folder};

/// Paths and the members with the id of the three.
const THREE: [(&str, &str); 3] = [
    ("return", "returnId"),
    ("inquiry", "inquiryId"),
    ("casemanagement", "caseId"),
];

fn get(port: u16, path: &str) -> Value {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let limit = Some(Duration::from_secs(20));
    stream.set_read_timeout(limit).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Authorization: IAF tok\r\nX-EBAY-C-MARKETPLACE-ID: EBAY_US\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
}

#[test]
fn searches_and_details_conform_in_every_state() {
    let Some(folder) = folder() else { return };
    let runtime = Runtime::new().unwrap();
    let sim = runtime.block_on(Sim::start(41)).unwrap();
    let mut account = AccountSpec::new("anna", "tok");
    (account.returns, account.inquiries, account.cases) = (60, 60, 60);
    sim.account(account).unwrap();
    sim.advance();
    sim.keep_exchanges();
    let mut details = 0;
    for (path, id) in THREE {
        let path = format!("/post-order/v2/{path}");
        get(sim.port(), &format!("{path}/search?item_id=1"));
        let page = get(sim.port(), &format!("{path}/search?limit=200&offset=0"));
        for member in page["members"].as_array().unwrap() {
            let text = member[id].to_string();
            get(sim.port(), &format!("{path}/{}", text.trim_matches('"')));
            details += 1;
        }
    }
    assert!(details > 60, "{details}");
    let mut wrong: Vec<String> = sim
        .exchanges()
        .iter()
        .flat_map(|exchange| faults(&folder, exchange))
        .collect();
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
