//! `bulkhead cursor show|set` as a person uses it.

use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};
use serde_json::Value;

fn synced() -> State {
    let state = State::new();
    state.add_account("shop", "orders,active_inventory", "count=20");
    let ended = state.once();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    state
}

/// The cursor of orders, moved by a modifier of SQLite's.
fn moved(state: &State, modifier: &str) -> String {
    let sql = format!(
        "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', cursor, '{modifier}') FROM sync_state \
         WHERE worker = 'orders'"
    );
    state.database().value(&sql).as_str().unwrap().to_owned()
}

fn show(state: &State) -> Value {
    state.json(&["cursor", "show", "shop", "orders"])
}

#[test]
fn set_back_everything_after_it_is_read_again_and_nothing_is_doubled() {
    let state = synced();
    let counted = "SELECT count(*) FROM ebay_events";
    let events = state.database().number(counted);
    let back = moved(&state, "-30 hours");
    let args = ["cursor", "set", "shop", "orders", &back];
    let set = state.bulkhead(&[args.as_slice(), &["--reason", "a doubt"]].concat());
    assert_eq!(set.code, Some(0), "{}", set.stderr);
    assert!(set.stdout.contains("reads again from"), "{}", set.stdout);
    assert_eq!(show(&state)["cursor"], Value::from(back.clone()));
    assert_eq!(state.bulkhead(&["audit", "verify"]).code, Some(0));
    assert_eq!(state.once().code, Some(0));
    let run = state.database().row(
        "SELECT cursor_before, slices, created, updated FROM runs WHERE worker = 'orders' \
         ORDER BY attempt_id DESC LIMIT 1",
    );
    assert_eq!(run["cursor_before"], Value::from(back));
    assert!(run["slices"].as_i64() >= Some(3), "{run:?}");
    assert_eq!((&run["created"], &run["updated"]), (&0.into(), &0.into()));
    assert_eq!(state.database().number(counted), events);
    let audit = state.bulkhead(&["audit", "verify"]);
    assert_eq!(audit.code, Some(0), "{}", audit.stdout);
    assert_eq!(show(&state)["moves"][0]["reason"], "a doubt");
}

#[test]
fn set_forward_needs_consent_and_leaves_a_gap_that_the_audit_shows() {
    let state = synced();
    let back = moved(&state, "-30 hours");
    let set = |time: &str, more: &[&str]| {
        let args = ["cursor", "set", "shop", "orders", time];
        state.bulkhead(&[args.as_slice(), more].concat())
    };
    assert_eq!(set(&back, &[]).code, Some(0));
    let forward = moved(&state, "+20 hours");
    let before = show(&state);
    for (more, says) in [
        (&[][..], "--accept-gap"),
        (&["--accept-gap"], "--reason"),
        (&["--accept-gap", "--reason", " "], "nothing was changed"),
    ] {
        let refused = set(&forward, more);
        assert_eq!(refused.code, Some(2), "{more:?}");
        assert!(refused.stderr.contains(says), "{}", refused.stderr);
    }
    let future = set("2100-01-01T00:00:00Z", &["--accept-gap", "--reason", "x"]);
    assert_eq!(future.code, Some(2));
    let args = ["cursor", "set", "shop", "active_inventory", &back];
    let snapshot = state.bulkhead(&args);
    assert_eq!(snapshot.code, Some(2));
    assert!(
        snapshot.stderr.contains("reads everything"),
        "{}",
        snapshot.stderr
    );
    assert_eq!(show(&state), before, "nothing was written");

    let done = set(&forward, &["--accept-gap", "--reason", "eBay lost it"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let audit = state.bulkhead(&["audit", "verify"]);
    assert_eq!(audit.code, Some(0), "{}", audit.stdout);
    assert!(
        audit
            .stdout
            .contains("not read, as declared: orders of shop")
    );
    assert!(audit.stdout.contains("eBay lost it"), "{}", audit.stdout);
    let gaps = state.json(&["audit", "verify"])["gaps"].clone();
    assert_eq!(
        (&gaps[0]["start"], &gaps[0]["end"]),
        (&back.into(), &forward.into())
    );
    assert_eq!(state.once().code, Some(0));
    assert_eq!(state.bulkhead(&["audit", "verify"]).code, Some(0));
    assert_eq!(show(&state)["gaps"][0]["reason"], "eBay lost it");
}

#[test]
fn while_the_account_runs_it_is_refused() {
    let state = synced();
    let back = moved(&state, "-30 hours");
    let before = show(&state);
    state.set_script("shop", "count=20;orders=hung");
    let pass = state.start_once();
    let running = "SELECT count(*) FROM attempts WHERE ended_at IS NULL AND pid IS NOT NULL";
    wait_until("the attempt runs", LONG, || {
        state.database().number(running) == 1
    });
    let refused = state.bulkhead(&["cursor", "set", "shop", "orders", &back]);
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("is being synced"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("nothing was changed"));
    let after = show(&state);
    assert_eq!(after["moves"], before["moves"]);
    assert_eq!(after["since"], before["since"]);
    state.stop_service(pass);
}
