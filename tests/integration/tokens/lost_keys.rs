//! A key that is lost: what it had encrypted is given up by a person's word, and nothing else is.

use std::fs;

use integration_tests::harness::process::Ended;
use integration_tests::harness::wait::{LONG, wait_until};
use integration_tests::sim::DeskFault;
use nix::sys::signal::Signal;

use crate::stage::{CLIENT_SECRET, Stage};

fn forget(stage: &Stage, more: &[&str]) -> Ended {
    stage
        .state
        .bulkhead(&[&["secret", "forget"], more].concat())
}

fn secrets(stage: &Stage) -> i64 {
    stage
        .state
        .database()
        .number("SELECT count(*) FROM secrets")
}

/// Connects everything again by the commands that were told.
fn connect_again(stage: &Stage) {
    let set = stage.set_application(CLIENT_SECRET);
    assert_eq!(set.code, Some(0), "{}", set.stderr);
    let token = stage.sim.refresh_token("shop").unwrap();
    let given = stage.written(&token);
    let args = [
        "account",
        "set-token",
        "shop",
        "--refresh-token-file",
        &given,
    ];
    let set = stage.state.bulkhead(&args);
    assert_eq!(set.code, Some(0), "{}", set.stderr);
    stage.once_well();
    assert_eq!(stage.trouble("shop").0, "");
}

#[test]
fn a_key_that_is_gone_is_no_dead_end() {
    let stage = Stage::new();
    stage.connected("shop");
    stage.of_web_app("app");
    stage.once_well();
    let key = stage.state.dir().join("secret.key");
    assert_eq!(
        forget(&stage, &["--yes"]).code,
        Some(3),
        "all can be decrypted"
    );
    assert_eq!(secrets(&stage), 2);

    fs::remove_file(&key).unwrap();
    let refused = stage.set_application("x");
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("bulkhead secret forget"),
        "{}",
        refused.stderr
    );
    stage.state.once();
    let (word, detail, _) = stage.trouble("shop");
    assert_eq!(word, "needs_setup");
    assert!(detail.contains("bulkhead secret forget"), "{detail}");

    let asked = forget(&stage, &[]);
    assert_eq!(asked.code, Some(4), "{}", asked.stderr);
    for words in [
        "refresh token",
        "application",
        "shop",
        "simulated",
        "nothing was removed",
        "--yes",
        "BULKHEAD_SECRET_KEY_FILE",
        "bulkhead application set --environment simulated",
        "bulkhead account set-token shop --oauth",
    ] {
        assert!(asked.stdout.contains(words), "{words}: {}", asked.stdout);
    }
    assert_eq!(secrets(&stage), 2, "nothing was removed");

    let done = forget(&stage, &["--yes"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stdout.contains("are forgotten"), "{}", done.stdout);
    assert_eq!(secrets(&stage), 0);
    let (word, detail, again) = stage.trouble("shop");
    assert_eq!((word.as_str(), again), ("needs_reconnect", false));
    assert!(
        detail.contains("account set-token shop --oauth"),
        "{detail}"
    );
    assert_eq!(stage.trouble("app").0, "", "it has no secret here");
    let asked = stage.asked("refresh");
    stage.state.once();
    assert_eq!(stage.asked("refresh"), asked, "it waits");
    assert!(!key.exists(), "no key is made before there is a secret");
    connect_again(&stage);
    assert!(key.exists());
}

#[test]
fn what_the_present_key_decrypts_stays() {
    let stage = Stage::new();
    stage.connected("shop");
    let key = stage.state.dir().join("secret.key");
    // One secret is damaged, the other is as it was.
    let damage = "UPDATE secrets SET sealed = x'0102' WHERE kind = 'application'";
    stage.state.database().execute(damage);
    let asked = forget(&stage, &["--output", "json"]);
    assert_eq!(asked.code, Some(4), "{}", asked.stderr);
    let answer: serde_json::Value = serde_json::from_str(&asked.stdout).unwrap();
    assert_eq!(answer["forgotten"], false);
    assert_eq!(answer["lost"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(answer["lost"][0]["of"], "simulated");
    assert_eq!(forget(&stage, &["--yes"]).code, Some(0));
    let kinds = stage.state.database().rows("SELECT kind FROM secrets");
    assert_eq!(kinds.len(), 1);
    assert_eq!(kinds[0]["kind"], "refresh_token");
    let (word, detail, again) = stage.trouble("shop");
    assert_eq!((word.as_str(), again), ("needs_setup", true));
    assert!(
        detail.contains("application set --environment simulated"),
        "{detail}"
    );
    assert_eq!(stage.set_application(CLIENT_SECRET).code, Some(0));
    stage.once_well();

    // A key that is there and cannot be used: nobody knows what is lost.
    fs::write(&key, "cut off").unwrap();
    let refused = forget(&stage, &["--yes"]);
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("nothing was removed"),
        "{}",
        refused.stderr
    );
    assert_eq!(secrets(&stage), 2);
    // Another key decrypts nothing.
    fs::write(&key, "0".repeat(64)).unwrap();
    assert_eq!(forget(&stage, &["--yes"]).code, Some(0));
    assert_eq!(secrets(&stage), 0);
    connect_again(&stage);
}

#[test]
fn forgetting_is_all_or_nothing_and_never_beside_a_service() {
    let stage = Stage::new();
    stage.connected("shop");
    fs::remove_file(stage.state.dir().join("secret.key")).unwrap();
    let mut command = stage.state.command(&["secret", "forget", "--yes"]);
    command.env("BULKHEAD_KILL_AT", "forget.commit:1");
    let killed = stage.state.run(command);
    assert_eq!(
        killed.signal,
        Some(Signal::SIGKILL as i32),
        "{}",
        killed.stderr
    );
    assert_eq!((secrets(&stage), stage.trouble("shop").0.as_str()), (2, ""));

    stage.sim.desk_fault(Some(DeskFault::Status(503)));
    let service = stage.state.start_service();
    wait_until("the service to listen", LONG, || {
        stage.state.dir().join("control.sock").exists()
    });
    let refused = forget(&stage, &["--yes"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(refused.stderr.contains("stop it"), "{}", refused.stderr);
    assert_eq!(secrets(&stage), 2, "the service may have its key elsewhere");
    assert_eq!(forget(&stage, &[]).code, Some(4), "looking is free");
    let ended = stage.state.stop_service(service);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let done = forget(&stage, &["--yes"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(secrets(&stage), 0);
    assert_eq!(stage.trouble("shop").0, "needs_reconnect");
    stage.sim.desk_fault(None);
    connect_again(&stage);
}
