//! What a faulty child is to do, read from its token; before there is a token, from the account's
//! name.
//!
//! A token is `v^1.1#faulty#` and pairs of key and value between semicolons:
//! `base=0;count=40;orders=segv;active_inventory=good`. Workers without a behaviour are `good`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use nix::sys::signal::Signal;
use shared::time::Timestamp;
use shared::worker::Worker;

use super::exchange::Exchanging;
use super::staged::Staged;

/// How every token begins.
pub const PREFIX: &str = "v^1.1#faulty#";

/// How the name of an account begins whose child misbehaves before it has a token.
pub const EARLY: &str = "faulty.";

/// What one run does, after a first batch that the supervisor has committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Syncs everything. Beside a run that is not good it has sent one batch when that one strikes.
    Good,
    /// Good, and has ended before another run strikes.
    First,
    /// Good, but keeps back every fourth record and says nothing about it.
    DropRows,
    /// Good, once it has got and let go of so many MiB of memory.
    Needs(u16),
    /// Allocates pieces of a MiB until there is no more.
    Memory,
    /// Allocates pieces of 4 KiB until there is no more.
    MemoryInCrumbs,
    /// Panics.
    Panic,
    /// Writes 10 MB to standard error, then panics.
    Flood,
    /// Recurses without an end.
    StackOverflow,
    /// Uses the processor without an end.
    Spin,
    /// Raises a signal.
    Raise(Signal),
    /// Stands still.
    Hung,
    /// Stands still and does not hear SIGTERM.
    Deaf,
    /// Goes on and on.
    Endless,
    /// Exits.
    Exit(u8),
    /// Leaves a process behind that holds its pipes, and exits with code 0.
    Grandchild,
    /// The same, but every run has ended and `Bye` was said.
    GoodGrandchild,
    /// Good with a fresher token; without one it says that eBay refused the one it has.
    Renews,
    /// Asks for a fresher token, writes all that it has to standard error, and panics.
    TellTokens,
    /// Sends a record, and another, and never comes to an end.
    Drip,
    /// Breaks the protocol.
    Lie(Lie),
    /// Leaves evidence, true or not, and dies.
    Staged(Staged),
}

impl Behaviour {
    /// Whether the run comes to an honest end.
    pub const fn is_good(self) -> bool {
        matches!(
            self,
            Self::Good
                | Self::First
                | Self::DropRows
                | Self::Needs(_)
                | Self::GoodGrandchild
                | Self::Renews
        )
    }
}

/// Ways to break the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// Announces more bytes than a frame may have.
    Oversize,
    /// Announces no bytes.
    Empty,
    /// Ends within a frame.
    Truncated,
    /// Has bytes after the message.
    Trailing,
    /// Names a message that does not exist.
    Garbage,
    /// Says `Hello` again.
    HelloAgain,
    /// Speaks of a run that was not ordered.
    UnknownRun,
    /// Skips a sequence number.
    Sequence,
    /// Claims to have completed something else than it was to.
    Mark(WrongMark),
    /// Writes another worker's table.
    ForeignTable,
    /// Names a table that does not exist.
    UnknownTable,
    /// Sends a row with a column too few.
    Columns,
    /// Is done before anything is covered.
    DoneFirst,
    /// Sends and sends and never reads an answer.
    NeverReads,
    /// Says `Bye` with a run open.
    ByeEarly,
    /// Says `Bye` and stays.
    ByeStays,
    /// Closes its output and stays.
    Closed,
    /// Closes its input, sends a batch and stays.
    ClosedInput,
    /// Asks something that must not be asked.
    Probe(WrongProbe),
    /// Asks for a fresher token again after it heard that there is none.
    TokenAgain,
}

/// Checkpoints that were not ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongMark {
    /// A slice that was not asked for.
    Slice,
    /// More records than came.
    Counts,
    /// A slice of a deep pass that was not ordered so.
    Deep,
    /// The first slice of the deep pass, before the window is covered.
    EarlyDeep,
    /// A rescan until another time.
    Rescan,
}

/// Probes that must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongProbe {
    /// Of another worker's table.
    Foreign,
    /// An honest one, which is wrong for a worker whose table has no versions.
    Honest,
    /// Of a version that is too long.
    Version,
    /// Of a key with a part too many.
    Key,
    /// Of nothing.
    Empty,
}

