//! An access token must be nowhere but in its file: not in the state directory, not in an output,
//! not in what the system shows of a child, however children die.

use std::fs;
use std::path::PathBuf;

use integration_tests::faulty::script::PREFIX;
use integration_tests::harness::crash::reports;
use integration_tests::harness::process::alive;
use integration_tests::harness::search::{holders, holds};
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};

/// In every token.
const CANARY: &str = "canary-9b1f33c5";

/// How the accounts die.
const DEATHS: [&str; 10] = [
    "panic",
    "memory",
    "segv",
    "abrt",
    "stack_overflow",
    "exit-70",
    "exit-0",
    "lie-trailing",
    "lie-wrong_slice",
    "lie-columns",
];

/// Neither command line nor environment of these processes shows a token.
fn assert_shown_nothing(children: Vec<u32>) {
    for pid in children {
        for what in ["cmdline", "environ"] {
            // One that ends meanwhile has nothing to show.
            let shown = fs::read(format!("/proc/{pid}/{what}")).unwrap_or_default();
            assert!(!holds(&shown, &[CANARY, PREFIX]), "{what}");
        }
        let environ = fs::read_to_string(format!("/proc/{pid}/environ")).unwrap_or_default();
        let names = environ.split('\0').filter(|pair| !pair.is_empty());
        for name in names
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, _)| name)
        {
            assert_eq!(name, "MALLOC_ARENA_MAX", "only what is on the list");
        }
    }
}

#[test]
fn the_token_stays_where_it_is() {
    // Names every file that is made, and nothing of a token.
    let state = State::new().var("BULKHEAD_LOG", "trace");
    let gate = state.path("gate");
    let scripts = DEATHS.map(|death| format!("orders={death};canary={CANARY}"));
    for (account, script) in DEATHS.iter().zip(&scripts) {
        state.add_account(account, "orders,active_inventory", script);
    }
    let waiting = format!("gate={};canary={CANARY}", gate.display());
    state.add_account("waiting", "orders", &waiting);
    // It tells its tokens: the one that it began with, and a fresher one.
    let tells = |word: &str| format!("orders=tell_tokens;{waiting}-{word}");
    state.add_account("teller", "orders", &tells("first"));

    let pass = state.start_once();
    let database = state.database();
    let reported = "SELECT count(DISTINCT account_id) FROM crash_reports";
    let deaths = i64::try_from(DEATHS.len()).unwrap();
    wait_until("every death", LONG, || database.number(reported) == deaths);
    // While a child has its token, and beside the write-ahead log.
    let children = alive(&state.dir());
    assert!(!children.is_empty(), "the waiting child is alive");
    assert_shown_nothing(children);
    assert_eq!(holders(&state.dir(), &[CANARY]), Vec::<PathBuf>::new());
    let started = "SELECT count(pid) FROM attempts JOIN accounts USING (account_id) \
                   WHERE name = 'teller'";
    wait_until("the teller", LONG, || database.number(started) == 1);
    state.set_script("teller", &tells("second"));
    fs::write(&gate, "").unwrap();
    let ended = pass.end(LONG);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let told = reports(&state, "teller")[0].json["stderr"]["head"].clone();
    let told = told.as_str().unwrap();
    assert!(told.contains("began with v^1.… and got v^1.…"), "{told}");
    for words in [["crash", "list"], ["account", "list"]] {
        state.bulkhead(&words);
    }
    state.bulkhead(&["status"]);
    for report in database.rows("SELECT crash_id FROM crash_reports") {
        let id = report.get("crash_id").unwrap().as_str().unwrap();
        assert_eq!(state.bulkhead(&["crash", "show", id]).code, Some(0));
    }

    // Everything that there is now: state directory, outputs, configuration, tokens.
    let root = state.path("");
    let mut found = holders(&root, &[CANARY]);
    found.sort();
    let mut tokens: Vec<PathBuf> = DEATHS.iter().map(|name| state.token_file(name)).collect();
    tokens.extend(["waiting", "teller"].map(|name| state.token_file(name)));
    tokens.sort();
    assert_eq!(found, tokens, "in the token files and nowhere else");
    assert!(ended.stderr.len() > 10_000, "the log was looked at");
    assert!(state.dir().join("crashes").read_dir().unwrap().count() >= DEATHS.len());
}
