//! `bulkhead audit` and `bulkhead history`, on what real passes have stored.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod audit;
mod history;

use integration_tests::harness::state::State;
use integration_tests::harness::wait::now_ms;

/// Two accounts after three passes: orders were modified, listings ended and came back.
fn synced() -> State {
    let state = State::new();
    let mut changes: Vec<String> = Vec::new();
    for name in ["shop", "other"] {
        state.add_account(name, "orders,active_inventory", "count=20");
    }
    for pass in 0..3 {
        if pass > 0 {
            changes.push(now_ms().to_string());
        }
        let script = format!("count=20;changes={}", changes.join(","));
        for name in ["shop", "other"] {
            state.set_script(name, &script);
        }
        let ended = state.once();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    state
}
