//! `bulkhead account`, and state directories that cannot be used: what is wrong is named with its
//! remedy, and nothing is written.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use integration_tests::faulty::script::PREFIX;
use integration_tests::harness::process::Ended;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};
use serde_json::json;

fn add(state: &State, name: &str, token_file: &Path, more: &[&str]) -> Ended {
    let mut command = state.command(&["account", "add", name, "--token-file"]);
    command.arg(token_file).args(more);
    state.run(command)
}

fn assert_refused(ended: &Ended, code: i32, words: &[&str]) {
    assert_eq!(ended.code, Some(code), "{}", ended.stderr);
    for word in words {
        assert!(ended.stderr.contains(word), "{word} / {}", ended.stderr);
    }
    assert_eq!(ended.stdout, "", "{}", ended.stderr);
}

#[test]
fn an_account_is_added_and_listed() {
    let state = State::new();
    state.set_script("a", "");
    let ended = add(
        &state,
        "a",
        &state.token_file("a"),
        &["--workers", "orders"],
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("account a added"), "{}", ended.stdout);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state.dir()), 0o700);
    let listed = state.json(&["account", "list"]);
    let account = listed.get(0).unwrap();
    let token_file = state.token_file("a").display().to_string();
    for (key, value) in [
        ("account_id", json!(1)),
        ("name", json!("a")),
        ("environment", json!("production")),
        ("marketplace", json!("EBAY_US")),
        ("enabled", json!(true)),
        ("token_file", json!(token_file)),
        ("token_state", json!("ok")),
    ] {
        assert_eq!(account.get(key), Some(&value), "{listed}");
    }
    let workers = state.database().rows("SELECT worker FROM sync_state");
    assert_eq!(workers.len(), 1, "only the workers asked for: {workers:?}");
    assert_eq!(state.once().code, Some(0));
}

#[test]
fn wrong_arguments_are_refused_and_nothing_is_made() {
    let state = State::new();
    state.set_script("good", "");
    let token = state.token_file("good");
    let long = "x".repeat(65);
    let cases: [(&str, &[&str], &[&str]); 8] = [
        (
            "a/b",
            &[],
            &["account name 'a/b'", "letters, digits", "nothing was added"],
        ),
        ("", &[], &["account name ''", "1 to 64 letters"]),
        (&long, &[], &["1 to 64 letters"]),
        ("a\nb", &[], &["account name 'a\\nb'"]),
        (
            "a",
            &["--marketplace", "US"],
            &["--marketplace US", "look like EBAY_US"],
        ),
        (
            "a",
            &["--marketplace", "EBAY_us"],
            &["--marketplace EBAY_us", "look like EBAY_US"],
        ),
        (
            "a",
            &["--environment", "moon"],
            &[
                "--environment moon",
                "use production or sandbox",
                "[environments.moon]",
            ],
        ),
        (
            "a",
            &["--workers", "orders,socks"],
            &[
                "'socks'",
                "there is no such worker",
                "orders, active_inventory",
            ],
        ),
    ];
    for (name, more, words) in cases {
        assert_refused(&add(&state, name, &token, more), 2, words);
        assert!(!state.dir().exists(), "{name} {more:?} made something");
    }
}

#[test]
fn a_token_must_be_there_and_look_like_one() {
    let state = State::new();
    let file = state.token_file("a");
    let name = file.display().to_string();
    assert_refused(
        &add(&state, "a", &file, &[]),
        2,
        &[&name, "No such file", "write the account"],
    );
    let secret = "sesame-4711";
    let cases = [
        (String::new(), "it is empty"),
        (" \n".to_owned(), "it is empty"),
        (secret.to_owned(), "begins with v^1.1#"),
        (format!("ENC:{secret}"), "still encrypted"),
        (format!("v^1.1#{secret} {secret}"), "white space"),
        (
            format!("v^1.1#{}", secret.repeat(2000)),
            "larger than 16 KiB",
        ),
    ];
    for (content, why) in cases {
        std::fs::write(&file, content).unwrap();
        let ended = add(&state, "a", &file, &[]);
        assert_refused(&ended, 2, &[&name, why, "Nothing was stored"]);
        assert!(
            !ended.stderr.contains(secret),
            "the content is repeated: {}",
            ended.stderr
        );
    }
    assert!(!state.dir().exists());
}

#[test]
fn a_token_that_goes_bad_stops_its_account_until_it_changes() {
    let state = State::new();
    state.add_account("a", "orders", "");
    state.add_account("b", "orders", "");
    std::fs::write(state.token_file("a"), "ENC:xyz").unwrap();
    let ended = state.once();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("the account has no access token"),
        "{}",
        ended.stderr
    );
    assert!(!ended.stderr.contains("xyz"), "{}", ended.stderr);
    let database = state.database();
    let accounts = database.rows(
        "SELECT name, count(attempt_id) AS attempts FROM accounts \
         LEFT JOIN attempts USING (account_id) GROUP BY name ORDER BY name",
    );
    let attempts: Vec<i64> = accounts
        .iter()
        .map(|row| {
            row.get("attempts")
                .and_then(serde_json::Value::as_i64)
                .unwrap()
        })
        .collect();
    assert_eq!(attempts, [0, 1], "only the other one was started");
    assert_eq!(
        database.number("SELECT count(*) FROM crash_reports"),
        0,
        "it costs nothing"
    );
    let listed = state.json(&["account", "list"]);
    let states: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.get("token_state"))
        .collect();
    assert_eq!(states, [Some(&json!("needs_token")), Some(&json!("ok"))]);
    assert_eq!(state.once().code, Some(1), "it still waits");
    state.set_script("a", "");
    assert_eq!(state.once().code, Some(0));
}

