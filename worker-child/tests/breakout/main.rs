//! Tries to break out of every layer of the sandbox, with the layer in force and without it: each
//! attempt must fail with it, and succeed where nothing is given up, or it would show nothing.
//!
//! The test runs itself once more as the process that tries.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "test code")]

mod attempts;
mod call;
mod prisoner;
mod refusals;
mod scene;

use shared::sandbox::{Layer, SandboxMode};
use worker_child::confine::{SANDBOX, landlock_abi};

use attempts::ATTEMPTS;
use prisoner::{Given, Outcome, answer};
use scene::Scene;

/// The layers that this kernel can put in force.
fn available() -> Vec<Layer> {
    let abi = landlock_abi().unwrap_or(0);
    let has = |layer: &Layer| match layer {
        Layer::LandlockFiles => abi >= 3,
        Layer::LandlockNetwork => abi >= 4,
        Layer::LandlockScope => abi >= 6,
        Layer::NoNewPrivs | Layer::NotDumpable | Layer::FilesClosed | Layer::Seccomp => true,
    };
    Layer::ALL.into_iter().filter(has).collect()
}

#[test]
fn each_layer_stops_what_it_is_for() {
    if prisoner::is_one() {
        prisoner::serve();
        return;
    }
    let scene = Scene::new();
    let available = available();
    let mut faults = Vec::new();
    for attempt in ATTEMPTS {
        let name = attempt.name;
        match answer(&scene, name, &Given::Layers(Vec::new())) {
            Outcome::Out => {}
            Outcome::Refused(why) if attempt.may_be_impossible => {
                eprintln!("SKIPPED {name}: it is refused without any layer: {why}");
                continue;
            }
            outcome @ (Outcome::Refused(_) | Outcome::Odd(_)) => {
                faults.push(format!("{name} without layers: {outcome:?}"));
            }
        }
        for layer in available
            .iter()
            .filter(|one| attempt.stopped_by.contains(one))
        {
            let outcome = answer(&scene, name, &Given::Layers(vec![*layer]));
            if !matches!(outcome, Outcome::Refused(_)) {
                faults.push(format!("{name} with {}: {outcome:?}", layer.name()));
            }
        }
        let outcome = answer(&scene, name, &Given::Mode(SandboxMode::BestEffort));
        let can = attempt
            .stopped_by
            .iter()
            .any(|layer| available.contains(layer));
        if can && !matches!(outcome, Outcome::Refused(_)) {
            faults.push(format!("{name} as a sync: {outcome:?}"));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_layer_has_an_attempt() {
    for layer in Layer::ALL {
        // What no_new_privs is for needs a program with privileges of its own; /proc shows it.
        let shown = layer == Layer::NoNewPrivs || layer == Layer::NotDumpable;
        let tried = ATTEMPTS.iter().any(|one| one.stopped_by.contains(&layer));
        assert!(shown || tried, "{}", layer.name());
    }
}

#[test]
fn what_a_sync_needs_is_still_there() {
    let scene = Scene::new();
    for need in ["open port", "resolve", "thread"] {
        let outcome = answer(&scene, need, &Given::Mode(SandboxMode::BestEffort));
        assert_eq!(outcome, Outcome::Out, "{need}");
    }
    let nothing = Given::Layers(Vec::new());
    assert_eq!(answer(&scene, "keep a file", &nothing), Outcome::Out);
}

#[test]
fn a_layer_that_cannot_be_taken_is_told() {
    let scene = Scene::new();
    // Rulesets add up to 16 at most (landlock(7)), so that one more is refused.
    let told = |mode| answer(&scene, "sandbox again", &Given::Mode(mode));
    if !SANDBOX.iter().all(|layer| available().contains(layer)) {
        eprintln!("SKIPPED: this kernel lacks a layer");
        return;
    }
    let Outcome::Refused(why) = told(SandboxMode::Require) else {
        unreachable!("a layer that is missing was no error");
    };
    assert!(
        why.contains("the layer landlock_files is not in force"),
        "{why}"
    );
    let Outcome::Refused(why) = told(SandboxMode::BestEffort) else {
        unreachable!("a layer that is missing was not told");
    };
    assert!(why.contains("without landlock_files, "), "{why}");
}