/// What a child does before it says `Hello`, or instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Early {
    /// Nothing, for ever.
    NeverReady,
    /// Exits.
    Exit(u8),
    /// Raises SIGSEGV.
    Segv,
    /// Begins with another frame than `Hello`.
    NoHello,
    /// Speaks another version.
    WrongVersion,
    /// Is of another build.
    WrongBuild,
    /// Does not ask to die with its parent, and does not notice that it is gone.
    Orphan,
}

/// A whole script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// When the world begins.
    pub base: Timestamp,
    /// How many orders and how many listings there are.
    pub count: u32,
    /// When the world changed since, oldest first.
    pub changes: Vec<Timestamp>,
    /// Nothing is sent before this file exists.
    pub gate: Option<PathBuf>,
    /// Where the deaths are drawn from, one after the other.
    pub deck: Option<PathBuf>,
    /// This file is made just before the child misbehaves.
    pub mark: Option<PathBuf>,
    /// What a token child does that is given this token.
    exchange: Exchanging,
    behaviours: BTreeMap<Worker, Behaviour>,
}

impl Script {
    /// Reads a token. The error says which part is not understood.
    pub fn parse(token: &str) -> Result<Self, String> {
        let text = token
            .strip_prefix(PREFIX)
            .ok_or_else(|| "it is not one of ours".to_owned())?;
        let mut script = Self {
            base: Timestamp(0),
            count: 40,
            changes: Vec::new(),
            gate: None,
            deck: None,
            mark: None,
            exchange: Exchanging::As(Behaviour::Good),
            behaviours: BTreeMap::new(),
        };
        for pair in text.split(';').filter(|pair| !pair.is_empty()) {
            script
                .set(pair)
                .ok_or_else(|| format!("'{pair}' is not understood"))?;
        }
        Ok(script)
    }

    fn set(&mut self, pair: &str) -> Option<()> {
        let (key, value) = pair.split_once('=')?;
        match key {
            "base" => self.base = Timestamp(value.parse().ok()?),
            "count" => self.count = value.parse().ok()?,
            "changes" => {
                let times = value.split(',').filter(|time| !time.is_empty());
                let times: Result<Vec<i64>, _> = times.map(str::parse).collect();
                self.changes = times.ok()?.into_iter().map(Timestamp).collect();
            }
            "gate" => self.gate = Some(PathBuf::from(value)),
            "deck" => self.deck = Some(PathBuf::from(value)),
            "mark" => self.mark = Some(PathBuf::from(value)),
            "exchange" => self.exchange = Exchanging::parse(value)?,
            // Something that a test looks for in places where no token may be.
            "canary" => {}
            _ => {
                let worker = Worker::from_name(key)?;
                self.behaviours.insert(worker, behaviour(value)?);
            }
        }
        Some(())
    }

    /// Lets the worker's run do something else.
    pub(super) fn set_behaviour(&mut self, worker: Worker, behaviour: Behaviour) {
        self.behaviours.insert(worker, behaviour);
    }

    /// What a token child does.
    pub fn exchange(&self) -> Result<Behaviour, String> {
        self.exchange.now()
    }

    /// What the worker's run does.
    pub fn of(&self, worker: Worker) -> Behaviour {
        let set = self.behaviours.get(&worker).copied();
        set.unwrap_or(Behaviour::Good)
    }
}

/// What the account's name says about the time before `Hello`.
pub fn early(account: &str) -> Option<Early> {
    let name = account.strip_prefix(EARLY)?;
    // What follows two dashes only tells one account from another.
    let name = name.split_once("--").map_or(name, |(name, _)| name);
    if let Some(code) = name.strip_prefix("exit-") {
        return code.parse().ok().map(Early::Exit);
    }
    Some(match name {
        "never_ready" => Early::NeverReady,
        "segv" => Early::Segv,
        "no_hello" => Early::NoHello,
        "wrong_version" => Early::WrongVersion,
        "wrong_build" => Early::WrongBuild,
        "orphan" => Early::Orphan,
        _ => return None,
    })
}

