//! Wrong configuration: the message says where and what to do, the exit code is 2, and nothing is
//! made.

use integration_tests::harness::process::Ended;
use integration_tests::harness::state::State;

/// Configuration, and what the message must say besides the file's name.
type Case = (&'static str, &'static [&'static str]);

const FILES: [Case; 17] = [
    ("[limits", &[":1:", "unclosed table"]),
    ("accounts_at_once = ", &[":1:", "value"]),
    (
        "unknown = 1",
        &[
            ":1:1: unknown key `unknown`",
            "known keys:",
            "`accounts_at_once`",
        ],
    ),
    (
        "[log]\nformat = \"json\"\n[limits]\nmemry = \"64MiB\"",
        &[":4:1: unknown key `memry`", "`memory`", "`big_slot`"],
    ),
    (
        "limits = 3",
        &[":1:10: invalid type: integer `3`, expected a table"],
    ),
    (
        "accounts_at_once = \"many\"",
        &[":1:20:", "expected a whole number"],
    ),
    (
        "accounts_at_once = 65",
        &["accounts_at_once = 65", "whole number from 1 to 64"],
    ),
    (
        "[timeouts]\nready = \"5 parsecs\"",
        &[
            ":2:9: '5 parsecs' is not a span",
            "ms, s, m, h, d",
            "for example 5m",
        ],
    ),
    (
        "[limits]\nmemory = \"64 megs\"",
        &[
            ":2:10: '64 megs' is not a size",
            "KiB, MiB, GiB",
            "for example 128MiB",
        ],
    ),
    (
        "[limits]\nmemory = \"1MiB\"",
        &[
            ":2:1: limits.memory = 1MiB is not possible",
            "write at least 8MiB",
        ],
    ),
    (
        "memory_budget = \"64MiB\"",
        &[
            ":1:1: memory_budget = 64MiB",
            "no child would ever fit",
            "limits.memory (128MiB)",
        ],
    ),
    (
        "[sync.interval]\nordrs = \"1m\"",
        &[":2:1: unknown name `ordrs`", "known names:", "`orders`"],
    ),
    (
        "[environments.mine]\napi = \"http://api.example.com\"\napiz = \"https://a.example.com\"",
        &[
            ":2:1: environments.mine.api = http://api.example.com",
            "use https://",
            "127.0.0.1",
        ],
    ),
    (
        "[environments.mine]\napi = \"https://api.example.com/v1\"\napiz = \"https://a.example.com\"",
        &[
            ":2:1: environments.mine.api",
            "with no path and no slash at the end",
        ],
    ),
    (
        "[environments.mine]\napi = \"https://api.example.com\"",
        &[":1:1: missing key `apiz`"],
    ),
    (
        "[accounts.shop]\nmemory = \"1MiB\"",
        &[
            ":2:1: accounts.shop.memory = 1MiB is not possible",
            "write at least 8MiB",
        ],
    ),
    (
        "[accounts.shop]\nready = \"1s\"",
        &[":2:1: unknown key `ready`", "`silence`", "`deadline`"],
    ),
];

/// Commands that read the configuration.
const COMMANDS: [&[&str]; 3] = [&["run", "--once"], &["status"], &["account", "list"]];

fn assert_refused(state: &State, ended: &Ended, code: i32, words: &[&str]) {
    let said = &ended.stderr;
    assert_eq!(ended.code, Some(code), "{said}");
    assert!(said.starts_with("bulkhead: "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "{word} / {said}");
    }
    assert_eq!(ended.stdout, "", "{said}");
    assert!(!state.dir().exists(), "something was made: {said}");
}

#[test]
fn a_wrong_file_is_refused_with_place_and_remedy() {
    for (number, (text, words)) in FILES.iter().enumerate() {
        let state = State::empty();
        state.write_config(text);
        let file = state.config().display().to_string();
        let command = COMMANDS.iter().cycle().nth(number).unwrap();
        let ended = state.bulkhead(command);
        assert_refused(&state, &ended, 2, words);
        assert!(ended.stderr.contains(&file), "{}", ended.stderr);
    }
}

#[test]
fn a_wrong_variable_is_refused_by_name() {
    let cases: [(&str, &str, &[&str]); 5] = [
        (
            "BULKHEAD_LIMTS_MEMORY",
            "64MiB",
            &[
                "unknown environment variable BULKHEAD_LIMTS_MEMORY",
                "BULKHEAD_LIMITS_MEMORY",
            ],
        ),
        (
            "BULKHEAD_LIMITS_MEMORY",
            "lots",
            &[
                "BULKHEAD_LIMITS_MEMORY='lots'",
                "is not a size",
                "for example 128MiB",
            ],
        ),
        (
            "BULKHEAD_LIMITS_MEMORY",
            "1MiB",
            &[
                "BULKHEAD_LIMITS_MEMORY: limits.memory = 1MiB",
                "write at least 8MiB",
            ],
        ),
        (
            "BULKHEAD_ACCOUNTS_AT_ONCE",
            "five",
            &["BULKHEAD_ACCOUNTS_AT_ONCE='five'", "is a whole number"],
        ),
        (
            "BULKHEAD_TIMEOUTS_SILENCE",
            "60",
            &["BULKHEAD_TIMEOUTS_SILENCE='60'", "is not a span"],
        ),
    ];
    for (name, value, words) in cases {
        let state = State::empty().var(name, value);
        let ended = state.bulkhead(&["run", "--once"]);
        assert_refused(&state, &ended, 2, words);
    }
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let state = State::empty();
    let nowhere = state.path("nowhere.toml").display().to_string();
    let ended = state.bulkhead(&["--config", &nowhere, "run", "--once"]);
    assert_refused(&state, &ended, 2, &[&nowhere, "No such file", "--config"]);
    let state = State::empty().var("BULKHEAD_CONFIG", &nowhere);
    let ended = state.bulkhead(&["status"]);
    assert_refused(&state, &ended, 2, &[&nowhere, "No such file", "--config"]);
}

#[test]
fn a_file_in_the_state_directory_counts_without_being_named() {
    let state = State::empty();
    std::fs::create_dir(state.dir()).unwrap();
    std::fs::write(state.dir().join("bulkhead.toml"), "unknown = 1").unwrap();
    let ended = state.bulkhead(&["status"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("state/bulkhead.toml:1:1"),
        "{}",
        ended.stderr
    );
}

#[test]
fn without_the_childs_program_nothing_starts_and_nothing_is_made() {
    for (child, words) in [
        ("/nowhere/worker-child", "No such file"),
        ("/tmp", "directory"),
    ] {
        let state = State::empty();
        state.write_config(&format!("worker_child = \"{child}\""));
        let ended = state.bulkhead(&["run", "--once"]);
        assert_refused(&state, &ended, 1, &[child, words, "set worker_child"]);
        assert_eq!(
            ended.stderr.matches(words).count(),
            1,
            "told once: {}",
            ended.stderr
        );
    }
}

#[test]
fn an_account_in_an_environment_that_is_gone_stops_the_start() {
    let state = State::new();
    let environment = "[environments.lab]\napi = \"http://127.0.0.1:9\"\napiz = \"http://[::1]:9\"";
    let plain = std::fs::read_to_string(state.config()).unwrap();
    state.add_config(environment);
    state.set_script("a", "");
    let file = state.token_file("a").display().to_string();
    let add = [
        "account",
        "add",
        "a",
        "--environment",
        "lab",
        "--token-file",
        &file,
    ];
    assert_eq!(state.bulkhead(&add).code, Some(0));
    assert_eq!(state.once().code, Some(0));
    let attempts = state.database().number("SELECT count(*) FROM attempts");
    state.write_config(&plain);
    let ended = state.once();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    for words in [
        "account a is in environment lab",
        "add [environments.lab] with api and apiz",
    ] {
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
    assert_eq!(
        state.database().number("SELECT count(*) FROM attempts"),
        attempts
    );
}
