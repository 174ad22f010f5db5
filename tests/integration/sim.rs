//! The simulated eBay as its users meet it: the real binary, its commands, its answers.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

mod sim_binary;
mod sim_finances;
mod sim_post_order;

use std::{
    io::{self, Read},
    process::Command,
    time::Duration,
};

use serde_json::{Value, json};

use sim_binary::{Answer, Binary, SITE};

/// A page of everything modified in the year before `until`.
fn orders_path(until: &str, more: &str) -> String {
    let (year, rest) = until.split_once('-').unwrap();
    let rest = rest.replace("02-29", "02-28");
    let from = format!("{}-{rest}", year.parse::<u32>().unwrap() - 1);
    let filter = format!("lastmodifieddate:%5B{from}..{until}%5D");
    format!("/sell/fulfillment/v1/order?filter={filter}{more}")
}

fn account(more: &Value) -> Value {
    let mut spec = json!({ "cmd": "account", "name": "alpha", "token": "tok" });
    for (name, value) in more.as_object().unwrap() {
        spec[name] = value.clone();
    }
    spec
}

#[test]
fn pages_of_orders_add_up_to_the_truth() {
    let mut sim = Binary::start(7);
    sim.ok(&account(&json!({ "orders": 130 })));
    let advanced = sim.ask(&json!({ "cmd": "advance" }))["advanced"].clone();
    assert_eq!(advanced["cycle"], 1);
    let stamp = advanced["last_stamp"].as_str().unwrap();
    let (mut served, mut offset) = (Vec::new(), 0);
    loop {
        let page = sim
            .get(&orders_path(stamp, &format!("&limit=50&offset={offset}")))
            .json();
        assert_eq!(page["total"], 131);
        served.extend(page["orders"].as_array().unwrap().clone());
        if page.get("next").is_none() {
            break;
        }
        offset += 50;
    }
    let truth = sim.ask(&json!({ "cmd": "truth", "account": "alpha" }))["truth"].clone();
    let rows = truth["ebay_orders"].as_array().unwrap();
    let payloads: Vec<Value> = rows.iter().map(|row| row["payload"].clone()).collect();
    assert_eq!(served, payloads);
    let requests = sim.ask(&json!({ "cmd": "requests", "account": "alpha" }));
    assert_eq!(requests, json!({ "requests": { "orders": 3 } }));
}

#[test]
fn a_report_goes_from_task_to_zip_and_shows_its_moment() {
    let mut sim = Binary::start(7);
    sim.ok(&account(&json!({ "listings": 40 })));
    let id = sim.create_report();
    sim.ask(&json!({ "cmd": "advance" }));
    let task = sim
        .get(&format!("/sell/feed/v1/inventory_task/{id}"))
        .json();
    assert_eq!(
        (&task["status"], &task["taskId"]),
        (&json!("COMPLETED"), &json!(id))
    );
    let list = "/sell/feed/v1/inventory_task?feed_type=LMS_ACTIVE_INVENTORY_REPORT";
    assert_eq!(sim.get(list).json()["tasks"], json!([task]));
    let report = sim.get(&format!("/sell/feed/v1/task/{id}/download_result_file"));
    assert!(report.whole && report.header("content-disposition").is_some());
    assert_eq!(&report.body[..4], b"PK\x03\x04");
    let xml = inflate(&report.body);
    assert_eq!(xml.matches("<SKUDetails>").count(), 40);
    let missing = sim.get("/sell/feed/v1/task/task-10-1/download_result_file");
    assert_eq!(
        (missing.status, &missing.json()["errors"][0]["errorId"]),
        (404, &json!(160_014))
    );
}