pub(super) fn behaviour(name: &str) -> Option<Behaviour> {
    if let Some(code) = name.strip_prefix("exit-") {
        return code.parse().ok().map(Behaviour::Exit);
    }
    if let Some(mib) = name.strip_prefix("needs-") {
        return mib.parse().ok().map(Behaviour::Needs);
    }
    if let Some(name) = name.strip_prefix("lie-") {
        return lie(name).map(Behaviour::Lie);
    }
    Some(match name {
        "good" => Behaviour::Good,
        "first" => Behaviour::First,
        "drop_rows" => Behaviour::DropRows,
        "memory" => Behaviour::Memory,
        "memory_in_crumbs" => Behaviour::MemoryInCrumbs,
        "panic" => Behaviour::Panic,
        "flood" => Behaviour::Flood,
        "stack_overflow" => Behaviour::StackOverflow,
        "spin" => Behaviour::Spin,
        "segv" => Behaviour::Raise(Signal::SIGSEGV),
        "bus" => Behaviour::Raise(Signal::SIGBUS),
        "ill" => Behaviour::Raise(Signal::SIGILL),
        "fpe" => Behaviour::Raise(Signal::SIGFPE),
        "abrt" => Behaviour::Raise(Signal::SIGABRT),
        "hung" => Behaviour::Hung,
        "deaf" => Behaviour::Deaf,
        "endless" => Behaviour::Endless,
        "drip" => Behaviour::Drip,
        "grandchild" => Behaviour::Grandchild,
        "good_grandchild" => Behaviour::GoodGrandchild,
        "renews" => Behaviour::Renews,
        "tell_tokens" => Behaviour::TellTokens,
        _ => return Staged::parse(name).map(Behaviour::Staged),
    })
}

fn lie(name: &str) -> Option<Lie> {
    Some(match name {
        "oversize" => Lie::Oversize,
        "empty" => Lie::Empty,
        "truncated" => Lie::Truncated,
        "trailing" => Lie::Trailing,
        "garbage" => Lie::Garbage,
        "hello_again" => Lie::HelloAgain,
        "unknown_run" => Lie::UnknownRun,
        "sequence" => Lie::Sequence,
        "wrong_slice" => Lie::Mark(WrongMark::Slice),
        "wrong_counts" => Lie::Mark(WrongMark::Counts),
        "foreign_table" => Lie::ForeignTable,
        "unknown_table" => Lie::UnknownTable,
        "columns" => Lie::Columns,
        "done_first" => Lie::DoneFirst,
        "never_reads" => Lie::NeverReads,
        "bye_early" => Lie::ByeEarly,
        "bye_stays" => Lie::ByeStays,
        "closed" => Lie::Closed,
        "closed_input" => Lie::ClosedInput,
        "probe_foreign" => Lie::Probe(WrongProbe::Foreign),
        "probe" => Lie::Probe(WrongProbe::Honest),
        "probe_version" => Lie::Probe(WrongProbe::Version),
        "probe_key" => Lie::Probe(WrongProbe::Key),
        "probe_empty" => Lie::Probe(WrongProbe::Empty),
        "wrong_deep" => Lie::Mark(WrongMark::Deep),
        "early_deep" => Lie::Mark(WrongMark::EarlyDeep),
        "wrong_rescan" => Lie::Mark(WrongMark::Rescan),
        "token_again" => Lie::TokenAgain,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_script() {
        let script = Script::parse(
            "v^1.1#faulty#base=7;count=3;changes=8,9;orders=lie-trailing;cases=hung;gate=/a;canary=x",
        );
        let script = script.unwrap();
        assert_eq!((script.base, script.count), (Timestamp(7), 3));
        assert_eq!(script.changes, [8, 9].map(Timestamp));
        assert_eq!(script.of(Worker::Orders), Behaviour::Lie(Lie::Trailing));
        assert_eq!(script.of(Worker::Cases), Behaviour::Hung);
        assert_eq!(script.of(Worker::ActiveInventory), Behaviour::Good);
        assert_eq!(script.gate, Some(PathBuf::from("/a")));
        let script = Script::parse("v^1.1#faulty#exchange=lie-garbage").unwrap();
        assert_eq!(script.exchange(), Ok(Behaviour::Lie(Lie::Garbage)));
        for bad in [
            "v^1.1#i^1#abc",
            "v^1.1#faulty#exchange=x",
            "v^1.1#faulty#orders=x",
            "v^1.1#faulty#x=y",
        ] {
            assert!(Script::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_says_what_happens_before_hello() {
        assert_eq!(early("faulty.exit-127"), Some(Early::Exit(127)));
        assert_eq!(early("faulty.never_ready"), Some(Early::NeverReady));
        assert_eq!(early("faulty.segv--2"), Some(Early::Segv));
        assert_eq!(early("segv"), None);
    }
}
