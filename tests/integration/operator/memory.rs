//! Memory against its limit in `status`: exact for a worker that was alone, a bound for others.

use integration_tests::harness::state::State;

#[test]
fn status_shows_what_a_worker_needed() {
    let state = State::new();
    state.add_account("alone", "orders", "orders=needs-30");
    state.add_account("pair", "orders,returns", "orders=needs-20");
    let none = state.json(&["status"]);
    assert_eq!(none[0]["peak_memory"], serde_json::Value::Null);
    assert_eq!(state.once().code, Some(0));
    let status = state.json(&["status"]);
    let peak = |row: usize, key: &str| status[row][key].as_u64();
    assert_eq!(status[0]["memory_limit"], 64 << 20);
    assert!(peak(0, "peak_memory").unwrap() > 20 << 20, "{status}");
    assert_eq!(peak(0, "peak_memory_shared"), None);
    assert_eq!(peak(1, "peak_memory"), None);
    assert!(
        peak(1, "peak_memory_shared").unwrap() > 10 << 20,
        "{status}"
    );
    let text = state.bulkhead(&["status"]).stdout;
    assert!(text.contains(" MiB of 64MiB"), "{text}");
    assert!(text.contains("at most "), "{text}");
}
