//! Purchases and messages, end to end: through pages, failures and tokens to rows.

use integration_tests::sim::{Fault, FaultKind, Sim};
use serde_json::json;

use crate::compare::assert_equal;
use crate::db;
use crate::history;
use crate::stage::{Stage, complaints, spec};

const ACCOUNT: &str = "tina";
const WORKERS: &str = "purchases,messages";

/// An account with so many purchases and messages.
fn stage(seed: u64, purchases: u32, messages: u32) -> (Stage, Sim) {
    let (stage, sim) = Stage::simulated(seed, "", &[]);
    let mut account = spec(ACCOUNT, 0, 0);
    (account.purchases, account.messages) = (purchases, messages);
    sim.account(account).unwrap();
    stage.account_with(ACCOUNT, WORKERS);
    (stage, sim)
}

/// The worker's table is what eBay has, and its history folds to it.
fn assert_mirrored(stage: &Stage, sim: &Sim, worker: &str) {
    assert_equal(sim, &stage.db(), ACCOUNT, worker);
    history::assert_folds(&stage.db(), ACCOUNT);
}

fn requests(sim: &Sim, call: &str) -> u64 {
    sim.requests(ACCOUNT)
        .unwrap()
        .get(call)
        .copied()
        .unwrap_or(0)
}

#[test]
fn the_database_is_what_ebay_has() {
    let (stage, sim) = stage(7, 230, 500);
    stage.once_well();
    for worker in ["purchases", "messages"] {
        assert_mirrored(&stage, &sim, worker);
    }
    assert!(requests(&sim, "GetOrders") > 3, "there are pages");
    for _ in 0..3 {
        sim.advance();
        db::make_due(&stage.db(), ACCOUNT);
        stage.once_well();
        assert_mirrored(&stage, &sim, "purchases");
    }
    let kinds = |kind: &str| {
        let all = db::table(&stage.db(), "ebay_events", ACCOUNT);
        all.iter()
            .filter(|event| event["entity"] == "purchase" && event["kind"] == kind)
            .count()
    };
    assert!(kinds("updated") > 10);
}

/// What a run of purchases ended with under this fault, and how many calls it made.
fn under(kind: FaultKind, times: u32) -> (String, u64) {
    let (stage, sim) = stage(8, 130, 0);
    let fault = Fault {
        path: "GetOrders".to_owned(),
        kind,
        skip: 1,
        times,
    };
    sim.fault(ACCOUNT, fault).unwrap();
    let ended = stage.once();
    let run = db::last_run(&stage.db(), ACCOUNT, "purchases");
    let failed = run.row["detail"].as_str().unwrap_or_default().to_owned();
    let words = match run.row["outcome"].as_str() {
        Some("completed") => "completed".to_owned(),
        _ => format!("{failed}: {}", run.what()),
    };
    if words == "completed" {
        assert_mirrored(&stage, &sim, "purchases");
    } else {
        assert_ne!(ended.code, Some(0), "{}", complaints(&ended));
    }
    (words, requests(&sim, "GetOrders"))
}

#[test]
fn failures_are_never_success() {
    let ack = |code: u32| FaultKind::AckFailure { code };
    let cases = [
        (ack(37), "bad_data: Ack is Failure: 37"),
        (ack(841), "forbidden: Ack is Failure: 841"),
        (ack(518), "throttled: Ack is Failure: 518"),
        (ack(932), "unauthorized: Ack is Failure: 932"),
        (ack(10_007), "transient: Ack is Failure: 10007"),
        (ack(340), "incomplete: Ack is Failure: 340"),
        (
            FaultKind::AckPartialFailure {},
            "bad_data: Ack is PartialFailure: 21916250",
        ),
        (FaultKind::TruncatedXml {}, "incomplete: document ends"),
        (FaultKind::UnbalancedXml {}, "bad_data: "),
        (FaultKind::InvalidUtf8 {}, "bad_data: invalid UTF-8"),
        (FaultKind::Doctype {}, "bad_data: document has a DOCTYPE"),
        (FaultKind::NotModified204 {}, "bad_data: eBay answered 204"),
        (FaultKind::DuplicateItem {}, "incomplete: "),
        (FaultKind::TotalLies { by: 1 }, "incomplete: "),
        (FaultKind::EmptyPage {}, "incomplete: "),
    ];
    for (fault, expected) in cases {
        let (words, _) = under(fault.clone(), 0);
        assert!(words.starts_with(expected), "{fault:?}: {words}");
    }
}

#[test]
fn what_passes_is_tried_again() {
    let cases = [
        FaultKind::AckFailure { code: 10_007 },
        FaultKind::AckFailure { code: 340 },
        FaultKind::TotalChanges {},
        FaultKind::CutBody { after: 700 },
    ];
    for fault in cases {
        let (words, _) = under(fault.clone(), 1);
        assert_eq!(words, "completed", "{fault:?}");
    }
}

#[test]
fn an_expired_token_asks_for_another() {
    let (stage, sim) = stage(9, 130, 20);
    let fault = Fault {
        path: String::new(),
        kind: FaultKind::TokenExpired {},
        skip: 2,
        times: 0,
    };
    sim.fault(ACCOUNT, fault).unwrap();
    let ended = stage.once();
    assert_ne!(ended.code, Some(0), "there is no other token");
    let run = db::last_run(&stage.db(), ACCOUNT, "purchases");
    assert_eq!(run.row["detail"], json!("unauthorized"));
    assert!(run.what().contains("21917053"), "{}", run.what());

    let fresh = "v^1.1#i^1#FRESH";
    sim.renew(ACCOUNT, fresh).unwrap();
    stage.set_token(ACCOUNT, fresh);
    db::make_due(&stage.db(), ACCOUNT);
    stage.once_well();
    for worker in ["purchases", "messages"] {
        assert_mirrored(&stage, &sim, worker);
    }
}
