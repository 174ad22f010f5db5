//! The process that tries: it gives up what it is told to, tries one thing, and says how it went.

use std::env;
use std::process::Command;

use shared::sandbox::{Layer, SandboxMode, layers};
use worker_child::confine::{self, Doors};

use crate::attempts;
use crate::scene::{OPEN, Scene};

const ATTEMPT: &str = "BREAKOUT_ATTEMPT";
const GIVEN: &str = "BREAKOUT_GIVEN";
const PARENT_TEST: &str = "each_layer_stops_what_it_is_for";
const REFUSED: &str = "refused: ";
const OUT: &str = "out!";

/// What a prisoner gives up.
pub(crate) enum Given {
    /// These layers, one by one.
    Layers(Vec<Layer>),
    /// Everything that a sync gives up in this mode.
    Mode(SandboxMode),
}

/// How it went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what it tried.
    Out,
    /// It could not, for this reason.
    Refused(String),
    /// It did not come so far, or died.
    Odd(String),
}

/// Whether this process is the one that tries.
pub(crate) fn is_one() -> bool {
    env::var_os(ATTEMPT).is_some()
}

/// Lets a prisoner try.
pub(crate) fn answer(scene: &Scene, attempt: &str, given: &Given) -> Outcome {
    let given = match given {
        Given::Layers(layers) => {
            let bits: u64 = layers.iter().map(|layer| layer.bit()).sum();
            bits.to_string()
        }
        Given::Mode(mode) => serde_json::to_string(mode).unwrap(),
    };
    let ended = Command::new(env::current_exe().unwrap())
        .args(["--exact", PARENT_TEST, "--nocapture", "--test-threads=1"])
        .env_clear()
        .env(ATTEMPT, attempt)
        .env(GIVEN, given)
        .envs(scene.told())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    if let Some((_, why)) = said.split_once(REFUSED) {
        return Outcome::Refused(why.lines().next().unwrap_or("").to_owned());
    }
    // A program that took its place says nothing and ends well.
    let replaced = attempt == "exec" && ended.status.success();
    if said.contains(OUT) || replaced {
        return Outcome::Out;
    }
    Outcome::Odd(format!("{ended:?}"))
}

/// Is the prisoner.
pub(crate) fn serve() {
    give_up();
    let tried = attempts::run(&env::var(ATTEMPT).unwrap());
    match tried {
        Ok(()) => println!("{OUT}"),
        Err(why) => println!("{REFUSED}{why}"),
    }
}

pub(crate) fn doors() -> Doors {
    Doors {
        ports: vec![env::var(OPEN).unwrap().parse().unwrap()],
        names: true,
        roots: false,
    }
}

fn give_up() {
    let given = env::var(GIVEN).unwrap();
    if let Ok(bits) = given.parse() {
        for layer in layers(bits) {
            confine::take(layer, &doors(), &[]).unwrap();
        }
        return;
    }
    let mode: SandboxMode = serde_json::from_str(&given).unwrap();
    confine::confine(confine::parent(), &[]).unwrap();
    confine::sandbox(mode, &doors()).unwrap();
}
