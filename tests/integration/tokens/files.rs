//! The source `file`: a token that ran out is told with the command that mends it.

use std::fs;

use crate::stage::Stage;

#[test]
fn a_token_that_ran_out_needs_another() {
    let stage = Stage::new();
    stage.seller("shop");
    let file = stage.state.token_file("shop");
    fs::write(&file, "v^1.1#i^1#own#ran-out").unwrap();
    let path = file.to_str().unwrap();
    assert_eq!(stage.add("shop", &["--token-file", path]).code, Some(0));
    stage.state.once();
    let (word, detail, again) = stage.trouble("shop");
    assert_eq!((word.as_str(), again), ("needs_token", false));
    assert!(
        detail.contains("bulkhead account set-token shop --token-file"),
        "{detail}"
    );
    let database = stage.state.database();
    assert_eq!(
        database.number("SELECT count(*) FROM crash_reports"),
        0,
        "no failure"
    );
    let status = stage.state.bulkhead(&["status"]).stdout;
    assert!(
        status.contains("needs_token") && status.contains("set-token"),
        "{status}"
    );

    fs::write(&file, "v^1.1#i^1#own#shop").unwrap();
    stage.once_well();
    assert_eq!((stage.orders(), stage.trouble("shop").0.as_str()), (3, ""));
}

#[test]
fn set_token_takes_another_file_or_source() {
    let stage = Stage::new();
    stage.seller("shop");
    let (old, new) = (stage.state.token_file("old"), stage.state.token_file("new"));
    fs::write(&old, "v^1.1#i^1#own#ran-out").unwrap();
    fs::write(&new, "v^1.1#i^1#own#shop").unwrap();
    assert_eq!(
        stage
            .add("shop", &["--token-file", old.to_str().unwrap()])
            .code,
        Some(0)
    );
    stage.state.once();
    let set = ["account", "set-token", "shop"];
    let ended = stage
        .state
        .bulkhead(&[&set[..], &["--token-file", new.to_str().unwrap()]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    stage.once_well();
    assert_eq!(stage.orders(), 3);
    let ended = stage
        .state
        .bulkhead(&[&set[..], &["--web-app", "shop"]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    stage.once_well();
    assert_eq!(stage.asked("web_app"), 1);
    let nobody = ["account", "set-token", "nobody", "--web-app", "x"];
    assert_eq!(stage.state.bulkhead(&nobody).code, Some(2));
    assert_eq!(
        stage.state.bulkhead(&set).code,
        Some(2),
        "one source must be named"
    );
}
