//! A backfill of 90 days beside an account that is up to date, with one slot for both: the real
//! `bulkhead`, the real child, the simulated eBay.

use std::fs;
use std::time::Duration;

use integration_tests::harness::build::binaries;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{now_ms, wait_until};
use integration_tests::sim::{AccountSpec, Sim};
use tokio::runtime::Runtime;

const DAY: i64 = 24 * 3_600_000;

const SETTINGS: &str = r#"
accounts_at_once = 1
[log]
format = "json"
[sync]
lag = "0ms"
overlap = "1s"
first_span = "90d"
step = "30m"
interval = { orders = "200ms" }
[timeouts]
ready = "30s"
deadline = "2s"
"#;

/// RFC 3339 text of a moment, as the database's clock writes it.
fn text(state: &State, ms: i64) -> String {
    let sql = format!("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', {ms} / 1000.0, 'unixepoch')");
    state.database().value(&sql).as_str().unwrap().to_owned()
}

fn add(state: &State, name: &str) {
    let file = state.token_file(name);
    fs::write(&file, format!("v^1.1#i^1#{name}")).unwrap();
    let file = file.to_str().unwrap();
    let environment = ["--environment", "simulated", "--workers", "orders"];
    let args = ["account", "add", name, "--token-file", file];
    let ended = state.bulkhead(&[args.as_slice(), &environment].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

/// Two accounts, one of which begins an hour ago.
fn stage(sim: &Sim) -> State {
    for name in ["behind", "fresh"] {
        let spec = AccountSpec {
            orders: 300,
            history_ms: 80 * 24 * 3_600_000,
            ..AccountSpec::new(name, &format!("v^1.1#i^1#{name}"))
        };
        sim.account(spec).unwrap();
    }
    let (url, child) = (sim.url(), binaries().worker_child.display());
    let state = State::empty();
    state.write_config(&format!(
        "worker_child = \"{child}\"\n{SETTINGS}\n[environments.simulated]\n\
         api = \"{url}\"\napiz = \"{url}\"\n"
    ));
    add(&state, "behind");
    add(&state, "fresh");
    let recent = text(&state, now_ms() - 3_600_000);
    let set = state.bulkhead(&["cursor", "set", "fresh", "orders", &recent]);
    assert_eq!(set.code, Some(0), "{}", set.stderr);
    state
}

#[test]
fn a_backfill_goes_on_run_after_run_and_passes_nobody() {
    let runtime = Runtime::new().unwrap();
    let sim = runtime.block_on(Sim::start(7)).unwrap();
    let state = stage(&sim);
    let service = state.start_service();
    let lag = "SELECT (julianday('now') - julianday(cursor)) * 86400000 < 60000 FROM sync_state \
               JOIN accounts USING (account_id) WHERE name = 'behind' AND cursor IS NOT NULL \
               UNION ALL SELECT 0";
    wait_until("the backfill is done", Duration::from_mins(5), || {
        state.database().rows(lag)[0].values().next().unwrap() == 1
    });
    let stopped = state.stop_service(service);
    assert_eq!(stopped.code, Some(0), "{}", stopped.stderr);

    let runs = state.database().rows(
        "SELECT name, outcome, cursor_before, cursor_after, slices, \
         json_extract(decision, '$.why') LIKE '%more is left%' AS backlog \
         FROM runs JOIN accounts USING (account_id) ORDER BY attempt_id",
    );
    let names: Vec<&str> = runs
        .iter()
        .map(|run| run["name"].as_str().unwrap())
        .collect();
    let behind = |run: &&integration_tests::harness::rows::Row| run["name"] == "behind";
    let backlogs = runs.iter().filter(behind).filter(|run| run["backlog"] == 1);
    let backlogs = backlogs.count();
    assert!(backlogs >= 2, "one run was enough: {runs:?}");
    for run in runs.iter().filter(behind).take(backlogs) {
        assert_eq!(run["outcome"], "completed", "{run:?}");
        assert!(
            run["slices"].as_i64() > Some(1),
            "slice after slice: {run:?}"
        );
        let (before, after) = (&run["cursor_before"], &run["cursor_after"]);
        assert!(before.as_str() < after.as_str(), "{run:?}");
    }
    let last = names.iter().rposition(|name| *name == "behind").unwrap();
    for pair in names[..last].windows(2) {
        assert!(pair != ["behind"; 2], "it passed the staler one: {names:?}");
    }
    let stored = "SELECT count(*) FROM ebay_orders JOIN accounts USING (account_id) \
                  WHERE name = 'behind'";
    assert_eq!(state.database().number(stored), 300);
    let audit = state.bulkhead(&["audit", "verify"]);
    assert_eq!(audit.code, Some(0), "{}", audit.stdout);
    let cursor = state.json(&["cursor", "show", "behind", "orders"]);
    let since = cursor["since"].as_str().unwrap();
    assert!(
        since < text(&state, now_ms() - 89 * DAY).as_str(),
        "{cursor}"
    );
}