#[test]
fn a_name_is_given_once() {
    let state = State::new();
    state.add_account("a", "orders", "");
    let again = add(
        &state,
        "a",
        &state.token_file("a"),
        &["--marketplace", "EBAY_DE"],
    );
    assert_refused(
        &again,
        2,
        &["there is an account a already", "nothing was added"],
    );
    let database = state.database();
    assert_eq!(
        database.value("SELECT marketplace FROM accounts"),
        "EBAY_US"
    );
    assert_eq!(database.number("SELECT count(*) FROM sync_state"), 1);
}

#[test]
fn reading_needs_a_database() {
    let state = State::new();
    let commands: [&[&str]; 8] = [
        &["status"],
        &["account", "list"],
        &["crash", "list"],
        &["crash", "show", "1-orders"],
        &["quarantine", "list"],
        &["quarantine", "release", "a", "orders"],
        &["history", "order", "1"],
        &["audit", "verify"],
    ];
    for command in commands {
        let ended = state.bulkhead(command);
        assert_refused(
            &ended,
            2,
            &["there is no database", "account add", "--state-dir"],
        );
        assert!(!state.dir().exists(), "{command:?} made something");
    }
    state.add_account("a", "orders", "");
    let unknown = state.bulkhead(&["crash", "show", "1-orders"]);
    assert_refused(
        &unknown,
        2,
        &["there is no crash report 1-orders", "bulkhead crash list"],
    );
    let nobody = state.bulkhead(&["quarantine", "release", "b", "orders"]);
    assert_refused(
        &nobody,
        2,
        &["there is no account b", "bulkhead account list"],
    );
}

#[test]
fn a_foreign_database_is_left_alone() {
    let foreign = "hello, I am a text, and no database at all. ".repeat(9);
    let state = State::new();
    std::fs::create_dir(state.dir()).unwrap();
    let path = state.dir().join("bulkhead.db");
    std::fs::write(&path, &foreign).unwrap();
    for command in [&["run", "--once"][..], &["status"]] {
        let ended = state.bulkhead(command);
        assert_refused(
            &ended,
            1,
            &[
                &path.display().to_string(),
                "is not a SQLite database",
                "move it away",
            ],
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), foreign);
    }
}

#[test]
fn a_newer_database_is_refused_and_not_touched() {
    let state = State::new();
    state.add_account("a", "orders", "");
    let database = state.database();
    database.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'the future', 1, x'00', 0)",
    );
    for command in [&["run", "--once"][..], &["status"]] {
        let ended = state.bulkhead(command);
        assert_refused(
            &ended,
            1,
            &["has schema 9999", "install the newer build", "backup"],
        );
    }
    assert_eq!(database.number("SELECT count(*) FROM attempts"), 0);
    assert_eq!(
        database.number("SELECT max(version) FROM _sqlx_migrations"),
        9999
    );
}

#[test]
fn a_second_supervisor_is_refused_and_the_first_carries_on() {
    let state = State::new();
    state.add_account("a", "orders", "");
    let service = state.start_service();
    let database = state.database();
    let completed = "SELECT count(*) FROM attempts WHERE cause = 'completed'";
    wait_until("the service to work", LONG, || {
        database.number(completed) > 0
    });
    for command in [&["run", "--once"][..], &["run"]] {
        let ended = state.bulkhead(command);
        let dir = state.dir().display().to_string();
        assert_refused(
            &ended,
            1,
            &[
                "another bulkhead runs on",
                &dir,
                "stop it first",
                "--state-dir",
            ],
        );
    }
    let before = database.number(completed);
    wait_until("the service to go on", LONG, || {
        database.number(completed) > before + 1
    });
    // Reading and small changes are welcome beside it.
    assert_eq!(state.bulkhead(&["status"]).code, Some(0));
    state.add_account("b", "orders", "");
    let of_b = "SELECT count(*) FROM attempts WHERE account_id = 2 AND cause = 'completed'";
    wait_until("the new account to be taken up", LONG, || {
        database.number(of_b) > 0
    });
    let ended = state.stop_service(service);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn a_state_directory_that_cannot_be_used_is_named() {
    let state = State::new();
    std::fs::write(state.dir(), "a file in its place").unwrap();
    let ended = state.once();
    let dir = state.dir().display().to_string();
    assert_refused(
        &ended,
        1,
        &["cannot use the state directory", &dir, "--state-dir"],
    );
    assert_eq!(
        ended.stderr.matches("os error").count(),
        1,
        "told once: {}",
        ended.stderr
    );
}

#[test]
fn a_token_is_never_in_the_database() {
    let state = State::new();
    state.add_account("a", "orders", "canary=sesame-4711");
    assert_eq!(state.once().code, Some(0));
    let database = std::fs::read(state.dir().join("bulkhead.db")).unwrap();
    let holds = |needle: &[u8]| database.windows(needle.len()).any(|part| part == needle);
    assert!(!holds(b"sesame-4711") && !holds(PREFIX.as_bytes()));
    assert!(holds(b"a.token"), "its place is");
}
