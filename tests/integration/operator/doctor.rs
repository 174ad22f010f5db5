//! `bulkhead doctor` on a state directory that is well, and on what can be wrong with it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use integration_tests::harness::build::binaries;
use integration_tests::harness::process::alive;
use integration_tests::harness::state::State;
use serde_json::Value;

/// Exit code and checks.
fn ask(state: &State) -> (Option<i32>, Value) {
    let mut command = state.command(&["--output", "json", "doctor"]);
    // The certificates of this machine are not what is tested.
    command.env_remove("SSL_CERT_FILE");
    let ended = state.run(command);
    let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(answer["well"], ended.code == Some(0), "{answer}");
    (ended.code, answer["checks"].clone())
}

fn check<'a>(checks: &'a Value, name: &str) -> &'a Value {
    let mut checks = checks.as_array().unwrap().iter();
    checks.find(|check| check["name"] == name).unwrap()
}

#[test]
fn what_is_well_is_called_well() {
    let state = State::with_child(&binaries().worker_child);
    let (_, fresh) = ask(&state);
    assert_eq!(check(&fresh, "state_directory")["found"], "note");
    assert!(!state.dir().exists(), "it makes nothing");
    state.add_account("a", "orders", "");
    let (_, checks) = ask(&state);
    for name in [
        "state_directory",
        "database",
        "clock",
        "worker_child",
        "limits",
        "sight_of_children",
        "memory_mechanism",
        "open_files",
    ] {
        let check = check(&checks, name);
        assert_eq!(check["found"], "well", "{check}");
    }
    assert!(alive(&state.dir()).is_empty());
    let text = state.bulkhead(&["doctor"]).stdout;
    assert!(text.contains("ok    database "), "{text}");
}

#[test]
fn what_is_wrong_is_found_with_its_remedy() {
    let state = State::new();
    state.add_account("a", "orders", "");
    let mode = |mode| fs::set_permissions(state.dir(), fs::Permissions::from_mode(mode)).unwrap();
    mode(0o755);
    let ill = |name: &str, words: &str| {
        let (code, checks) = ask(&state);
        assert_eq!(code, Some(4), "{checks}");
        let check = check(&checks, name);
        assert_eq!(check["found"], "ill", "{check}");
        assert!(check.to_string().contains(words), "{words}: {check}");
    };
    ill("state_directory", "chmod 700");
    mode(0o700);

    state.set_child(Path::new("/bin/true"));
    ill("worker_child", "it ended before it said Hello");
    state.set_child(Path::new("/not/there"));
    ill("worker_child", "set worker_child in the configuration");
    state.set_child(&binaries().faulty_child);

    // A clock that was ahead when an attempt began.
    state.database().execute(
        "INSERT INTO attempts (account_id, fence, host, build, slot, memory_limit, started_at) \
         VALUES (1, 1, 'h', 'b', 'normal', 1, '2200-01-01T00:00:00.000Z')",
    );
    ill("clock", "it was set back");

    // A page of the database in pieces: the last one, which holds rows or an index.
    let path = state.dir().join("bulkhead.db");
    state.database().execute("PRAGMA wal_checkpoint(TRUNCATE)");
    let mut bytes = fs::read(&path).unwrap();
    let page = bytes.len() - 4096;
    bytes[page..].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    ill("database", "database");
}
