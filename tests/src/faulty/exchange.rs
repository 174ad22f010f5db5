//! A faulty token child: answers with its own script as the access token, or dies as that says.
//!
//! The script is what it was given as a refresh token, as a code, or as the web app's name for the
//! account; of all accounts, the key. Whatever it is given besides, it tells wherever it can before it dies.

use std::path::PathBuf;

use shared::build::BUILD;
use shared::exit::ExitCode;
use shared::id::RunNo;
use shared::secret::Secret;
use shared::time::Timestamp;
use shared::wire::message::{Ask, Exchanged, FromChild, PROTOCOL_VERSION};

use super::deaths;
use super::flight::Flight;
use super::lies::{hello, spoiled};
use super::script::{Behaviour, Lie, Script, behaviour};
use super::talk::{Talk, TalkError};
use crate::harness::wait::now_ms;

/// What a token child does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Exchanging {
    /// Always this.
    As(Behaviour),
    /// What stands in this file now.
    AsIn(PathBuf),
}

impl Exchanging {
    /// Reads a behaviour, or `@` and the path of a file that holds one.
    pub(super) fn parse(value: &str) -> Option<Self> {
        Some(match value.strip_prefix('@') {
            Some(path) => Self::AsIn(PathBuf::from(path)),
            None => Self::As(behaviour(value)?),
        })
    }

    /// What it does now.
    pub(super) fn now(&self) -> Result<Behaviour, String> {
        match self {
            Self::As(behaviour) => Ok(*behaviour),
            Self::AsIn(path) => {
                let name = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
                behaviour(name.trim()).ok_or_else(|| format!("'{name}' is not understood"))
            }
        }
    }
}

/// How long an access token is good, in milliseconds.
const GOOD_FOR: i64 = 7_200_000;

/// Lives until its answer or its death; returns the exit code.
pub(super) fn live(mut flight: Flight) -> Result<u8, TalkError> {
    let mut talk = Talk::new();
    talk.say(&hello(PROTOCOL_VERSION, BUILD))?;
    let exchange = talk.exchange()?;
    let (text, secrets) = given(&exchange.ask);
    let Ok(script) = Script::parse(&text) else {
        // Of all accounts of the web app.
        talk.say(&FromChild::Exchanged(Exchanged::Refreshed {
            refreshed: 1,
            failed: 0,
        }))?;
        return Ok(0);
    };
    let behaviour = script.exchange().unwrap_or(Behaviour::Exit(99));
    if behaviour == Behaviour::Good {
        talk.say(&granted(text))?;
        return Ok(0);
    }
    deaths::say_last(&format!("was given {secrets} and asks {}", exchange.url));
    if let Some(mark) = &script.mark {
        drop(std::fs::write(mark, "struck"));
    }
    strike(&mut talk, &mut flight, behaviour, &(text, secrets))
}

/// The script, and everything else that is secret.
fn given(ask: &Ask) -> (String, String) {
    let text = |secret: &Secret| secret.expose().to_owned();
    match ask {
        Ask::Refresh {
            client_secret,
            refresh_token,
            ..
        } => (text(refresh_token), text(client_secret)),
        Ask::Code {
            client_secret,
            code,
            ..
        } => (text(code), text(client_secret)),
        Ask::WebApp { key, ebay_account } => (ebay_account.clone(), text(key)),
        Ask::WebAppRefresh { key } => (text(key), text(key)),
    }
}

fn granted(script: String) -> FromChild {
    FromChild::Exchanged(Exchanged::Granted {
        access: Secret::new(script.clone()),
        expires_at: Timestamp(now_ms() + GOOD_FOR),
        refresh: Some(Secret::new(script)),
    })
}

fn strike(
    talk: &mut Talk,
    flight: &mut Flight,
    behaviour: Behaviour,
    (script, secrets): &(String, String),
) -> Result<u8, TalkError> {
    let run = RunNo(0);
    match behaviour {
        Behaviour::Memory => deaths::exhaust(flight, run, false),
        Behaviour::Panic => {
            flight.panicked(
                run,
                &format!("{secrets} is not {script}, at src/made_up.rs:1:1"),
            );
            std::process::abort();
        }
        Behaviour::StackOverflow => {
            deaths::recurse(0);
        }
        Behaviour::Raise(signal) => deaths::raise_twice(signal),
        Behaviour::Hung => deaths::stand_still(),
        Behaviour::Staged(staged) => return Ok(staged.play(flight, run)),
        Behaviour::Exit(code) => return Ok(code),
        Behaviour::Lie(lie) => return tell(lie, talk, script),
        Behaviour::Good
        | Behaviour::First
        | Behaviour::DropRows
        | Behaviour::Needs(_)
        | Behaviour::MemoryInCrumbs
        | Behaviour::Flood
        | Behaviour::Spin
        | Behaviour::Deaf
        | Behaviour::Endless
        | Behaviour::Grandchild
        | Behaviour::GoodGrandchild
        | Behaviour::Renews
        | Behaviour::TellTokens
        | Behaviour::Drip => {}
    }
    Ok(ExitCode::Setup.code())
}

/// Tells a lie that an exchange has room for, and stays.
fn tell(lie: Lie, talk: &mut Talk, script: &str) -> Result<u8, TalkError> {
    match lie {
        Lie::Oversize => talk.raw(&u32::MAX.to_le_bytes())?,
        Lie::Garbage => talk.raw(&[2, 0, 0, 0, 200, 200])?,
        Lie::Trailing => {
            let answer = granted(script.to_owned());
            talk.raw(&spoiled(&answer, |body| body.push(7))?)?;
        }
        Lie::HelloAgain => talk.say(&hello(PROTOCOL_VERSION, BUILD))?,
        Lie::DoneFirst => talk.say(&FromChild::RunDone { run: RunNo(0) })?,
        Lie::ByeEarly => talk.say(&FromChild::Bye)?,
        Lie::ByeStays => talk.say(&granted(script.to_owned()))?,
        Lie::Closed => drop(nix::unistd::close(1)),
        Lie::Empty
        | Lie::Truncated
        | Lie::UnknownRun
        | Lie::Sequence
        | Lie::Mark(_)
        | Lie::ForeignTable
        | Lie::UnknownTable
        | Lie::Columns
        | Lie::NeverReads
        | Lie::ClosedInput
        | Lie::Probe(_)
        | Lie::TokenAgain => return Ok(ExitCode::Setup.code()),
    }
    deaths::stand_still()
}
