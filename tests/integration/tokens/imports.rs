//! `account import`: many accounts at once, all or none, each fault with its place.

use std::fs;

use crate::stage::{CLIENT_SECRET, Stage};

#[test]
fn every_fault_is_told_and_nothing_is_added() {
    let stage = Stage::new();
    stage.seller("shop");
    let file = stage.state.path("accounts.csv");
    let text = "name,environment,refresh_token,ebay_account,workers\n\
                good,simulated,v^1.1#canary-a,,orders\n\
                bad name,simulated,v^1.1#canary-b,,\n\
                two,simulated,v^1.1#canary-c,7,\n\
                good,simulated,v^1.1#canary-d,,\n\
                lost,moon,v^1.1#canary-e,,\n\
                none,simulated,,,\n\
                worker,simulated,v^1.1#canary-f,,v^1.1#canary-g\n\
                short,simulated\n";
    fs::write(&file, text).unwrap();
    let ended = stage
        .state
        .bulkhead(&["account", "import", file.to_str().unwrap()]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    for line in 3..=9 {
        assert!(
            ended.stderr.contains(&format!("accounts.csv:{line}: ")),
            "{line}: {}",
            ended.stderr
        );
    }
    assert!(
        ended.stderr.contains("7 faults, nothing was added"),
        "{}",
        ended.stderr
    );
    assert!(!ended.stderr.contains("canary"), "{}", ended.stderr);
    assert_eq!(
        stage
            .state
            .database()
            .number("SELECT count(*) FROM accounts"),
        0
    );
    assert!(!stage.state.dir().join("secret.key").exists());
}

#[test]
fn accounts_of_every_source_are_added_together() {
    let stage = Stage::new();
    for name in ["a", "b", "c"] {
        stage.seller(name);
    }
    stage.set_application(CLIENT_SECRET);
    let token_file = stage.state.token_file("c");
    fs::write(&token_file, "v^1.1#i^1#own#c").unwrap();
    let refresh = stage.sim.refresh_token("a").unwrap();
    let file = stage.state.path("accounts.json");
    let json = serde_json::json!([
        {"name": "a", "environment": "simulated", "refresh_token": refresh, "workers": "orders"},
        {"name": "b", "environment": "simulated", "ebay_account": "b", "workers": "orders"},
        {"name": "c", "environment": "simulated", "token_file": token_file, "workers": "orders"},
    ]);
    fs::write(&file, json.to_string()).unwrap();
    let import = ["account", "import", file.to_str().unwrap()];
    let ended = stage.state.bulkhead(&import);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    stage.once_well();
    assert_eq!(stage.orders(), 9);
    let again = stage.state.bulkhead(&import);
    assert_eq!(again.code, Some(2), "{}", again.stderr);
    assert_eq!(
        stage
            .state
            .database()
            .number("SELECT count(*) FROM accounts"),
        3
    );
}
