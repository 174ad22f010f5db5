//! A faulty child's life from its first moment to its last.

use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use rustix::process::set_parent_process_death_signal;
use shared::attempt::{Attempt, RunOrder};
use shared::build::BUILD;
use shared::exit::ExitCode;
use shared::failure::Failure;
use shared::id::RunNo;
use shared::secret::Secret;
use shared::wire::message::{FromChild, PROTOCOL_VERSION};

use super::deaths;
use super::deck;
use super::exchange;
use super::flight::Flight;
use super::good::Good;
use super::lies::{self, hello};
use super::script::{Behaviour, Early, Script, early};
use super::talk::{Talk, TalkError};
use super::world::World;

/// Between two looks whether the gate is open.
const LOOK: Duration = Duration::from_millis(5);
/// How long a grandchild lives unless it is killed.
const LINGER: Duration = Duration::from_mins(1);

/// Lives by the script that comes with `Start`; returns the exit code.
pub fn live(attempt_dir: &Path) -> u8 {
    let Ok(flight) = Flight::open(attempt_dir) else {
        return ExitCode::AttemptDirectory.code();
    };
    if is_token_child(attempt_dir) {
        let confined = die_with_parent().map_err(|_| ExitCode::Confine.code());
        let lived = confined.map(|()| exchange::live(flight));
        return lived.map_or_else(|code| code, |lived| lived.unwrap_or_else(|e| code_of(&e)));
    }
    let text = std::fs::read(attempt_dir.join("attempt.json"));
    let read = text.map(|text| serde_json::from_slice::<Attempt>(&text));
    let Ok(Ok(attempt)) = read else {
        return ExitCode::AttemptDirectory.code();
    };
    let before = early(&attempt.account);
    if before != Some(Early::Orphan) && die_with_parent().is_err() {
        return ExitCode::Confine.code();
    }
    let mut talk = Talk::new();
    let end = match before {
        Some(before) => begin_badly(before, &mut talk),
        None => talk.say(&hello(PROTOCOL_VERSION, BUILD)).map(|()| None),
    };
    match end {
        Ok(Some(code)) => code,
        Ok(None) => work(&mut talk, flight).unwrap_or_else(|error| {
            if before == Some(Early::Orphan) {
                linger();
            }
            code_of(&error)
        }),
        Err(error) => code_of(&error),
    }
}

/// What is left behind by a child that is gone: a process that does nothing for a while.
pub fn linger() {
    std::thread::sleep(LINGER);
}

fn is_token_child(attempt_dir: &Path) -> bool {
    let name = attempt_dir.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with("token-"))
}

fn die_with_parent() -> rustix::io::Result<()> {
    set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
}

fn code_of(error: &TalkError) -> u8 {
    let code = match error {
        TalkError::Stop => ExitCode::Done,
        TalkError::Gone => ExitCode::ParentGone,
        TalkError::Write(_) => ExitCode::Output,
        TalkError::Refused(..)
        | TalkError::Frame(_)
        | TalkError::Codec(_)
        | TalkError::Unexpected(_) => {
            deaths::say_last(&error.to_string());
            ExitCode::Protocol
        }
    };
    code.code()
}

/// What comes instead of an honest `Hello`; `None` if one was said after all.
fn begin_badly(early: Early, talk: &mut Talk) -> Result<Option<u8>, TalkError> {
    match early {
        Early::NeverReady => deaths::stand_still(),
        Early::Exit(code) => return Ok(Some(code)),
        Early::Segv => deaths::raise_twice(Signal::SIGSEGV),
        Early::NoHello => talk.say(&FromChild::Bye)?,
        Early::WrongVersion => talk.say(&hello(PROTOCOL_VERSION + 1, BUILD))?,
        Early::WrongBuild => talk.say(&hello(PROTOCOL_VERSION, "0.0.9+0123456789abcdef"))?,
        Early::Orphan => {
            talk.say(&hello(PROTOCOL_VERSION, BUILD))?;
            return Ok(None);
        }
    }
    talk.wait_for_the_end();
    Ok(Some(ExitCode::ParentGone.code()))
}

