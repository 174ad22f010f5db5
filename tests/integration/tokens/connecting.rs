//! `account add --oauth`: the seller's consent, its code, and what is stored of it.

use std::os::unix::fs::PermissionsExt as _;

use crate::stage::{CLIENT_SECRET, Stage};

const ADD: [&str; 8] = [
    "account",
    "add",
    "shop",
    "--oauth",
    "--environment",
    "simulated",
    "--workers",
    "orders",
];

#[test]
fn the_code_of_a_consent_connects_an_account() {
    let stage = Stage::new();
    stage.seller("shop");
    let none = stage.typed(&ADD, "code");
    assert_eq!(none.code, Some(2), "{}", none.stderr);
    assert!(
        none.stderr.contains("bulkhead application set"),
        "{}",
        none.stderr
    );

    let set = stage.set_application(CLIENT_SECRET);
    assert_eq!(set.code, Some(0), "{}", set.stderr);
    assert!(
        set.stderr.contains("secret.key") && set.stderr.contains("Back it up"),
        "{}",
        set.stderr
    );
    let key = std::fs::metadata(stage.state.dir().join("secret.key")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);

    let wrong = stage.typed(&ADD, "v%5E1.1%23nonsense\n");
    assert_eq!(wrong.code, Some(1), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("invalid_grant"), "{}", wrong.stderr);
    assert!(
        wrong.stderr.contains("nothing was stored"),
        "{}",
        wrong.stderr
    );
    let foreign = stage.typed(&ADD, "https://x/?state=1&code=v%5E1\n");
    assert_eq!(foreign.code, Some(2), "{}", foreign.stderr);
    assert_eq!(
        stage
            .state
            .database()
            .number("SELECT count(*) FROM accounts"),
        0
    );

    let code = stage.sim.consent("shop").unwrap();
    let added = stage.typed(&ADD, &code);
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    let url = format!("{}/oauth2/authorize?client_id=App-1", stage.sim.url());
    assert!(added.stderr.contains(&url), "{}", added.stderr);
    stage.once_well();
    assert_eq!(
        (stage.orders(), stage.asked("code"), stage.asked("refresh")),
        (3, 2, 1)
    );

    let listed = stage.state.json(&["account", "list"]);
    assert_eq!(listed[0]["token_source"], "oauth");
    let applications = stage.state.json(&["application", "list"]);
    assert_eq!(applications[0]["client_id"], "App-1");
    assert!(!applications.to_string().contains(CLIENT_SECRET));

    // Consent can be given again.
    stage.sim.revoke("shop");
    assert_eq!(stage.state.once().code, Some(1));
    let code = stage.sim.consent("shop").unwrap();
    let again = stage.typed(&["account", "set-token", "shop", "--oauth"], &code);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    stage.once_well();
}
