//! Refresh tokens, client secrets, the key of the web app and access tokens are nowhere in clear: not
//! in the state directory, not in an output, not in what the system shows of a process.

use std::fs;
use std::path::{Path, PathBuf};

use integration_tests::harness::process::alive;
use integration_tests::harness::wait::{LONG, wait_for, wait_until};
use integration_tests::sim::DeskFault;

use crate::stage::{CLIENT_SECRET, KEY, Stage};

/// A part of every secret; the simulator's tokens have the second one.
const NEEDLES: [&str; 4] = [CLIENT_SECRET, KEY, "#sim#", "v%5E1.1%23i"];

fn holders(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holders(&path));
        } else if holds(&fs::read(&path).unwrap_or_default()) {
            found.push(path);
        }
    }
    found
}

fn holds(bytes: &[u8]) -> bool {
    let within = |needle: &str| {
        let mut parts = bytes.windows(needle.len());
        parts.any(|part| part == needle.as_bytes())
    };
    NEEDLES.into_iter().any(within)
}

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
            assert!(!holds(&shown), "{what} of a token child");
        }
    }
    let shown = fs::read(format!("/proc/{}/cmdline", service.pid())).unwrap();
    assert!(!holds(&shown), "command line of the service");
    assert_eq!(holders(&stage.state.dir()), Vec::<PathBuf>::new());
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
    assert_eq!(holders(&stage.state.path("")), Vec::<PathBuf>::new());
    assert!(first.stderr.contains("run ended"), "the log was looked at");
}
