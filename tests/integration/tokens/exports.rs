//! What `crash export` searches for besides what looks like an access token.

use std::fs;

use integration_tests::harness::crash::reports;
use integration_tests::harness::process::Ended;

use crate::dying::{Dying, TOKEN};
use crate::stage::{CLIENT_SECRET, KEY};

/// A stage with one report of a token child.
fn died() -> (Dying, String) {
    let dying = Dying::new();
    dying.account("panics", "panic");
    dying.pass();
    let id = reports(&dying.stage.state, "panics")[0].id.clone();
    (dying, id)
}

fn export(dying: &Dying, id: &str, to: &str) -> (Ended, bool) {
    let to = dying.stage.state.path(to);
    let args = ["crash", "export", id, "--to", to.to_str().unwrap()];
    (dying.stage.state.bulkhead(&args), to.exists())
}

#[test]
fn secrets_that_have_no_form_are_found_in_every_dress() {
    let (dying, id) = died();
    let (ended, _) = export(&dying, &id, "clean.tar");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for words in [
        "its refresh token",
        "the client secret of simulated",
        "INTERNAL_API_KEY",
    ] {
        assert!(ended.stdout.contains(words), "{words}: {}", ended.stdout);
    }
    assert!(
        !ended.stdout.contains("not searched for"),
        "{}",
        ended.stdout
    );

    let home = dying.stage.state.dir().join("crashes").join(&id);
    let report = fs::read_to_string(home.join("report.json")).unwrap();
    // `xApp-1:` and the client secret in base64.
    let basic = "eEFwcC0xOlBSRC1jYW5hcnktY2xpZW50LXNlY3JldC03MQ==";
    let percent = CLIENT_SECRET.replace('-', "%2D");
    let escaped = dying
        .token("panics")
        .replace('^', "\\u005e")
        .replace("v\\u005e1.1", "v\\u005E1.1");
    for planted in [CLIENT_SECRET, KEY, basic, &percent, &escaped] {
        fs::write(home.join("report.json"), format!("{report}{planted}")).unwrap();
        let (ended, written) = export(&dying, &id, "refused.tar");
        assert_eq!(ended.code, Some(1), "{planted}: {}", ended.stdout);
        assert!(!written, "nothing is written");
        for secret in [CLIENT_SECRET, KEY, TOKEN] {
            assert!(!ended.stderr.contains(secret), "{}", ended.stderr);
        }
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    let (dying, id) = died();
    fs::remove_file(dying.stage.state.dir().join("secret.key")).unwrap();
    let (ended, written) = export(&dying, &id, "out.tar");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(written);
    let unread = ended
        .stdout
        .lines()
        .find(|line| line.contains("not searched for"));
    let unread = unread.unwrap_or_else(|| panic!("{}", ended.stdout));
    for words in [
        "its refresh token",
        "the client secret of simulated",
        "secret forget",
    ] {
        assert!(unread.contains(words), "{words}: {unread}");
    }
}
