//! What the README tells a new user to do, from nothing to a service under a supervisor like systemd:
//! two accounts, one for each source that gets tokens by itself.

use std::os::unix::net::UnixDatagram;

use integration_tests::harness::notified::{hear, until};
use integration_tests::harness::process::alive;
use integration_tests::harness::wait::{LONG, wait_until};
use nix::sys::signal::Signal;

use crate::stage::{CLIENT_SECRET, Stage};

#[test]
fn from_nothing_to_a_service_with_an_account_of_each_source() {
    let stage = Stage::new();
    assert_eq!(stage.set_application(CLIENT_SECRET).code, Some(0));
    stage.seller("shop");
    let code = stage.sim.consent("shop").unwrap();
    let args = [
        "account",
        "add",
        "shop",
        "--environment",
        "simulated",
        "--workers",
        "orders",
        "--oauth",
    ];
    let added = stage.typed(&args, &format!("{code}\n"));
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    stage.of_web_app("app");

    let place = tempfile::tempdir().unwrap();
    let socket = place.path().join("notify");
    let heard = hear(UnixDatagram::bind(&socket).unwrap());
    let mut command = stage.state.command(&["run"]);
    command
        .env("NOTIFY_SOCKET", &socket)
        .env("WATCHDOG_USEC", "2000000");
    let service = stage.state.start(command);
    until(&heard, "READY=1");
    wait_until("both accounts to be synced", LONG, || stage.orders() == 6);
    let status = stage.state.json(&["status"]);
    for account in status.as_array().unwrap() {
        assert_eq!(account["last_outcome"], "completed", "{status}");
    }
    until(&heard, "WATCHDOG=1");
    service.signal(Signal::SIGHUP);
    until(&heard, "RELOADING=1");
    until(&heard, "READY=1");
    assert_eq!(stage.state.json(&["pause"])["state"], "accepted");
    service.signal(Signal::SIGTERM);
    until(&heard, "STOPPING=1");
    let ended = service.end(LONG);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(alive(&stage.state.dir()).is_empty());
    assert_eq!(stage.state.bulkhead(&["audit", "verify"]).code, Some(0));
}
