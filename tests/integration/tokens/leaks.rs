//! Refresh tokens, client secrets, the key of the web app and access tokens are nowhere in clear: not
//! in the state directory, not in an output, not in what the system shows of a process.

use std::fs;
use std::path::PathBuf;

use integration_tests::harness::process::alive;
use integration_tests::harness::search::{holders, holds};
use integration_tests::harness::wait::{LONG, wait_for, wait_until};
use integration_tests::sim::DeskFault;

use crate::stage::{CLIENT_SECRET, KEY, Stage};

/// A part of every secret; the simulator's tokens have the second one.
const NEEDLES: [&str; 4] = [CLIENT_SECRET, KEY, "#sim#", "v%5E1.1%23i"];

#[test]
fn no_secret_is_anywhere_in_clear() {
    let stage = Stage::with(&[("BULKHEAD_LOG", "trace")]);
    stage.connected("shop");
    stage.of_web_app("app");
    let first = stage.state.once();
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert_eq!(stage.orders(), 6);

    // While token children have their orders.
    stage.sim.desk_fault(Some(DeskFault::Silence));
    let service = stage.state.start_service();
    let asked = |stage: &Stage| stage.asked("refresh") + stage.asked("web_app");
    wait_until("both are asked", LONG, || asked(&stage) >= 4);
    let children = wait_for("token children", LONG, || {
        let children = alive(&stage.state.dir());
        (children.len() >= 2).then_some(children)
    });
    for pid in children {
        for what in ["cmdline", "environ"] {
            let shown = fs::read(format!("/proc/{pid}/{what}")).unwrap_or_default();
            assert!(!holds(&shown, &NEEDLES), "{what} of a token child");
        }
    }
    let shown = fs::read(format!("/proc/{}/cmdline", service.pid())).unwrap();
    assert!(!holds(&shown, &NEEDLES), "command line of the service");
    assert_eq!(holders(&stage.state.dir(), &NEEDLES), Vec::<PathBuf>::new());
    let ended = stage.state.stop_service(service);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for fault in [DeskFault::Useless(99), DeskFault::Encrypted] {
        stage.sim.desk_fault(Some(fault));
        stage.state.once();
    }
    for words in [
        ["account", "list"],
        ["application", "list"],
        ["crash", "list"],
    ] {
        stage.state.bulkhead(&words);
    }
    stage.state.bulkhead(&["status"]);
    stage.state.bulkhead(&["secret", "rotate"]);
    // Everything that there is now: state directory, outputs, configuration.
    assert_eq!(
        holders(&stage.state.path(""), &NEEDLES),
        Vec::<PathBuf>::new()
    );
    assert!(first.stderr.contains("run ended"), "the log was looked at");
}
