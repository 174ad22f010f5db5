//! The key of the secrets: a wrong one never reaches eBay, and a new one is safe at every step.

use std::fs;

use nix::sys::signal::Signal;

use crate::stage::Stage;

#[test]
fn a_wrong_key_is_an_error_that_ebay_never_sees() {
    let stage = Stage::new();
    stage.connected("shop");
    let key = stage.state.dir().join("secret.key");
    let right = fs::read_to_string(&key).unwrap();
    fs::write(&key, "0".repeat(64)).unwrap();
    let ended = stage.state.once();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let (word, detail, again) = stage.trouble("shop");
    assert_eq!((word.as_str(), again), ("needs_setup", true));
    assert!(detail.contains("bring that key back"), "{detail}");
    assert_eq!(stage.sim.desk_counts().len(), 0, "nothing was asked");
    let refused = stage.set_application("x");
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);

    // From the environment it is taken first.
    let mut command = stage.state.command(&["secret", "rotate"]);
    command.env("BULKHEAD_SECRET_KEY", right.trim());
    let ended = stage.state.run(command);
    assert_eq!(ended.code, Some(2), "one key only: {}", ended.stderr);
    let new = "7".repeat(64);
    let mut command = stage.state.command(&["secret", "rotate"]);
    command.env("BULKHEAD_SECRET_KEY", format!("{new} {}", right.trim()));
    let ended = stage.state.run(command);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    fs::write(&key, new).unwrap();
    assert_eq!(
        stage.state.json(&["application", "list"])[0]["client_id"],
        "App-1"
    );
}

#[test]
fn a_rotation_can_be_killed_at_any_point() {
    let stage = Stage::new();
    stage.connected("shop");
    let key = stage.state.dir().join("secret.key");
    let keys = || fs::read_to_string(&key).unwrap().lines().count();
    let ids = "SELECT count(DISTINCT key_id) FROM secrets";
    let points = [
        "rotate.key:1",
        "rotate.row:1",
        "rotate.row:2",
        "rotate.commit:1",
        "rotate.sealed:1",
    ];
    for (number, point) in points.into_iter().enumerate() {
        let mut command = stage.state.command(&["secret", "rotate"]);
        command.env("BULKHEAD_KILL_AT", point);
        let ended = stage.state.run(command);
        assert_eq!(
            ended.signal,
            Some(Signal::SIGKILL as i32),
            "{point}: {}",
            ended.stderr
        );
        assert_eq!(
            stage.state.database().number(ids),
            1,
            "{point}: all or none"
        );
        stage.once_well();
        let asked = u64::try_from(number).unwrap() + 1;
        assert_eq!(
            stage.asked("refresh"),
            asked,
            "{point}: the secrets can be read"
        );
    }
    assert!(keys() > 1, "what was killed left old keys");
    let before = stage.state.database().rows("SELECT key_id FROM secrets");
    let ended = stage.state.bulkhead(&["secret", "rotate"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("2 secrets"), "{}", ended.stdout);
    assert_eq!(keys(), 1, "the old ones are gone");
    assert_ne!(
        stage.state.database().rows("SELECT key_id FROM secrets"),
        before
    );
    stage.once_well();
}

#[test]
fn nothing_to_rotate_is_said() {
    let stage = Stage::new();
    stage.of_web_app("shop");
    let ended = stage.state.bulkhead(&["secret", "rotate"]);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("no secret is stored"),
        "{}",
        ended.stdout
    );
}