fn work(talk: &mut Talk, mut flight: Flight) -> Result<u8, TalkError> {
    let (attempt, token) = talk.start()?;
    let script = Script::parse(token.expose()).and_then(|script| deck::draw(script, &attempt));
    let script = match script {
        Ok(script) => script,
        Err(why) => {
            deaths::say_last(&why);
            return Ok(ExitCode::BadStart.code());
        }
    };
    if let Some(gate) = &script.gate {
        while !gate.exists() {
            for order in &attempt.runs {
                flight.progress(order.run);
            }
            std::thread::sleep(LOOK);
        }
    }
    let is_bad = |order: &&RunOrder| !script.of(order.worker).is_good();
    let bad = attempt.runs.iter().find(is_bad);
    let mut good = Good {
        talk,
        flight: &mut flight,
        script: &script,
        started_at: attempt.started_at,
    };
    for order in &attempt.runs {
        let behaviour = script.of(order.worker);
        if bad.is_none() || behaviour == Behaviour::First {
            if let Behaviour::Needs(mib) = behaviour {
                good.flight.enter_poll(order.run);
                deaths::need(good.flight, order.run, usize::from(mib));
            }
            if behaviour == Behaviour::Renews && good.talk.fresher(order.run)?.is_none() {
                good.talk.say(&refused_token(order.run))?;
                continue;
            }
            whole(&mut good, order, behaviour == Behaviour::DropRows)?;
        } else {
            good.begin(order)?;
        }
    }
    if let Some(order) = bad {
        if script.of(order.worker) == Behaviour::TellTokens {
            tell_tokens(talk, order.run, &token)?;
        }
        return strike(talk, &mut flight, order, &script);
    }
    let leaves = |order: &RunOrder| script.of(order.worker) == Behaviour::GoodGrandchild;
    if attempt.runs.iter().any(leaves) && deaths::leave_grandchild().is_err() {
        return Ok(ExitCode::Setup.code());
    }
    talk.say(&FromChild::Bye)?;
    Ok(0)
}

/// A run from its begin to its end; one that is refused ends with the failure that came.
fn whole(good: &mut Good<'_>, order: &RunOrder, dropping: bool) -> Result<(), TalkError> {
    match good.run(order, dropping) {
        Err(TalkError::Refused(run, failure)) => {
            good.talk.say(&FromChild::RunFailed { run, failure })
        }
        other => other,
    }
}

fn refused_token(run: RunNo) -> FromChild {
    FromChild::RunFailed {
        run,
        failure: Failure::Unauthorized {
            what: "Invalid access token".to_owned(),
        },
    }
}

fn tell_tokens(talk: &mut Talk, run: RunNo, first: &Secret) -> Result<(), TalkError> {
    let fresher = talk.fresher(run)?;
    let fresher = fresher.as_ref().map_or("none", Secret::expose);
    deaths::say_last(&format!("began with {} and got {fresher}", first.expose()));
    Ok(())
}

/// A record at a time, without an end; a wish to stop is not followed.
fn drip(
    talk: &mut Talk,
    flight: &mut Flight,
    order: &RunOrder,
    script: &Script,
) -> Result<u8, TalkError> {
    let all = World::new(script).all(order.worker);
    for record in all.iter().cycle() {
        match talk.batch(order.run, vec![record.clone()]) {
            Err(TalkError::Stop) => deaths::stand_still(),
            other => other?,
        }
        flight.progress(order.run);
        std::thread::sleep(LOOK);
    }
    Ok(ExitCode::Setup.code())
}

fn strike(
    talk: &mut Talk,
    flight: &mut Flight,
    order: &RunOrder,
    script: &Script,
) -> Result<u8, TalkError> {
    let run = order.run;
    flight.enter_poll(run);
    if let Some(mark) = &script.mark {
        drop(std::fs::write(mark, "struck"));
    }
    match script.of(order.worker) {
        Behaviour::Good
        | Behaviour::First
        | Behaviour::DropRows
        | Behaviour::Needs(_)
        | Behaviour::GoodGrandchild
        | Behaviour::Renews => {}
        Behaviour::Memory => deaths::exhaust(flight, run, false),
        Behaviour::MemoryInCrumbs => deaths::exhaust(flight, run, true),
        Behaviour::Panic | Behaviour::Flood | Behaviour::TellTokens => {
            if script.of(order.worker) == Behaviour::Flood {
                deaths::flood();
            }
            if let Ok(again) = flight.again() {
                deaths::abort_on_panic(again, run);
            }
            deaths::panic_now();
        }
        Behaviour::StackOverflow => {
            deaths::recurse(0);
        }
        Behaviour::Spin => deaths::spin(flight, run),
        Behaviour::Raise(signal) => deaths::raise_twice(signal),
        Behaviour::Hung => deaths::stand_still(),
        Behaviour::Deaf => {
            deaths::block(Signal::SIGTERM);
            deaths::stand_still();
        }
        Behaviour::Endless => deaths::endless(flight, run),
        Behaviour::Drip => return drip(talk, flight, order, script),
        Behaviour::Staged(staged) => return Ok(staged.play(flight, run)),
        Behaviour::Exit(code) => return Ok(code),
        Behaviour::Grandchild => {
            return Ok(match deaths::leave_grandchild() {
                Ok(()) => 0,
                Err(_) => ExitCode::Setup.code(),
            });
        }
        Behaviour::Lie(lie) => return lies::tell(lie, talk, order, script),
    }
    Ok(ExitCode::Setup.code())
}
