//! Recordings that are not whole, were tampered with, or must not hold something.

use std::fs;
use std::path::Path;

use integration_tests::harness::process::alive;
use integration_tests::sim::{AccountSpec, Fault, FaultKind};

use crate::stage::{spec, stage, token, trapped};

/// Puts one text in the place of another of the same length.
pub(crate) fn replace(path: &Path, from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let mut bytes = fs::read(path).unwrap();
    let places: Vec<usize> = (0..bytes.len())
        .filter(|at| bytes[*at..].starts_with(from.as_bytes()))
        .collect();
    assert!(!places.is_empty(), "{} has no {from}", path.display());
    for at in places {
        bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_was_tampered_with_differs() {
    let stage = stage("");
    trapped(&stage, "panic", "messages");
    let log = stage.pass().stderr;
    let report = stage.report("panic", &log);
    let home = stage.home(&report);
    let recording = home.join("recording");
    let whole = fs::read(&recording).unwrap();
    let differs = |why: &str| {
        let (code, answer) = stage.replay(&home, &[]);
        assert_eq!(answer["conclusion"], "differs", "{answer:#}");
        assert_eq!(code, Some(1));
        let told = answer["differences"].to_string();
        assert!(told.contains(why), "{told}");
    };

    replace(&recording, "bulkhead-trap:panic", "bulkhead-trap:abort");
    differs("and was panic");

    fs::write(&recording, &whole).unwrap();
    replace(&recording, "GetMyMessages", "GetMyMassages");
    differs("the replay left the recording after entry ");
    differs("the recording has ");

    // In the middle of an entry, as a death may leave it.
    fs::write(&recording, &whole[..whole.len() / 2]).unwrap();
    differs("the last entry of the recording is cut off");

    let orders = fs::read_to_string(home.join("attempt.json")).unwrap();
    fs::write(&recording, &whole).unwrap();
    let other = orders.replace("EBAY_US", "EBAY_GB");
    let other = other.replace("\"worker\": \"messages\"", "\"worker\": \"orders\"");
    fs::write(home.join("attempt.json"), other).unwrap();
    let ended = stage.replay_as(&home, &[]);
    assert_eq!(ended.code, Some(64), "{ended:?}");
    assert!(ended.stderr.contains("no run of messages"), "{ended:?}");
}

#[test]
fn an_incomplete_recording_is_told() {
    let stage = stage("[recording]\ncap = \"64KiB\"\n");
    let many = AccountSpec {
        orders: 400,
        ..spec("many")
    };
    stage.join("many", many, "orders");
    let lies = Fault {
        path: "/sell/fulfillment".to_owned(),
        kind: FaultKind::TotalLies { by: 3 },
        // Two days without orders, and the first page of the third.
        skip: 3,
        times: 0,
    };
    stage.sim.fault("many", lies).unwrap();
    let log = stage.pass().stderr;
    let orders = &stage.report("many", &log);
    let (code, answer) = stage.replay(&stage.home(orders), &[]);
    assert_eq!(answer["conclusion"], "not_reproducible", "{answer:#}");
    assert_eq!(code, Some(1));
    let why = answer["why"].as_str().unwrap();
    assert!(
        why.starts_with("recording incomplete (its cap was reached after "),
        "{why}"
    );
    let text = stage.replay_as(&stage.home(orders), &[]);
    let expected = format!("{}: not reproducible: {why}\n", orders.id);
    assert_eq!(text.stdout, expected);
}

#[test]
fn nothing_recorded_is_told() {
    let stage = stage("[recording]\ncap = \"0B\"\n");
    trapped(&stage, "panic", "messages");
    let log = stage.pass().stderr;
    let report = stage.report("panic", &log);
    let (code, answer) = stage.replay(&stage.home(&report), &[]);
    assert_eq!(code, Some(1));
    assert_eq!(answer["why"], "there is no recording");
}

#[test]
fn no_token_and_no_recording_stays_where_none_belongs() {
    let stage = stage("");
    trapped(&stage, "panic", "orders,messages");
    stage.join("well", spec("well"), "orders,active_inventory,messages");
    let log = stage.pass().stderr;
    let report = stage.report("panic", &log);
    assert!(stage.home(&report).join("recording").exists());
    let attempts = fs::read_dir(stage.state.dir().join("attempts")).unwrap();
    assert_eq!(attempts.count(), 0, "a clean end leaves nothing");
    assert!(alive(&stage.state.dir()).is_empty());
    let mut seen = 0;
    let mut folders = vec![stage.state.dir()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            for name in ["panic", "well"] {
                let token = token(name);
                let secret = token.rsplit('#').next().unwrap().as_bytes();
                let found = bytes.windows(secret.len()).any(|part| part == secret);
                assert!(!found, "{} holds a token", path.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 3, "{seen} files were searched");
    let secret = token("panic");
    assert!(!log.contains(secret.rsplit('#').next().unwrap()));
}
