//! The source `oauth`: one exchange in a token child, and what becomes of each answer.

use integration_tests::harness::process::alive;
use integration_tests::harness::wait::{LONG, wait_until};
use integration_tests::sim::DeskFault;

use crate::stage::{Stage, lines};

const NO_TOKEN: &str = "the account has no access token";

#[test]
fn a_refresh_token_is_enough() {
    let stage = Stage::new();
    stage.connected("shop");
    stage.once_well();
    assert_eq!((stage.orders(), stage.asked("refresh")), (3, 1));
    assert_eq!(stage.trouble("shop").0, "");
    let left = stage.state.dir().join("attempts").read_dir().unwrap();
    assert_eq!(left.count(), 0, "no directory is left");
    assert!(alive(&stage.state.dir()).is_empty());
}

#[test]
fn a_token_serves_until_less_than_ten_minutes_remain() {
    let stage = Stage::new();
    stage.connected("shop");
    let attempts = "SELECT count(*) FROM attempts WHERE ended_at IS NOT NULL";
    let serve = |more: i64| {
        let service = stage.state.start_service();
        let database = stage.state.database();
        let before = database.number(attempts);
        wait_until("attempts", LONG, || {
            database.number(attempts) >= before + more
        });
        let ended = stage.state.stop_service(service);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        database.number(attempts) - before
    };
    serve(4);
    assert_eq!(
        stage.asked("refresh"),
        1,
        "one for all attempts of a service"
    );
    stage.sim.token_lifetime(599);
    let begun = serve(4);
    let asked = stage.asked("refresh") - 1;
    assert!(asked >= 4, "one for each attempt: {asked} of {begun}");
}

#[test]
fn a_token_that_is_refused_is_replaced_within_the_run() {
    let stage = Stage::new();
    stage.connected("shop");
    stage.sim.desk_fault(Some(DeskFault::Useless(1)));
    stage.once_well();
    assert_eq!((stage.orders(), stage.asked("refresh")), (3, 2));
}

#[test]
fn a_seller_who_took_consent_back_is_told_of_once_and_asked_no_more() {
    let stage = Stage::new();
    stage.connected("shop");
    stage.sim.revoke("shop");
    let first = stage.state.once();
    assert_eq!(first.code, Some(1), "{}", first.stderr);
    let (word, detail, again) = stage.trouble("shop");
    assert_eq!((word.as_str(), again), ("needs_reconnect", false));
    assert!(detail.contains("invalid_grant"), "{detail}");
    assert!(
        detail.contains("bulkhead account set-token shop --oauth"),
        "{detail}"
    );
    assert_eq!(lines(&first.stderr, NO_TOKEN), 1, "{}", first.stderr);
    let second = stage.state.once();
    assert_eq!(second.code, Some(1), "{}", second.stderr);
    assert_eq!(lines(&second.stderr, NO_TOKEN), 0, "{}", second.stderr);
    assert_eq!(stage.asked("refresh"), 1, "not in a loop");
    let status = stage.state.bulkhead(&["status"]).stdout;
    assert!(
        status.contains("needs_reconnect") && status.contains("set-token shop"),
        "{status}"
    );
    assert_eq!(
        stage
            .state
            .database()
            .number("SELECT count(*) FROM attempts"),
        0
    );

    let fresh = stage.sim.refresh_token("shop").unwrap();
    let args = [
        "account",
        "set-token",
        "shop",
        "--refresh-token-file",
        &stage.written(&fresh),
    ];
    assert_eq!(stage.state.bulkhead(&args).code, Some(0));
    stage.once_well();
    assert_eq!((stage.orders(), stage.trouble("shop").0.as_str()), (3, ""));
}

#[test]
fn fresh_tokens_that_are_refused_need_consent_too() {
    let stage = Stage::new();
    stage.connected("shop");
    stage.sim.desk_fault(Some(DeskFault::Useless(99)));
    let ended = stage.state.once();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert_eq!(stage.trouble("shop").0, "needs_reconnect");
    assert_eq!(stage.asked("refresh"), 2, "one at the start, one fresher");
    stage.state.once();
    assert_eq!(stage.asked("refresh"), 2);
}

#[test]
fn a_network_that_is_down_when_a_token_is_refused_needs_no_consent() {
    let stage = Stage::new();
    stage.connected("shop");
    stage.sim.desk_fault(Some(DeskFault::UselessThenDown));
    let ended = stage.state.once();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let (word, detail, again) = stage.trouble("shop");
    assert_eq!(
        (word.as_str(), again),
        ("token_unavailable", true),
        "{detail}"
    );
    assert!(detail.contains("503"), "{detail}");
    assert_eq!(stage.asked("refresh"), 2);
}

#[test]
fn what_is_not_the_sellers_doing_is_tried_again_later() {
    let faults = [
        DeskFault::Status(503),
        DeskFault::Status(429),
        DeskFault::Malformed,
        DeskFault::Strange,
        DeskFault::Past,
        DeskFault::Silence,
    ];
    let stage = Stage::new();
    for (number, fault) in faults.iter().enumerate() {
        stage.connected(&format!("shop{number}"));
        stage.sim.desk_fault(Some(fault.clone()));
        let ended = stage.state.once();
        assert_eq!(ended.code, Some(1), "{fault:?}: {}", ended.stderr);
        let (word, detail, again) = stage.trouble(&format!("shop{number}"));
        assert_eq!(
            (word.as_str(), again),
            ("token_unavailable", true),
            "{fault:?}: {detail}"
        );
        assert!(!detail.is_empty() && !detail.contains("v^1.1#"), "{detail}");
    }
    let asked = stage.asked("refresh");
    stage.sim.desk_fault(None);
    stage.state.once();
    assert_eq!(stage.asked("refresh"), asked, "not before its time");
    assert_eq!(
        stage
            .state
            .database()
            .number("SELECT count(*) FROM crash_reports"),
        0
    );
}

#[test]
fn an_application_that_is_refused_or_missing_needs_setup() {
    let stage = Stage::new();
    stage.connected("shop");
    assert_eq!(stage.set_application("another").code, Some(0));
    stage.state.once();
    let (word, detail, again) = stage.trouble("shop");
    assert_eq!((word.as_str(), again), ("needs_setup", true));
    assert!(
        detail.contains("invalid_client") && detail.contains("application set"),
        "{detail}"
    );
}
