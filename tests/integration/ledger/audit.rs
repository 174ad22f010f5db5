//! A database that was synced has no finding; whatever is done to it behind our back is named.

use std::fs;
use std::path::PathBuf;

use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};
use serde_json::Value;

use crate::synced;

/// A synced database that can be put back after each damage.
struct Kept {
    state: State,
    copy: PathBuf,
}

impl Kept {
    fn new() -> Self {
        let state = synced();
        let copy = state.path("copy.db");
        let sql = format!("VACUUM INTO '{}'", copy.display());
        state.database().execute(&sql);
        Self { state, copy }
    }

    fn put_back(&self) {
        let path = self.state.dir().join("bulkhead.db");
        for end in ["", "-wal", "-shm"] {
            let mut file = path.clone().into_os_string();
            file.push(end);
            fs::remove_file(file).ok();
        }
        fs::copy(&self.copy, path).unwrap();
    }

    /// Does damage, and returns what the audit says then: exit code and answer.
    fn damaged(&self, sql: &str, arguments: &[&str]) -> (Option<i32>, Value) {
        self.put_back();
        self.state.database().execute(sql);
        let audit = ["audit", "verify", "--output", "json"];
        let ended = self.state.bulkhead(&[&audit, arguments].concat());
        let answer = serde_json::from_str(&ended.stdout);
        (
            ended.code,
            answer.unwrap_or_else(|_| panic!("{}", ended.stderr)),
        )
    }
}

/// The findings as lines: account, table, key, what.
fn lines(answer: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |finding: &Value| {
        let key: Vec<String> = finding["key"]
            .as_array()
            .unwrap()
            .iter()
            .map(text)
            .collect();
        let (account, table) = (text(&finding["account"]), text(&finding["table"]));
        format!(
            "{account} {table} {}: {}",
            key.join("/"),
            text(&finding["what"])
        )
    };
    answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect()
}

/// Damage, and what must be said among the findings; each with how many findings there are.
const DAMAGES: [(&str, usize, &str); 10] = [
    (
        "UPDATE ebay_orders SET total = '9.99' WHERE account_id = 1 AND order_id = '00-00000-00000'",
        2,
        "ebay_orders 00-00000-00000: total is '9.99', and its history says '2",
    ),
    (
        "UPDATE ebay_orders SET payload = '{}' WHERE account_id = 1 AND order_id = '00-00000-00000'",
        2,
        "shop ebay_orders 00-00000-00000: payload does not have the hash",
    ),
    (
        "DELETE FROM ebay_order_line_items WHERE account_id = 1 AND order_id = '00-00000-00000' AND line_item_id = '01'",
        1,
        "shop ebay_order_line_items 00-00000-00000/01: has no row, but ",
    ),
    (
        "UPDATE ebay_active_inventory SET ended_at = '2026-01-01T00:00:00.000Z' \
         WHERE item_id = '11001' AND account_id = 1",
        1,
        "shop ebay_active_inventory 11001/SKU-1/: ended_at is '2026-01-01T00:00:00.000Z', and",
    ),
    (
        "UPDATE ebay_active_inventory SET ended_at = NULL \
         WHERE ended_at IS NOT NULL AND account_id = 2 AND row_id = (SELECT min(row_id) \
         FROM ebay_active_inventory WHERE ended_at IS NOT NULL AND account_id = 2)",
        1,
        "ended_at is null, and its history says '",
    ),
    (
        "DELETE FROM ebay_events WHERE event_id = \
         (SELECT min(event_id) FROM ebay_events WHERE kind = 'ended')",
        3,
        "ebay_events : event ",
    ),
    (
        "DELETE FROM sync_windows WHERE row_id = (SELECT row_id FROM sync_windows WHERE account_id = 1 AND worker = 'orders' \
         ORDER BY end_at LIMIT 1 OFFSET 1)",
        1,
        "shop sync_windows orders: has a gap from ",
    ),
    (
        "DELETE FROM sync_windows WHERE worker = 'active_inventory' AND account_id = 2 \
         AND end_at = (SELECT max(end_at) FROM sync_windows \
         WHERE worker = 'active_inventory' AND account_id = 2)",
        1,
        "other sync_windows active_inventory: ends ",
    ),
    (
        "UPDATE sync_windows SET start_at = end_at WHERE row_id = (SELECT row_id FROM sync_windows WHERE account_id = 1 AND worker = 'orders' \
         ORDER BY end_at LIMIT 1 OFFSET 1)",
        1,
        "shop sync_windows orders: has a gap from ",
    ),
    (
        "UPDATE sync_state SET cursor = 'soon' WHERE account_id = 1 AND worker = 'orders'",
        1,
        "shop sync_state orders: cannot read sync_state.cursor",
    ),
];

