//! What is called off while it waits for a token does not begin again at once.

use integration_tests::harness::wait::{LONG, wait_for, wait_until};
use integration_tests::sim::DeskFault;

use crate::stage::Stage;

#[test]
fn it_waits_for_its_next_turn() {
    let stage = Stage::with(&[("BULKHEAD_SYNC_INTERVAL_ORDERS", "1h")]);
    stage.connected("shop");
    stage.sim.desk_fault(Some(DeskFault::Silence));
    let service = stage.state.start_service();
    wait_until("the exchange", LONG, || stage.asked("refresh") > 0);
    let asked = stage.asked("refresh");
    let accepted = stage.state.json(&["cancel", "shop"]);
    let id = accepted["id"].to_string();
    let came = wait_for("the end of the command", LONG, || {
        let shown = stage.state.json(&["command", "show", &id]);
        (shown["state"] != "accepted").then_some(shown)
    });
    assert_eq!(came["state"], "done", "{came}");
    let row = &stage.state.json(&["status"])[0];
    assert_eq!(row["not_running"]["reason"], "not_due", "{row}");
    assert_eq!(stage.asked("refresh"), asked);
    stage.sim.desk_fault(None);
    stage.state.json(&["account", "run", "shop"]);
    wait_until("the orders", LONG, || stage.orders() == 3);
    assert_eq!(stage.state.stop_service(service).code, Some(0));
}
