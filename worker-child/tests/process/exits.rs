//! Every way to end that needs no eBay, by its documented exit code.

use std::process::{Command, Stdio};

use shared::build::BUILD;
use shared::exit::ExitCode;
use shared::failure::Failure;
use shared::id::RunNo;
use shared::secret::Secret;
use shared::wire::codec;
use shared::wire::message::{FromChild, PROTOCOL_VERSION, ToChild};
use shared::worker::Worker;

use crate::child::{Child, TOKEN, attempt, snapshot, window};
use crate::server::{Answer, serve};

fn assert_exit(child: Child, expected: ExitCode, words: &str) {
    let end = child.end();
    let code = end.status.code();
    assert_eq!(code, Some(i32::from(expected.code())), "{}", end.stderr);
    assert!(end.stderr.contains(words), "{}", end.stderr);
}

fn frame(message: &ToChild) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode_frame(message, &mut bytes).unwrap();
    bytes
}

#[test]
fn the_first_frame_is_hello() {
    let mut child = Child::spawn(&[Worker::Orders]);
    let expected = FromChild::Hello {
        version: PROTOCOL_VERSION,
        build: BUILD.to_owned(),
        pid: child.pid(),
    };
    assert_eq!(child.next(), Some(expected));
    child.close_stdin();
    assert_exit(child, ExitCode::ParentGone, "standard input ended");
}

#[test]
fn what_is_no_legal_start() {
    let start = |change: &dyn Fn(&mut shared::attempt::Attempt)| {
        let mut attempt = attempt(1, vec![window()]);
        change(&mut attempt);
        frame(&ToChild::Start {
            attempt: Box::new(attempt),
            token: Secret::new(TOKEN.to_owned()),
        })
    };
    let ack = frame(&ToChild::Ack {
        run: RunNo(0),
        seq: 0,
    });
    let mut trailing = start(&|_| ());
    trailing[0] += 1;
    trailing.push(0);
    let cases = [
        (ack, "Ack is not legal"),
        (vec![255; 4], "frame announces"),
        (trailing, "trailing"),
        (vec![1, 0, 0, 0, 99], "does not decode"),
        (start(&|attempt| attempt.runs.clear()), "not numbered"),
        (
            start(&|attempt| "http://api.ebay.com".clone_into(&mut attempt.endpoints.api)),
            "plain http",
        ),
        (
            start(&|attempt| attempt.runs[0].mode = snapshot()),
            "mode that its worker does not know",
        ),
    ];
    for (bytes, words) in cases {
        let mut child = Child::spawn(&[Worker::Orders]);
        child.send_bytes(&bytes);
        assert_exit(child, ExitCode::BadStart, words);
    }
}

#[test]
fn a_directory_without_a_flight_recorder() {
    let directory = tempfile::tempdir().unwrap();
    for content in [None, Some("short")] {
        if let Some(content) = content {
            std::fs::write(directory.path().join("flight"), content).unwrap();
        }
        let ended = Command::new(env!("CARGO_BIN_EXE_worker-child"))
            .arg("sync")
            .arg(directory.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let expected = i32::from(ExitCode::AttemptDirectory.code());
        assert_eq!(ended.status.code(), Some(expected));
        assert!(ended.stdout.is_empty(), "no Hello");
    }
}

#[test]
fn a_wrong_command_line() {
    for (arguments, code) in [
        (vec!["sync"], ExitCode::Usage),
        (vec!["dance"], ExitCode::Usage),
        (vec!["--help"], ExitCode::Done),
    ] {
        let ended = Command::new(env!("CARGO_BIN_EXE_worker-child"))
            .args(&arguments)
            .output()
            .unwrap();
        let expected = i32::from(code.code());
        assert_eq!(ended.status.code(), Some(expected), "{arguments:?}");
    }
}

#[test]
fn the_end_of_stdin_ends_a_run_that_waits_for_ebay() {
    let (port, log) = serve(|_, _| {
        loop {
            std::thread::park();
        }
    });
    let mut child = Child::started(&attempt(port, vec![window()]));
    while log.lock().unwrap().is_empty() {
        std::thread::yield_now();
    }
    child.close_stdin();
    assert_exit(child, ExitCode::ParentGone, "supervisor is gone");
}

#[test]
fn an_illegal_frame_while_running() {
    let too_early = ToChild::Ack {
        run: RunNo(0),
        seq: 0,
    };
    let unknown = ToChild::Refused {
        run: RunNo(9),
        failure: Failure::Bug {
            what: String::new(),
        },
    };
    for (bytes, words) in [
        (frame(&too_early), "sequence number"),
        (frame(&unknown), "does not exist"),
        (vec![0; 4], "no bytes"),
        (vec![1, 0, 0, 0, 99], "does not decode"),
    ] {
        let (port, _) = serve(|_, _| {
            loop {
                std::thread::park();
            }
        });
        let mut child = Child::started(&attempt(port, vec![window()]));
        child.send_bytes(&bytes);
        assert_exit(child, ExitCode::Protocol, words);
    }
}

#[test]
fn stop_ends_well_wherever_a_run_is() {
    let (port, log) = serve(|asked, _| {
        if asked.line.contains("/order?") {
            Answer::new(500, "")
        } else {
            loop {
                std::thread::park();
            }
        }
    });
    let mut attempt = attempt(port, vec![window(), snapshot()]);
    attempt.network.retry_base_ms = 3_600_000;
    attempt.network.wait_budget_ms = u64::MAX;
    let mut child = Child::started(&attempt);
    while log.lock().unwrap().len() < 2 {
        std::thread::yield_now();
    }
    child.send(&ToChild::Stop { grace_ms: 1_000 });
    let said = child.converse();
    assert_eq!(said.last(), Some(&FromChild::Bye), "{said:?}");
    assert_exit(child, ExitCode::Done, "");
}
