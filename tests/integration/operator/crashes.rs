//! What a person does with crash reports: look, replay, pass on, prune; and what prunes itself.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use integration_tests::harness::process::alive;
use integration_tests::harness::state::State;
use integration_tests::harness::wait::{LONG, wait_until};
use serde_json::Value;

/// Two accounts that died twice each.
fn died() -> State {
    let state = State::new();
    for account in ["a", "b"] {
        state.add_account(account, "orders", "orders=panic");
    }
    assert_eq!(state.once().code, Some(1));
    assert_eq!(ids(&state).len(), 4);
    state
}

/// Ids of the reports in the database, newest first.
fn ids(state: &State) -> Vec<String> {
    let listed = state.json(&["crash", "list"]);
    let ids = listed.as_array().unwrap().iter();
    ids.map(|line| line["id"].as_str().unwrap().to_owned())
        .collect()
}

fn directories(state: &State) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(state.dir().join("crashes"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn directory(state: &State, id: &str) -> PathBuf {
    state.dir().join("crashes").join(id)
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

#[test]
fn a_report_is_shown_with_all_that_is_known() {
    let state = died();
    let id = &ids(&state)[0];
    let shown = state.json(&["crash", "show", id]);
    assert_eq!(shown["raw_status"], 6, "SIGABRT");
    assert_eq!(shown["child_build"], shown["build"]);
    assert_eq!(shown["runs"], serde_json::json!(["orders"]));
    assert!(shown["recording"]["bytes"].is_u64(), "{shown}");
    assert!(shown["reproduce"].is_object(), "{shown}");
    assert_eq!(shown["verdict"]["culprit_confidence"], "proven");
    let text = state.bulkhead(&["crash", "show", id]).stdout;
    for line in [
        "cause      panic (proven)",
        "ended      SIGABRT (6), wait status 0x0006",
        "limits     memory 64MiB",
        "culprit    this run (proven)",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    fs::remove_dir_all(directory(&state, id)).unwrap();
    let text = state.bulkhead(&["crash", "show", id]).stdout;
    assert!(text.contains("files      gone: pruned"), "{text}");
}

#[test]
fn pruning_takes_rows_and_directories_together() {
    let state = died();
    let before = ids(&state);
    // A supervisor that was killed between the two left a directory without a row.
    fs::create_dir(directory(&state, "999-orders")).unwrap();
    fs::write(directory(&state, "999-orders").join("report.json"), "{}").unwrap();
    let planned = state.json(&["crash", "prune", "--keep", "2", "--dry-run"]);
    assert_eq!(planned["dry_run"], true);
    assert_eq!((ids(&state).len(), directories(&state).len()), (4, 5));

    let pruned = state.json(&["crash", "prune", "--keep", "2"]);
    assert_eq!(pruned["removed"], planned["removed"]);
    assert_eq!(pruned["removed"].as_array().unwrap().len(), 3);
    let mut left = sorted(ids(&state));
    assert!(left.iter().all(|id| before.contains(id)));
    // Its directory was made last: it is the newest.
    left.push("999-orders".to_owned());
    assert_eq!(directories(&state), sorted(left));

    let again = state.bulkhead(&["crash", "prune", "--keep", "2"]);
    assert_eq!(again.code, Some(3), "{}", again.stdout);
    // A row whose directory is gone goes like the others.
    fs::remove_dir_all(state.dir().join("crashes")).unwrap();
    let all = state.bulkhead(&["crash", "prune", "--older-than", "0ms"]);
    assert_eq!(all.code, Some(0), "{}", all.stderr);
    assert_eq!(ids(&state).len(), 0);
    let wrong = state.bulkhead(&["crash", "prune", "--keep", "0"]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
}

#[test]
fn what_a_running_attempt_wrote_stays() {
    let state = State::new();
    let gate = state.path("gate");
    state.add_account("a", "orders", &format!("gate={}", gate.display()));
    let service = state.start_service();
    wait_until("a child", LONG, || !alive(&state.dir()).is_empty());
    let attempt = state
        .database()
        .number("SELECT max(attempt_id) FROM attempts");
    let running = directory(&state, &format!("{attempt}-orders"));
    let ended = directory(&state, "999-orders");
    fs::create_dir_all(&running).unwrap();
    fs::create_dir_all(&ended).unwrap();
    let pruned = state.bulkhead(&["crash", "prune", "--older-than", "0ms"]);
    assert_eq!(pruned.code, Some(0), "{}", pruned.stderr);
    assert_eq!((running.exists(), ended.exists()), (true, false));
    drop(service);
}

#[test]
fn the_service_prunes_by_its_configuration() {
    let state = died();
    state.add_config("[crashes]\nkeep_count = 1");
    for account in ["a", "b"] {
        state.set_script(account, "");
    }
    let newest = state
        .database()
        .value("SELECT crash_id FROM crash_reports ORDER BY at DESC, attempt_id DESC LIMIT 1");
    let newest = newest.as_str().unwrap().to_owned();
    let pass = state.once();
    assert_eq!(ids(&state), [newest.as_str()], "{}", pass.stderr);
    assert_eq!(directories(&state), [newest.as_str()]);
    let told: Vec<Value> = pass
        .stderr
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["crashes"] == 3)
        .collect();
    assert_eq!(told.len(), 1, "{}", pass.stderr);
}

#[test]
fn an_export_is_whole_and_has_no_token() {
    let state = died();
    let id = &ids(&state)[0];
    let to = state.path("out.tar");
    let export = |to: &PathBuf| {
        let mut command = state.command(&["crash", "export", id, "--to"]);
        command.arg(to);
        state.run(command)
    };
    let ended = export(&to);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("none found"), "{}", ended.stdout);
    assert_eq!(
        fs::metadata(&to).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let unpacked = state.path("unpacked");
    tar::Archive::new(File::open(&to).unwrap())
        .unpack(&unpacked)
        .unwrap();
    for name in ["report.json", "attempt.json"] {
        let there = fs::read(unpacked.join(id).join(name)).unwrap();
        assert_eq!(there, fs::read(directory(&state, id).join(name)).unwrap());
    }
    let readme = fs::read_to_string(unpacked.join(id).join("README.txt")).unwrap();
    assert!(
        readme.contains(&format!("worker-child replay {id}")),
        "{readme}"
    );
    assert_eq!(export(&to).code, Some(2), "it exists");

    // The account's present token, in the form in which a URL has it.
    let account = state.json(&["crash", "show", id])["account"].clone();
    let token = state.token_file(account.as_str().unwrap());
    fs::write(token, "v^1.1#i^1#canary").unwrap();
    let planted = directory(&state, id).join("attempt.json");
    fs::write(&planted, "{\"a\": \"v%5E1.1%23i%5E1%23canary\"}").unwrap();
    let refused = state.path("refused.tar");
    let ended = export(&refused);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert!(!refused.exists(), "nothing is written");
    for words in ["attempt.json", "at byte 7", "nothing was written"] {
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("canary"), "{}", ended.stderr);
}

#[test]
fn replay_passes_answer_and_exit_code_on() {
    let state = died();
    let id = &ids(&state)[0];
    let dir = directory(&state, id).display().to_string();
    // Only how it is called matters here; what it answers is its own test's matter.
    let child = state.path("child");
    for (code, output, args) in [
        (0, "text", format!("replay {dir}")),
        (1, "json", format!("replay --no-limits --output json {dir}")),
    ] {
        fs::write(&child, format!("#!/bin/sh\necho \"$@\"\nexit {code}\n")).unwrap();
        fs::set_permissions(&child, fs::Permissions::from_mode(0o700)).unwrap();
        state.set_child(&child);
        let mut command = state.command(&["--output", output, "crash", "replay", id]);
        if code == 1 {
            command.arg("--no-limits");
        }
        let ended = state.run(command);
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        assert_eq!(ended.stdout.trim(), args);
    }
    fs::remove_dir_all(directory(&state, id)).unwrap();
    let gone = state.bulkhead(&["crash", "replay", id]);
    assert_eq!(gone.code, Some(2));
    assert!(gone.stderr.contains("are gone"), "{}", gone.stderr);
    let unknown = state.bulkhead(&["crash", "replay", "99-orders"]);
    assert!(
        unknown.stderr.contains("no crash report"),
        "{}",
        unknown.stderr
    );
}
