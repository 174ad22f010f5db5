//! The life of an item as it is told: what was asked for, in words and as data.

use integration_tests::harness::state::State;
use serde_json::{Value, json};

use crate::synced;

fn history(state: &State, arguments: &[&str]) -> Value {
    state.json(&[&["history"], arguments].concat())
}

fn kinds(item: &Value) -> Vec<&str> {
    let events = item["events"].as_array().unwrap().iter();
    events
        .map(|event| event["kind"].as_str().unwrap())
        .collect()
}

#[test]
fn an_order_tells_every_change() {
    let state = synced();
    // Modified by the second change of the world only.
    let order = "01-00007-00013";
    let answer = history(&state, &["order", order, "--account", "shop"]);
    let items = answer.as_array().unwrap();
    assert_eq!(items.len(), 1, "{answer}");
    let item = &items[0];
    for (name, value) in [
        ("account", json!("shop")),
        ("entity", json!("order")),
        ("key", json!([order])),
        ("state", json!("open")),
        ("ended_at", Value::Null),
        ("events_total", json!(2)),
    ] {
        assert_eq!(item[name], value, "{name}: {item}");
    }
    assert_eq!(kinds(item), ["created", "updated"]);
    let [created, updated] = [&item["events"][0], &item["events"][1]];
    let total = json!({"column": "total", "old": "20.50", "new": "22.50"});
    assert!(
        updated["columns"].as_array().unwrap().contains(&total),
        "{updated}"
    );
    assert_eq!(
        (&created["run"], &created["worker"]),
        (&json!(0), &json!("orders"))
    );
    assert_eq!(created["payload"], json!([]));
    let row = state.database().row(
        "SELECT recorded_at, ebay_time, attempt_id FROM ebay_events WHERE account_id = 1 \
         AND entity = 'order' AND kind = 'updated' AND entity_key = '[\"01-00007-00013\"]'",
    );
    for (told, stored) in [("recorded_at", "recorded_at"), ("ebay_time", "ebay_time")] {
        assert_eq!(updated[told], row[stored], "{told}");
    }
    assert_eq!(updated["attempt"], row["attempt_id"]);

    let ended = state.bulkhead(&["history", "order", order, "--account", "shop"]);
    for words in [
        "order 01-00007-00013 of shop: open",
        " created, by eBay's time ",
        "(orders)",
        "      total: \"20.50\"\n",
        "      total: \"20.50\" → \"22.50\"\n",
    ] {
        assert!(ended.stdout.contains(words), "{words} / {}", ended.stdout);
    }
}

#[test]
fn a_listing_ends_and_comes_back() {
    let state = synced();
    // Gone with the first change of the world, back with the second.
    let answer = history(
        &state,
        &["listing", "11004", "SKU-4", "", "--account", "shop"],
    );
    let item = &answer[0];
    assert_eq!(kinds(item), ["created", "ended", "reopened"], "{answer}");
    let [ended, reopened] = [&item["events"][1], &item["events"][2]];
    let at = &ended["columns"][0]["new"];
    assert_eq!(
        ended["columns"],
        json!([{"column": "ended_at", "old": null, "new": at}])
    );
    let back = json!({"column": "ended_at", "old": at, "new": null});
    assert!(
        reopened["columns"].as_array().unwrap().contains(&back),
        "{reopened}"
    );
    // Changed with the first, gone with the second.
    let answer = history(&state, &["listing", "11008", "--account", "other"]);
    assert_eq!(
        (kinds(&answer[0]), &answer[0]["state"]),
        (vec!["created", "updated", "ended"], &json!("ended"))
    );
    assert!(answer[0]["ended_at"].is_string());
}

#[test]
fn every_item_that_the_first_part_begins_is_told() {
    let state = synced();
    let answer = history(&state, &["order_line_item", "02-00014-00026"]);
    let found: Vec<(&Value, &Value)> = answer
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (&item["account"], &item["key"][1]))
        .collect();
    let expected = [
        ("shop", "21"),
        ("shop", "22"),
        ("other", "21"),
        ("other", "22"),
    ];
    let expected = expected.map(|(account, line)| (json!(account), json!(line)));
    assert_eq!(
        found,
        expected.each_ref().map(|(account, line)| (account, line))
    );
    let one = history(&state, &["order_line_item", "02-00014-00026", "22"]);
    assert_eq!(one.as_array().unwrap().len(), 2, "{one}");
}

#[test]
fn what_only_the_payload_tells_is_told_by_path() {
    let state = synced();
    let insert = |kind: &str, payload: &str| {
        state.database().execute(&format!(
            "INSERT INTO ebay_events (account_id, entity, entity_key, kind, changes, payload, \
             recorded_at, attempt_id, run_no) VALUES (1, 'return', '[\"5/a\"]', '{kind}', '{{}}', \
             '{payload}', '2026-01-01T00:00:00.000Z', 999, 0)"
        ));
    };
    insert("created", r#"{"a":{"b":[1,2]}}"#);
    insert("updated", r#"{"a":{"b":[1,3]},"c":"new"}"#);
    insert("reshaped", r#"{"a":{"b":[1,3]}}"#);
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(1 << 20));
    insert("updated", &large);
    let answer = history(&state, &["return", "5/a"]);
    let item = &answer[0];
    assert_eq!(item["state"], "missing");
    assert_eq!(kinds(item), ["created", "updated", "reshaped", "updated"]);
    let paths: Vec<&Value> = item["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["payload"])
        .collect();
    let changed = json!([
        {"path": "$.a.b[1]", "old": "2", "new": "3"},
        {"path": "$.c", "old": null, "new": "\"new\""},
    ]);
    let gone = json!([{"path": "$.c", "old": "\"new\"", "new": null}]);
    assert_eq!(paths, [&json!([]), &changed, &gone, &Value::Null]);
    assert_eq!(
        item["events"][0]["worker"],
        Value::Null,
        "its run is forgotten"
    );

    let ended = state.bulkhead(&["history", "return", "5/a", "--limit", "3"]);
    for words in [
        "return 5/a of shop: missing\n  … 1 earlier events\n",
        "      $.a.b[1]: 2 → 3\n",
        "      $.c: nothing → \"new\"\n",
        "reshaped (told otherwise, not changed), attempt 999 run 0 (forgotten)",
        "cannot be compared",
    ] {
        assert!(ended.stdout.contains(words), "{words} / {}", ended.stdout);
    }
    assert!(!ended.stdout.contains(" created"), "{}", ended.stdout);
}

#[test]
fn what_is_not_known_is_refused() {
    let state = synced();
    let cases: [(&[&str], &str); 5] = [
        (
            &["order", "99"],
            "no order 99 was ever stored; its key is order_id",
        ),
        (
            &["order", "99", "--account", "shop"],
            "no order 99 of shop was ever stored",
        ),
        (
            &["order", "01-00007-00013", "--account", "nobody"],
            "there is no account nobody",
        ),
        (
            &["sock", "1"],
            "there is no such entity; there are order, order_line_item, listing",
        ),
        (&["listing", "11001", "--limit", "0"], "--limit"),
    ];
    for (arguments, words) in cases {
        let ended = state.bulkhead(&[&["history"], arguments].concat());
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.stdout);
        assert!(ended.stderr.contains(words), "{words} / {}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
}