#[test]
fn each_damage_is_found_and_named() {
    let kept = Kept::new();
    let (code, whole) = kept.damaged("SELECT 1", &[]);
    assert_eq!(code, Some(0), "{whole}");
    assert_eq!((&whole["found"], lines(&whole).len()), (&0.into(), 0));
    let counted = |sql: &str| Value::from(kept.state.database().number(sql));
    assert_eq!(whole["ledgers"], 4);
    assert_eq!(
        whole["stretches"],
        counted("SELECT count(*) FROM sync_windows")
    );
    assert_eq!(whole["events"], counted("SELECT count(*) FROM ebay_events"));
    assert_eq!(whole["rows"], 2 * (20 + 40 + 20));
    for (damage, count, expected) in DAMAGES {
        let (code, answer) = kept.damaged(damage, &[]);
        let lines = lines(&answer);
        assert_eq!(code, Some(4), "{damage}: {lines:#?}");
        assert_eq!(
            (&answer["found"], lines.len()),
            (&count.into(), count),
            "{damage}: {lines:#?}"
        );
        let told = lines.iter().any(|line| line.contains(expected));
        assert!(told, "{damage}: {lines:#?} / {expected}");
    }
}

#[test]
fn findings_are_told_to_people_and_of_one_account() {
    let kept = Kept::new();
    let damage = "UPDATE ebay_orders SET total = '9.99' WHERE account_id = 1 AND order_id = '00-00000-00000'";
    let (code, other) = kept.damaged(damage, &["--account", "other"]);
    assert_eq!((code, &other["found"]), (Some(0), &0.into()));
    assert_eq!((&other["ledgers"], &other["rows"]), (&2.into(), &80.into()));
    let (code, shop) = kept.damaged(damage, &["--account", "shop"]);
    assert_eq!((code, &shop["found"]), (Some(4), &2.into()));

    let ended = kept.state.bulkhead(&["audit", "verify"]);
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    for word in [
        "shop",
        "ebay_orders",
        "00-00000-00000",
        "'9.99'",
        "2 findings in 4 ledgers",
    ] {
        assert!(ended.stdout.contains(word), "{word} / {}", ended.stdout);
    }
    kept.put_back();
    let ended = kept.state.bulkhead(&["audit", "verify"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    assert!(
        ended.stdout.starts_with("nothing found in 4 ledgers"),
        "{}",
        ended.stdout
    );
    let nobody = kept
        .state
        .bulkhead(&["audit", "verify", "--account", "nobody"]);
    assert_eq!(nobody.code, Some(2), "{}", nobody.stdout);
    assert!(
        nobody.stderr.contains("there is no account nobody"),
        "{}",
        nobody.stderr
    );
}

#[test]
fn a_database_is_audited_beside_its_supervisor() {
    let state = synced();
    let service = state.start_service();
    let attempts = || state.database().number("SELECT count(*) FROM attempts");
    let before = attempts();
    for round in 1..=3 {
        wait_until("the service to work", LONG, || attempts() > before + round);
        let ended = state.bulkhead(&["audit", "verify"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    }
    let ended = state.stop_service(service);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}