fn inflate(zip: &[u8]) -> String {
    let mut text = String::new();
    let content = &zip[30 + "activeinventory.xml".len()..];
    flate2::read::DeflateDecoder::new(content)
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[test]
fn observation_makes_events_and_wrong_input_makes_errors() {
    let mut sim = Binary::start(3);
    sim.ok(&account(&json!({ "listings": 200 })));
    let observe = json!({ "cmd": "observe", "account": "alpha", "worker": "active_inventory" });
    let first = sim.ask(&observe)["observed"].as_u64().unwrap();
    assert!(first >= 200);
    assert_eq!(sim.ask(&observe)["observed"], 0);
    sim.ask(&json!({ "cmd": "advance" }));
    let more = sim.ask(&observe)["observed"].as_u64().unwrap();
    let events = sim.ask(&json!({ "cmd": "events", "account": "alpha" }))["events"].clone();
    assert_eq!(events.as_array().unwrap().len() as u64, first + more);
    for kind in ["created", "updated", "ended"] {
        assert!(
            events
                .as_array()
                .unwrap()
                .iter()
                .any(|event| event["kind"] == kind),
            "{kind}"
        );
    }
    for wrong in [
        json!({ "cmd": "truth", "account": "nobody" }),
        json!({ "cmd": "dance", "account": "alpha" }),
        json!({ "cmd": "fault", "account": "alpha", "kind": "no_such_kind" }),
        account(&json!({})),
    ] {
        assert!(sim.ask(&wrong)["error"].is_string(), "{wrong}");
    }
    let stranger = Answer::read(sim.send("GET", "/x", "Authorization: Bearer who\r\n", ""));
    assert_eq!(
        (stranger.status, &stranger.json()["errors"][0]["errorId"]),
        (401, &json!(1001))
    );
}

#[test]
fn faults_of_the_connection_do_what_they_say() {
    let mut sim = Binary::start(5);
    sim.ok(&account(&json!({ "orders": 30, "listings": 300 })));
    let stamp = sim.ask(&json!({ "cmd": "advance" }))["advanced"]["last_stamp"].clone();
    let page = orders_path(stamp.as_str().unwrap(), "&limit=200");
    let mut fault = |more: Value| {
        let mut command = json!({ "cmd": "fault", "account": "alpha", "times": 1 });
        for (name, value) in more.as_object().unwrap() {
            command[name] = value.clone();
        }
        sim.ok(&command);
    };
    fault(json!({ "path": "/order", "kind": "status", "status": 429, "retry_after": "2" }));
    fault(json!({ "path": "/order", "kind": "status", "status": 503, "html": true, "skip": 1 }));
    fault(json!({ "path": "/order", "kind": "cut_body", "after": 3000, "skip": 2 }));
    fault(json!({ "path": "/order", "kind": "malformed_json", "skip": 3 }));
    fault(json!({ "path": "/order", "kind": "not_modified_204", "skip": 4 }));
    fault(json!({ "path": "/order", "kind": "wrong_page_type", "html": true, "skip": 5 }));
    fault(json!({ "path": "download", "kind": "cut_body", "after": 5000 }));
    let busy = sim.get(&page);
    assert_eq!((busy.status, busy.header("retry-after")), (429, Some("2")));
    assert_eq!(busy.json()["errors"][0]["errorId"], 2001);
    let proxy = sim.get(&page);
    assert_eq!((proxy.status, &proxy.body[..6]), (503, &b"<html>"[..]));
    let cut = sim.get(&page);
    assert_eq!((cut.status, cut.whole, cut.body.len()), (200, false, 3000));
    let malformed = sim.get(&page);
    assert!(malformed.whole && serde_json::from_slice::<Value>(&malformed.body).is_err());
    assert_eq!(sim.get(&page).status, 204);
    assert_eq!(sim.get(&page).header("content-type"), Some("text/html"));
    assert_eq!(sim.get(&page).json()["total"], 31);
    let download = format!(
        "/sell/feed/v1/task/{}/download_result_file",
        sim.create_report()
    );
    let cut = sim.get(&download);
    assert_eq!((cut.whole, cut.body.len()), (false, 5000));
    assert!(sim.get(&download).whole);
}

#[test]
fn a_stalled_body_stays_silent_until_the_simulator_ends() {
    let mut sim = Binary::start(5);
    sim.ok(&account(
        &json!({ "listings": 300, "stall_download": true }),
    ));
    let path = format!(
        "/sell/feed/v1/task/{}/download_result_file",
        sim.create_report()
    );
    let mut stream = sim.send("GET", &path, "Authorization: Bearer tok\r\n", "");
    stream
        .set_read_timeout(Some(Duration::from_millis(400)))
        .unwrap();
    let mut raw = Vec::new();
    let silence = stream.read_to_end(&mut raw).unwrap_err();
    assert_eq!(silence.kind(), io::ErrorKind::WouldBlock);
    let answer = Answer::parse(&raw, &Err(silence));
    assert_eq!((answer.body.len(), answer.whole), (1024, false));
    drop(sim.stdin.take());
    assert!(sim.child.wait().unwrap().success());
}

#[test]
fn report_tasks_can_be_lost_late_unknown_and_limited() {
    let mut sim = Binary::start(5);
    sim.ok(&account(
        &json!({ "listings": 5, "report_limit": 1, "report_delay_ms": 3_600_000 }),
    ));
    let id = sim.create_report();
    let path = format!("/sell/feed/v1/inventory_task/{id}");
    for kind in ["task_lost", "status_unknown", "stall_headers"] {
        sim.ok(&json!({ "cmd": "fault", "account": "alpha", "kind": kind, "times": 1 }));
        let mut stream = sim.send("GET", &path, "Authorization: Bearer tok\r\n", "");
        if kind == "stall_headers" {
            stream
                .set_read_timeout(Some(Duration::from_millis(300)))
                .unwrap();
            assert_eq!(
                stream.read(&mut [0]).unwrap_err().kind(),
                io::ErrorKind::WouldBlock
            );
        } else {
            let answer = Answer::read(stream);
            assert_eq!(answer.status, if kind == "task_lost" { 404 } else { 200 });
            assert_ne!(answer.json()["status"], "IN_PROCESS");
        }
    }
    assert_eq!(sim.get(&path).json()["status"], "IN_PROCESS");
    assert_eq!(
        sim.get(&format!("/sell/feed/v1/task/{id}/download_result_file"))
            .status,
        404
    );
    for (site, status, id) in [(SITE, 409, 160_025), ("", 400, 160_027)] {
        let refused = sim.post_report(site);
        assert_eq!(refused.status, status);
        assert_eq!(refused.json()["errors"][0]["errorId"], id);
    }
}

#[test]
fn a_bulk_report_is_written_by_the_subcommand() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bulk.xml");
    let made = Command::new(env!("CARGO_BIN_EXE_ebay-sim"))
        .args(["bulk-report", "--bytes", "500000", "--seed", "9", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    let facts: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(facts["bytes"], std::fs::metadata(&out).unwrap().len());
    assert!(facts["rows"].as_u64() > facts["items"].as_u64());
}
