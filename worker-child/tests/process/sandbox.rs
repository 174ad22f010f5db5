//! The sandbox of the real binary: what is in force while it syncs, and what it says of it.

use std::fs;
use std::process::Command;

use serde_json::Value;
use shared::attempt::Attempt;
use shared::exit::ExitCode;
use shared::sandbox::{Layer, SandboxMode};
use shared::wire::message::FromChild;
use shared::worker::Worker;
use worker_child::confine::{ALWAYS, landlock_abi};

use crate::child::{Child, End, attempt, window};
use crate::server::{Answer, serve};

const EMPTY: &[u8] = include_bytes!("../../../tests/fixtures/orders/empty.json");

fn order(port: u16, sandbox: SandboxMode) -> Attempt {
    Attempt {
        sandbox,
        ..attempt(port, vec![window()])
    }
}

/// A whole sync; says how it ended and what `/proc` told about it before its last frame.
fn sync(sandbox: SandboxMode) -> (End, String) {
    let (port, _) = serve(|_, _| Answer::new(200, EMPTY));
    let mut child = Child::started(&order(port, sandbox));
    let mut status = String::new();
    while let Some(message) = child.next_acked() {
        if matches!(message, FromChild::Checkpoint { .. }) {
            status = fs::read_to_string(format!("/proc/{}/status", child.pid())).unwrap();
        }
    }
    (child.end(), status)
}

fn shows(status: &str, line: &str) -> bool {
    status.lines().any(|shown| shown == line)
}

fn gave_up_always(status: &str) {
    for line in ["NoNewPrivs:\t1", "CapPrm:\t0000000000000000"] {
        assert!(shows(status, line), "{line}: {status}");
    }
}

#[test]
fn with_every_layer_a_sync_goes_well() {
    if landlock_abi() < Some(6) {
        eprintln!("SKIPPED: this kernel lacks landlock ABI 6");
        return;
    }
    let (end, status) = sync(SandboxMode::Require);
    assert!(end.status.success(), "{}", end.stderr);
    assert_eq!(end.stderr, "");
    assert_eq!(end.flight.sandbox, Layer::ALL);
    gave_up_always(&status);
    assert!(shows(&status, "Seccomp:\t2"), "{status}");
}

#[test]
fn off_leaves_what_every_kernel_has() {
    let (end, status) = sync(SandboxMode::Off);
    assert!(end.status.success(), "{}", end.stderr);
    assert_eq!(end.flight.sandbox, ALWAYS);
    gave_up_always(&status);
    assert!(shows(&status, "Seccomp:\t0"), "{status}");
}

#[test]
fn a_name_is_resolved_by_a_thread_in_the_sandbox() {
    let (port, log) = serve(|_, _| Answer::new(200, EMPTY));
    let mut attempt = order(port, SandboxMode::BestEffort);
    for base in [&mut attempt.endpoints.api, &mut attempt.endpoints.apiz] {
        *base = format!("http://localhost:{port}");
    }
    let mut child = Child::started(&attempt);
    let said = child.converse();
    assert_eq!(said.last(), Some(&FromChild::Bye), "{said:?}");
    assert!(
        said.iter().all(|said| said.name() != "RunFailed"),
        "{said:?}"
    );
    assert!(!log.lock().unwrap().is_empty());
    assert!(child.end().status.success());
}

#[test]
fn certificate_roots_are_read_in_the_sandbox() {
    let mut attempt = order(1, SandboxMode::BestEffort);
    "https://127.0.0.1:1".clone_into(&mut attempt.endpoints.api);
    attempt.network.retries = 0;
    let mut child = Child::started(&attempt);
    let said = child.converse();
    // Nobody listens there, but it came that far: without roots it would have ended before.
    assert_eq!(said.last(), Some(&FromChild::Bye), "{said:?}");
    let end = child.end();
    assert!(end.status.success(), "{}", end.stderr);
}

#[test]
fn an_environment_with_a_stranger_is_refused() {
    let mut child = Child::spawn_with(&[Worker::Orders], &[("DATABASE_URL", "CANARY")]);
    assert_eq!(child.next(), None, "no Hello");
    let end = child.end();
    let expected = i32::from(ExitCode::Confine.code());
    assert_eq!(end.status.code(), Some(expected), "{}", end.stderr);
    assert!(end.stderr.contains("DATABASE_URL"), "{}", end.stderr);
    assert!(!end.stderr.contains("CANARY"), "{}", end.stderr);
}

#[test]
fn probe_says_what_is_in_force_and_why_not() {
    let ended = Command::new(env!("CARGO_BIN_EXE_worker-child"))
        .args(["probe", "--port", "8443", "--port", "443"])
        .output()
        .unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let probed: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(
        probed["landlock_abi"].as_i64(),
        landlock_abi().map(i64::from)
    );
    let layers = probed["layers"].as_array().unwrap();
    let names = layers.iter().map(|layer| layer["layer"].as_str().unwrap());
    assert!(names.eq(Layer::ALL.map(Layer::name)), "{probed}");
    for layer in layers {
        let in_force = layer["in_force"].as_bool().unwrap();
        assert_ne!(in_force, layer["why"].is_string(), "{layer}");
    }
    if landlock_abi() >= Some(6) {
        assert!(
            layers.iter().all(|layer| layer["in_force"] == true),
            "{probed}"
        );
    }
    let roots = probed["certificate_roots"].as_u64().unwrap();
    assert_ne!(
        roots > 0,
        probed["certificate_roots_why"].is_string(),
        "{probed}"
    );
}
